"""Gives the bytes of any item again, by exhibit and locator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from fairlead.engine.sandbox import STRICT, SandboxPolicy
from fairlead.evidence.exhibits import ExhibitSource
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.session import shared_session
from fairlead.evidence.streams import Streams
from fairlead.terms.errors import ItemError
from fairlead.terms.origin import parse_locator
from fairlead.terms.shortage import shortage_of
from fairlead.terms.verdicts import FileVerdict


@contextmanager
def open_item(
    source: ExhibitSource, locator: str, limits: EvidenceLimits, policy: SandboxPolicy = STRICT
) -> Iterator[int]:
    """A read-only descriptor of the whole item a locator leads to; a byte range in it is left to the caller.

    Read with ``os.pread``. Raises ItemError when the item cannot be reached or not be read whole.
    """
    try:
        fetched = shared_session(limits, policy).fetch(source, parse_locator(locator).item)
    except (OSError, ValueError) as problem:
        shortage = shortage_of(problem) if isinstance(problem, OSError) else None
        if shortage is not None:
            raise shortage from problem
        raise ItemError(
            f"an item of exhibit {source.exhibit} cannot be reached ({type(problem).__name__})",
            "Check that the working copy is in place and unchanged.",
            code="EVIDENCE-006",
        ) from problem
    try:
        if fetched.verdict is not FileVerdict.READ:
            raise ItemError(
                f"an item of exhibit {source.exhibit} cannot be read whole: {fetched.verdict.value}",
                "See its row in the table files.",
                code="EVIDENCE-007",
            )
        yield fetched.descriptor
    finally:
        os.close(fetched.descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitOpener:
    """``opener(exhibit, locator)`` for the stages of other rooms; may be pickled to worker processes."""

    sources: tuple[ExhibitSource, ...]
    limits: EvidenceLimits = field(default_factory=EvidenceLimits)
    sandbox: SandboxPolicy = STRICT

    @contextmanager
    def __call__(self, exhibit: str, locator: str) -> Iterator[int]:
        """A read-only descriptor of an item. Raises ItemError."""
        source = next((s for s in self.sources if s.exhibit == exhibit), None)
        if source is None:
            raise ItemError(
                f"exhibit {exhibit} is not in this operation",
                "List exhibits with `fairlead exhibit list`.",
                code="EVIDENCE-008",
            )
        with open_item(source, locator, self.limits, self.sandbox) as descriptor:
            yield descriptor

    def stream_of(self, exhibit: str, locator: str) -> str:
        """The compressed archive in which an item lies, that must be read from its beginning; empty for others."""
        return _streams(self.sources).of(exhibit, locator)


@lru_cache(maxsize=4)
def _streams(sources: tuple[ExhibitSource, ...]) -> Streams:
    return Streams(sources)
