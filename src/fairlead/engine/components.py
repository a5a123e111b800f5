"""Which rows hang together, directly or by way of others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def connect(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of ``count`` rows the lowest row that a chain of pairs (``left[i]``, ``right[i]``) leads to.

    Labels are pulled down along pairs and shortened by jumping, until nothing changes.
    """
    lowest = np.arange(count, dtype=np.int64)
    while True:
        before = lowest.copy()
        least = np.minimum(lowest[left], lowest[right])
        np.minimum.at(lowest, left, least)
        np.minimum.at(lowest, right, least)
        lowest = np.minimum(lowest, lowest[lowest])
        if np.array_equal(before, lowest):
            return lowest
