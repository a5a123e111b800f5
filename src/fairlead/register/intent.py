"""What an intent is. Plain words: nothing here needs the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Kept = dict[str, str | int]
"""Facts of the state before a change: names of columns and digests, never content."""


class IntentState(StrEnum):
    """Where an intent stands. ``refused``: nothing was changed; ``dropped``: somebody decided to leave it as it is."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One intent: which verb, about what (a digest), by whom, since when, in which process."""

    id: int
    verb: str
    about: str
    country: str
    by: str
    began_at: datetime
    process: str
    code: str
    kept: Kept
