"""Periods of two pixels: the colour filter array of a camera, and the up-sampling of a decoder.

Interpolating a Bayer mosaic leaves the local variance of green higher on one colour of a chessboard than on the
other; up-sampling by two leaves it higher on every second row or column. The picture is cut into tiles; a period
counts when it shows, with the same sign, over most of them. Sources: Gallagher and Chen 2008; Frank et al. 2020.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairlead.provenance.pixels.compiled import compiled
from fairlead.provenance.pixels.thresholds import AXIS_SIZE, AXIS_T, QUINCUNX_SIZE, QUINCUNX_T

_TILE = 32
_LEAST_TILES = 48
_LEAST_ACTIVITY = 0.5


class Lattice(NamedTuple):
    """Strength of each period: t over tiles, and mean relative size; and how many tiles had texture."""

    quincunx_t: float
    quincunx: float
    rows_t: float
    rows: float
    columns_t: float
    columns: float
    tiles: int

    @property
    def has_quincunx(self) -> bool:
        """A chessboard that is clear, and more than twice as large as any period along an axis."""
        along = max(abs(self.rows), abs(self.columns))
        return (
            abs(self.quincunx_t) >= QUINCUNX_T
            and abs(self.quincunx) >= QUINCUNX_SIZE
            and abs(self.quincunx) > 2 * along
        )

    @property
    def has_axis_period(self) -> bool:
        """A period along both axes that is clear, and more than twice as large as the chessboard."""
        return (
            min(abs(self.rows_t), abs(self.columns_t)) >= AXIS_T
            and min(abs(self.rows), abs(self.columns)) >= AXIS_SIZE
            and max(abs(self.rows), abs(self.columns)) > 2 * abs(self.quincunx)
        )


def measure_lattice(plane: npt.NDArray[np.uint8]) -> Lattice | None:
    """Measure one plane of 8 bits (green, or luminance of a JPEG); None when too little of it has texture."""
    activity = _activity(np.ascontiguousarray(plane))
    total = activity.sum(axis=1)
    used = activity[total > _LEAST_ACTIVITY * 4]
    if len(used) < _LEAST_TILES:
        return None
    even_even, even_odd, odd_even, odd_odd = (used[:, k] for k in range(4))
    whole = used.sum(axis=1)
    quincunx = (even_even + odd_odd - even_odd - odd_even) / whole
    rows = (even_even + even_odd - odd_even - odd_odd) / whole
    columns = (even_even + odd_even - even_odd - odd_odd) / whole
    return Lattice(*_t(quincunx), *_t(rows), *_t(columns), len(used))


def _t(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Student's t against zero, and the median: a few strong tiles decide nothing."""
    spread = float(values.std(ddof=1))
    mean = float(values.mean())
    t = mean / spread * math.sqrt(len(values)) if spread > 0 else 0.0
    return t, float(np.median(values))


@compiled
def _activity(plane: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Mean size of the Laplacian in each tile, for the four places of a 2 x 2 square (tiles x 4).

    Whole numbers are summed, row by row, so that a processor does several at once.
    """
    height, width = plane.shape
    down, across = max(0, (height - 2) // _TILE), max(0, (width - 2) // _TILE)
    sums = np.zeros((down * across, 4), np.int64)
    bends = np.zeros(1 + across * _TILE, np.int32)
    for y in range(1, 1 + down * _TILE):
        for x in range(1, 1 + across * _TILE):
            near = (
                np.int32(plane[y - 1, x])
                + np.int32(plane[y + 1, x])
                + np.int32(plane[y, x - 1])
                + np.int32(plane[y, x + 1])
            )
            bends[x] = min(abs(near - np.int32(4) * np.int32(plane[y, x])), np.int32(64))
        first = (y - 1) // _TILE * across
        for tx in range(across):
            odd = even = np.int32(0)
            for half in range(_TILE // 2):
                odd += bends[1 + tx * _TILE + 2 * half]
                even += bends[2 + tx * _TILE + 2 * half]
            sums[first + tx, (y & 1) * 2 + 1] += odd
            sums[first + tx, (y & 1) * 2] += even
    return sums / (_TILE * _TILE / 4)


def warm() -> None:
    """Compile the loop, while a compiler may still be used."""
    measure_lattice(np.zeros((300, 300), np.uint8))
