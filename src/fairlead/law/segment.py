"""A run of days with one answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fairlead.law.assessment import Answer


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of days with one answer."""

    start: date
    end: date
    answer: Answer
