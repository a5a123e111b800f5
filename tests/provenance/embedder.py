"""Stamps a watermark of the family dwtDct on a picture, as the published programs do; for testing the reader only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

STEP = 36.0
Rgb = npt.NDArray[np.uint8]


def stamp(
    picture: Rgb, bits: npt.NDArray[np.float64], *, blue_first: bool = True, floats: bool = True
) -> Rgb:
    """A picture (height x width x 3, RGB) with the message; ``blue_first`` and ``floats`` name the variant."""
    shown = picture if blue_first else picture[:, :, ::-1]
    red, green, blue = (shown[:, :, k].astype(np.float64) for k in range(3))
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    u, v = 0.492 * (blue - y), 0.877 * (red - y)
    if floats:
        marked = _embed(u + 0.5, bits) - 0.5
    else:
        y, u, v = np.rint(y), np.rint(u) + 128, np.rint(v)
        marked = np.clip(np.trunc(_embed(u, bits)), 0, 255) - 128
    rebuilt = np.stack([y + v / 0.877, np.zeros_like(y), y + marked / 0.492], axis=-1)
    rebuilt[:, :, 1] = (y - 0.299 * rebuilt[:, :, 0] - 0.114 * rebuilt[:, :, 2]) / 0.587
    whole = np.clip(np.rint(rebuilt), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(whole if blue_first else whole[:, :, ::-1])


def _embed(u: npt.NDArray[np.float64], bits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    out = u.copy()
    rows, columns = u.shape[0] // 8, u.shape[1] // 8
    part = u[: rows * 8, : columns * 8].reshape(rows, 4, 2, columns, 4, 2)
    smooth = part.sum(axis=(2, 5)) / 2  # Haar approximation: rows, 4, columns, 4
    squares = smooth.transpose(0, 2, 1, 3).reshape(rows * columns, 16)
    place = np.abs(squares[:, 1:]).argmax(axis=1) + 1
    index = np.arange(rows * columns)
    value = squares[index, place]
    repeated = bits[index % len(bits)]
    size = (np.abs(value) // STEP + 0.25 + 0.5 * repeated) * STEP
    change = np.zeros_like(squares)
    change[index, place] = np.where(value >= 0, size, -size) - value
    grown = change.reshape(rows, columns, 4, 4).transpose(0, 2, 1, 3) / 2
    out[: rows * 8, : columns * 8] += np.repeat(np.repeat(grown.reshape(rows * 4, columns * 4), 2, 0), 2, 1)
    return out
