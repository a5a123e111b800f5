"""Exact search by Hamming distance over 256-bit hashes: every neighbour is found, and nothing else."""

from __future__ import annotations

from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fairlead.terms.matching import PDQ_BITS

_BYTES = PDQ_BITS // 8
_WORDS = 4
_BLOCK = 4096  # entries at a time: 128 KiB, which stays in the second-level cache

RESULT = pa.schema(
    [
        pa.field("query", pa.int64(), nullable=False),
        pa.field("entry", pa.int64(), nullable=False),
        pa.field("distance", pa.int16(), nullable=False),
    ]
)

Hashes = NDArray[np.uint8]


class HammingIndex:
    """An index over hashes; rows keep the numbers they were given in."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._words = words

    @classmethod
    def build(cls, hashes: Hashes) -> Self:
        """Index ``hashes``, shape (n, 32), uint8, most significant bit first."""
        return cls(_words(hashes))

    def __len__(self) -> int:
        return len(self._words)

    def search(self, queries: Hashes, radius: int) -> pa.Table:
        """All pairs at most ``radius`` bits apart (0 to 256): query row, entry row, distance.

        Rows are ordered by query, then entry. The answer is complete: the search compares every pair.
        """
        if not 0 <= radius <= PDQ_BITS:
            raise ValueError(f"radius {radius} is not between 0 and {PDQ_BITS}")
        wanted = _words(queries)
        rows: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int16]]] = []
        for start in range(0, len(self._words), _BLOCK):
            block = self._words[start : start + _BLOCK]
            for number, query in enumerate(wanted):
                distance = np.bitwise_count(block ^ query).sum(axis=1, dtype=np.int16)
                near = np.flatnonzero(distance <= radius)
                if len(near):
                    rows.append((np.full(len(near), number), near + start, distance[near]))
        if not rows:
            return RESULT.empty_table()
        query_rows, entry_rows, distances = (np.concatenate(column) for column in zip(*rows, strict=True))
        order = np.lexsort((entry_rows, query_rows))
        return pa.table([query_rows[order], entry_rows[order], distances[order]], schema=RESULT)


def _words(hashes: Hashes) -> NDArray[np.uint64]:
    array = np.ascontiguousarray(hashes, dtype=np.uint8)
    if array.size == 0:
        return np.empty((0, _WORDS), np.uint64)
    if array.ndim != 2 or array.shape[1] != _BYTES:
        raise ValueError(f"hashes have shape {array.shape}; (n, {_BYTES}) expected")
    return array.view(np.uint64)
