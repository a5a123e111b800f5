"""ISO 8601 durations of custody, compared by length. No penalty arithmetic beyond that."""

from __future__ import annotations

import re

from fairlead.law.record import Penalty

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?")


def months_of(duration: str) -> int | None:
    """Months of a duration in years and months such as P10Y or P6M; None when it is not one."""
    found = _DURATION.fullmatch(duration)
    if found is None or (found.group(1) is None and found.group(2) is None):
        return None
    return 12 * int(found.group(1) or 0) + int(found.group(2) or 0)


def in_words(duration: str) -> str:
    """A duration for eyes: "10 years", "6 months"."""
    months = months_of(duration)
    if months is None:
        return duration
    years, rest = divmod(months, 12)
    said = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((years, "year"), (rest, "month")) if n]
    return " ".join(said) or "none"


def say_range(penalty: Penalty) -> str:
    """Minimum and maximum for eyes; what is not recorded is said to be not known, never left out.

    Where a provision has several tiers, the range over those that are allowed, and each of them.
    """
    if len(penalty.tiers) > 1:
        tiers = "; ".join(f"{tier.kind}: {_of(tier.min, tier.max)}" for tier in penalty.tiers)
        return f"{_of(penalty.min, penalty.max)} ({tiers})"
    if penalty.max is None and penalty.min is None:
        return f"penalty {penalty.text or 'not known'}"
    return _of(penalty.min, penalty.max)


def _of(low: str | None, high: str | None) -> str:
    least = f"minimum {in_words(low)}, " if low else ""
    return f"{least}maximum {in_words(high) if high else 'not known'}"
