"""The matrices of PDQ: how each of the 64 rows (or columns) is composed of the picture's own."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy import sparse

TAPS = 64
_META_SIDE = 512
_CACHED = 1024
_BLOCK_TAPS = 16
_CACHED_BLOCKS = 128  # a wide picture's blocks take half a mebibyte


@functools.lru_cache(maxsize=_CACHED)
def taps(full: int, decoded: int, *, nearest: bool) -> sparse.csr_matrix:
    """A 64 by ``decoded`` matrix; its rows sum to one.

    ``full`` is the picture's dimension, ``decoded`` the one after a JPEG decoder's scaling by n/8 (equal when
    it did not scale): each tap is then spread over the scaled pixels it overlaps. ``nearest`` folds in the
    nearest-neighbour shrinking to 512 that Meta's tool does first.
    """
    weights = _full_taps(_META_SIDE if nearest else full).tocoo()
    source = weights.col * full // _META_SIDE if nearest else weights.col
    if full == decoded:
        return sparse.csr_matrix((weights.data, (weights.row, source)), shape=(TAPS, decoded))
    scale = round(8 * decoded / full) / 8
    if nearest:
        place = np.minimum(((source + 0.5) * scale).astype(int), decoded - 1)
        return sparse.csr_matrix((weights.data, (weights.row, place)), shape=(TAPS, decoded))
    start, end = source * scale, (source + 1) * scale
    first = np.minimum(np.floor(start).astype(int), decoded - 1)
    last = np.minimum(np.ceil(end).astype(int) - 1, decoded - 1)
    second = np.where(last > first, (end - last) / scale, 0.0)
    values = np.concatenate([weights.data * (1 - second), weights.data * second])
    rows = np.concatenate([weights.row, weights.row])
    return sparse.csr_matrix((values, (rows, np.concatenate([first, last]))), shape=(TAPS, decoded))


@functools.lru_cache(maxsize=_CACHED)
def row_parts(
    full: int, decoded: int, *, nearest: bool
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The matrix of `taps`, source row by source row, as `pdq_kernels` takes it: (starts, taps, weights)."""
    whole = taps(full, decoded, nearest=nearest).tocsc()
    return whole.indptr.astype(np.int32), whole.indices.astype(np.int32), whole.data.astype(np.float32)


@functools.lru_cache(maxsize=_CACHED_BLOCKS)
def column_blocks(
    full: int, decoded: int, *, nearest: bool
) -> tuple[tuple[slice, slice, npt.NDArray[np.float64]], ...]:
    """The matrix of `taps`, transposed, as dense blocks along its band: (taps, columns of the picture, weights).

    Each tap reaches over few neighbouring columns, so that a dense product of a block wastes little.
    """
    whole = taps(full, decoded, nearest=nearest)
    blocks = []
    for first in range(0, TAPS, _BLOCK_TAPS):
        block = whole[first : first + _BLOCK_TAPS]
        columns = slice(int(block.indices.min()), int(block.indices.max()) + 1)
        weights = np.ascontiguousarray(block[:, columns].toarray().T)
        blocks.append((slice(first, first + _BLOCK_TAPS), columns, weights))
    return tuple(blocks)


@functools.lru_cache(maxsize=_CACHED)
def _full_taps(size: int) -> sparse.csr_matrix:
    """Decimation after two passes of the box filter, at full size."""
    window = (size + 2 * TAPS - 1) // (2 * TAPS)
    half = (window + 2) // 2
    index = np.arange(size)
    low, high = np.maximum(0, index + half - window), np.minimum(size - 1, index + half - 1)
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, centre in enumerate(((np.arange(TAPS) + 0.5) * size / TAPS).astype(int)):
        outer = range(low[centre], high[centre] + 1)
        start, end = low[outer[0]], high[outer[-1]]
        sums = np.zeros(end - start + 1)
        for middle in outer:
            sums[low[middle] - start : high[middle] - start + 1] += 1 / (high[middle] - low[middle] + 1)
        rows += [row] * len(sums)
        columns += range(start, end + 1)
        values += list(sums / len(outer))
    return sparse.csr_matrix((values, (rows, columns)), shape=(TAPS, size))
