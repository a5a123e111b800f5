"""A question about a workspace, what was found, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question and its answer: how many things are wrong, the first of them by name, and the remedy.

    ``found`` names table, part or item, and says what is wrong with it; at most 20 of ``findings``.
    """

    question: str
    findings: int
    found: tuple[str, ...]
    remedy: str

    @property
    def passed(self) -> bool:
        """True when nothing was found."""
        return self.findings == 0


def check_of(question: str, found: Iterable[str], remedy: str) -> Check:
    """A check from everything that was found."""
    listed = sorted(found)
    return Check(question=question, findings=len(listed), found=tuple(listed[:_NAMED]), remedy=remedy)
