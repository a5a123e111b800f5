"""Which files of exhibits must be read from their beginning to reach what lies in them."""

from __future__ import annotations

import os
from collections.abc import Iterable

from fairlead.engine.places import ObjectPlace
from fairlead.evidence.copies import copy_at
from fairlead.evidence.exhibits import ExhibitSource
from fairlead.evidence.sniff import Container, sniff_descriptor
from fairlead.terms.errors import ItemError
from fairlead.terms.origin import StepKind, parse_step

_STREAMED = frozenset({Container.GZIP, Container.BZIP2, Container.XZ, Container.ZSTD, Container.SEVEN_ZIP})
_INSIDE = "!"


class Streams:
    """Names of such files by the locators of what lies in them.

    Only the outermost container counts. One in object storage is always taken for such: it is fetched to be read.
    A file that cannot be opened is none; reading what lies in it gives the verdict.
    """

    def __init__(self, sources: Iterable[ExhibitSource]) -> None:
        self._sources = {source.exhibit: source for source in sources}
        self._known: dict[tuple[str, str], bool] = {}

    def of(self, exhibit: str, locator: str) -> str:
        """The name of the stream in which an item lies; empty when there is none."""
        first, inside, _ = locator.partition(_INSIDE)
        path = first if first.startswith(f"{StepKind.PATH}:") else ""
        if not locator or (path and not inside):
            return ""
        name = (exhibit, path)
        if name not in self._known:
            self._known[name] = self._is_stream(exhibit, path)
        return f"{exhibit}{_INSIDE}{path}" if self._known[name] else ""

    def _is_stream(self, exhibit: str, path: str) -> bool:
        source = self._sources.get(exhibit)
        if source is None or isinstance(source.path, ObjectPlace):
            return source is not None
        copy = copy_at(source.path)
        try:
            descriptor = copy.open_beneath(parse_step(path).path) if path else copy.open_segment(source.path)
            try:
                return sniff_descriptor(descriptor) in _STREAMED
            finally:
                os.close(descriptor)
        except (OSError, ItemError, ValueError):
            return False
        finally:
            copy.close()
