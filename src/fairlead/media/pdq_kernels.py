"""The inner loops of PDQ, compiled: from a decoded picture's rows to the 64 that the hash is taken from.

A matrix is given column by column: source row ``r`` goes to ``taps[starts[r]:starts[r + 1]]`` with those ``weights``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from fairlead.engine.compiled import compiled_for

_GREY = types.Array(types.uint8, 2, "C", readonly=True)
_COLOUR = types.Array(types.uint8, 3, "C", readonly=True)
_MATRIX = (types.int32[::1], types.int32[::1], types.float32[::1])
_ROWS = types.float32[:, ::1]


@compiled_for(types.int64(types.float32, types.float32))
def _step(one: Any, other: Any) -> int:
    return abs(int((one - other) * np.float32(100) / np.float32(255)))


@compiled_for(types.void(_GREY, *_MATRIX, _ROWS))
def add_grey_rows(pixels: Any, starts: Any, taps: Any, weights: Any, rows: Any) -> None:
    """Add the rows of a grey picture, weighted, to the rows of the matrix product."""
    for r in range(pixels.shape[0]):
        line = pixels[r]
        for k in range(starts[r], starts[r + 1]):
            row, weight = rows[taps[k]], weights[k]
            for x in range(line.shape[0]):
                row[x] += weight * np.float32(line[x])


@compiled_for(types.void(_COLOUR, *_MATRIX, _ROWS))
def add_colour_rows(pixels: Any, starts: Any, taps: Any, weights: Any, rows: Any) -> None:
    """As `add_grey_rows`, of an RGB picture: luminance by ITU-R BT.601 in single precision, as the reference."""
    line = np.empty(pixels.shape[1], np.float32)
    red, green, blue = np.float32(0.299), np.float32(0.587), np.float32(0.114)
    for r in range(pixels.shape[0]):
        if starts[r] == starts[r + 1]:
            continue
        colours = pixels[r]
        for x in range(line.shape[0]):
            line[x] = (
                red * np.float32(colours[x, 0])
                + green * np.float32(colours[x, 1])
                + blue * np.float32(colours[x, 2])
            )
        for k in range(starts[r], starts[r + 1]):
            row, weight = rows[taps[k]], weights[k]
            for x in range(line.shape[0]):
                row[x] += weight * np.float32(line[x])


@compiled_for(types.int64(types.float32[:, ::1]))
def gradient(thumbnail: Any) -> int:
    """Sum of the steps between neighbours, each in whole hundredths of the range."""
    total = 0
    high, wide = thumbnail.shape
    for i in range(high):
        for j in range(wide):
            if i + 1 < high:
                total += _step(thumbnail[i, j], thumbnail[i + 1, j])
            if j + 1 < wide:
                total += _step(thumbnail[i, j], thumbnail[i, j + 1])
    return total
