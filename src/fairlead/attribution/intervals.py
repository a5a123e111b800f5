"""How sure a measured share is."""

from __future__ import annotations


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval for a share (Wilson 1927)."""
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    spread = z * (share * (1 - share) / total + z * z / (4 * total * total)) ** 0.5 / (1 + z * z / total)
    return max(0.0, middle - spread), min(1.0, middle + spread)
