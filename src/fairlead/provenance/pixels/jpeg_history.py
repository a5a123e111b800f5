"""Whether the luminance of a JPEG was quantised before, with other steps: gaps that repeat in its histograms.

A coefficient that was a multiple of one step and is rounded to multiples of a smaller one leaves some values empty at
a fixed period. Blind when the second quality is not higher than the first. Source: Popescu and Farid 2004.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

_ZIGZAG = ((0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2), (2, 1), (3, 0))
_REACH = 40
_LEAST_BLOCKS = 400
_LEAST_SPREAD = 6  # different values a histogram must hold to show a period
_K = np.arange(8)
_DCT = (
    np.cos((2 * _K[None, :] + 1) * _K[:, None] * np.pi / 16) * np.where(_K[:, None] == 0, np.sqrt(1 / 8), 0.5)
).astype(np.float32)
_FIRST = np.ascontiguousarray(_DCT[:4])
_FIRST_TURNED = np.ascontiguousarray(_FIRST.T)


def quantisation_of(data: bytes) -> npt.NDArray[np.int32] | None:
    """The first quantisation table of a JPEG as 8 x 8 numbers, None when there is none of 8 bits."""
    place = data.find(b"\xff\xdb")
    if place < 0 or place + 69 > len(data) or data[place + 4] != 0:
        return None
    table = np.zeros((8, 8), np.int32)
    for value, (row, column) in zip(data[place + 5 : place + 69], _zigzag_places(), strict=True):
        table[row, column] = value
    return table


def _zigzag_places() -> list[tuple[int, int]]:
    return sorted(
        ((row, column) for row in range(8) for column in range(8)),
        key=lambda p: (p[0] + p[1], p[0] if (p[0] + p[1]) % 2 else p[1]),
    )


def score_double_jpeg(luminance: npt.NDArray[np.uint8], table: npt.NDArray[np.int32]) -> float | None:
    """How clear the period is; the median over nine frequencies. None when the picture cannot tell."""
    rows, columns = luminance.shape[0] // 8, luminance.shape[1] // 8
    if rows * columns < _LEAST_BLOCKS:
        return None
    chosen = _coefficients(luminance, rows, columns)
    scores = []
    for row, column in _ZIGZAG:
        step = int(table[row, column])
        levels = np.abs(np.rint(chosen[row, column] / max(1, step)))
        score = _period(levels)
        if score is not None:
            scores.append(score)
    return float(np.median(scores)) if len(scores) >= 3 else None


def _coefficients(luminance: npt.NDArray[np.uint8], rows: int, columns: int) -> npt.NDArray[np.float32]:
    """The first four by four cosine coefficients of every block (4 x 4 x blocks), by two products of flat matrices."""
    lines = np.empty((8, rows, columns * 8), np.float32)  # the first rows of all blocks, the second rows, ...
    whole = luminance[: rows * 8, : columns * 8].reshape(rows, 8, columns * 8)
    np.subtract(whole.transpose(1, 0, 2), np.float32(128), out=lines)
    down = _FIRST @ lines.reshape(8, -1)
    both = (down.reshape(-1, 8) @ _FIRST_TURNED).reshape(4, rows * columns, 4)
    return np.ascontiguousarray(both.transpose(0, 2, 1))


def _period(levels: npt.NDArray[np.float32]) -> float | None:
    """Largest peak of the histogram's spectrum, beyond its slow part, in units of its median.

    ``levels`` are whole numbers without sign; those above the reach count nowhere.
    """
    within = np.minimum(levels, _REACH + 1).astype(np.uint8)
    histogram = np.bincount(within, minlength=_REACH + 2)[1 : _REACH + 1].astype(np.float64)
    if (histogram > 0).sum() < _LEAST_SPREAD or histogram.sum() < _LEAST_BLOCKS:
        return None
    last = int(np.flatnonzero(histogram > 2)[-1]) + 1 if (histogram > 2).any() else 0
    if last < 12:
        return None
    slow, window = _smooth(last)
    shape = np.log1p(histogram[:last])
    shape -= slow @ shape
    spectrum = np.abs(np.fft.rfft(shape * window, 128))[8:]
    middle = float(np.median(spectrum))
    return float(spectrum.max()) / middle if middle > 0 else None


@functools.cache
def _smooth(length: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What gives the cubic of least squares through so many values, as a matrix; and the window that ends softly."""
    base, _ = np.linalg.qr(np.vander(np.linspace(-1, 1, length), 4))
    return base @ base.T, np.hanning(length)
