"""Means over square windows, by running sums."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairlead.provenance.pixels.compiled import compiled

Floats = npt.NDArray[np.float32]


def local_mean(values: npt.NDArray[np.floating], window: int) -> Floats:
    """The mean over ``window`` x ``window`` values around each, mirrored at the edges."""
    reach = window // 2
    padded = np.pad(values.astype(np.float32, copy=False), reach, mode="symmetric")
    out = np.empty(values.shape, np.float32)
    _running(padded, window, out)
    return out


@compiled
def _running(padded: Floats, window: int, out: Floats) -> None:
    """Column sums move down row by row; a sum over them moves along each row."""
    rows, columns = out.shape
    width = padded.shape[1]
    sums = np.zeros(width, np.float64)
    for y in range(window):
        for x in range(width):
            sums[x] += padded[y, x]
    share = 1.0 / (window * window)
    for y in range(rows):
        total = 0.0
        for x in range(window):
            total += sums[x]
        for x in range(columns):
            out[y, x] = np.float32(total * share)
            if x + 1 < columns:
                total += sums[x + window] - sums[x]
        if y + 1 < rows:
            for x in range(width):
                sums[x] += padded[y + window, x] - padded[y, x]
