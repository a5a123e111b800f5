"""What a person had to see, told to that person only, and whether a break is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fairlead.case.place.session import Session
from fairlead.terms.review import BREAK_AFTER_MINUTES, BREAK_MINUTES, EXPOSURE_FROM

_DAYS_SHOWN = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """A person's own exposure: by level and by day; whether a break is due."""

    by_level: dict[int, tuple[int, float]]
    by_day: list[tuple[Any, int, float]]
    stretch_minutes: int
    break_due: bool


def own_exposure(session: Session) -> Exposure:
    """What this user had to see in the last thirty days."""
    from fairlead.register.reviews import own_exposures

    at = session.clock()
    rows = own_exposures(session.user_id, since=_DAYS_SHOWN, at=at)
    by_level: dict[int, tuple[int, float]] = {}
    by_day: dict[Any, tuple[int, float]] = {}
    for row in rows:
        views, seconds = by_level.get(row["level"], (0, 0.0))
        by_level[row["level"]] = views + 1, seconds + row["seconds"]
        if row["level"] >= EXPOSURE_FROM:
            views, seconds = by_day.get(row["at"].date(), (0, 0.0))
            by_day[row["at"].date()] = views + 1, seconds + row["seconds"]
    minutes = stretch([row["at"] for row in rows], now=at)
    return Exposure(
        by_level=dict(sorted(by_level.items())),
        by_day=[(day, *both) for day, both in sorted(by_day.items(), reverse=True)],
        stretch_minutes=minutes,
        break_due=minutes >= BREAK_AFTER_MINUTES,
    )


def stretch(looks: list[datetime], *, now: datetime) -> int:
    """For how many minutes somebody has looked without a break of ten minutes, up to now; 0 after a break."""
    longest_gap = timedelta(minutes=BREAK_MINUTES)
    begins = None
    last = now
    for look in reversed(looks):
        if last - look >= longest_gap:
            break
        begins = last = look
    return int((now - begins).total_seconds() // 60) if begins else 0
