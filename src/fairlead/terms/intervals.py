"""Wilson's score interval for a share (Wilson 1927): honest also for few observations and for none found."""

from __future__ import annotations

from math import sqrt

_Z_95 = 1.959963984540054


def wilson_interval(found: int, looked_at: int, *, z: float = _Z_95) -> tuple[float, float]:
    """Lower and upper end, 0 to 1; (0, 1) when nothing was looked at."""
    if looked_at == 0:
        return 0.0, 1.0
    share = found / looked_at
    centre = share + z * z / (2 * looked_at)
    margin = z * sqrt(share * (1 - share) / looked_at + z * z / (4 * looked_at * looked_at))
    scale = 1 + z * z / looked_at
    # At the ends the formula gives exactly 0 and 1, which rounding must not miss.
    low = 0.0 if found == 0 else max(0.0, (centre - margin) / scale)
    high = 1.0 if found == looked_at else min(1.0, (centre + margin) / scale)
    return low, high
