"""The tables of an index: for every chunk of the hash, which rows have which key."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_NAMES = ("starts", "filled", "ids", "marks")

Words = NDArray[np.uint64]
Widths = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkTables:
    """The tables of all chunks, one after the other; see `index_kernels.fill_table` for what they hold.

    Per chunk of w bits: ``starts`` 2**w + 2 numbers, ``filled`` 2**w bits, ``ids`` and ``marks`` one for each row.
    """

    widths: Widths
    starts: NDArray[np.uint32]
    filled: NDArray[np.uint64]
    ids: NDArray[np.uint32]
    marks: NDArray[np.uint16]

    @classmethod
    def empty(cls, widths: Widths, entries: int) -> Self:
        """Tables of the right size, without a row in them."""
        return cls(
            widths=widths,
            starts=np.zeros(table_from(widths)[-1], np.uint32),
            filled=np.zeros(filled_from(widths)[-1], np.uint64),
            ids=np.empty(len(widths) * entries, np.uint32),
            marks=np.empty(len(widths) * entries, np.uint16),
        )

    @classmethod
    def build(cls, words: Words, widths: Widths) -> Self:
        """The tables of rows of four words."""
        from fairlead.known.index_kernels import fill_table

        tables, rows, flat = cls.empty(widths, len(words)), len(words), words.reshape(-1)
        first, table, filled = firsts(widths), table_from(widths), filled_from(widths)

        def fill(c: int) -> None:
            after, own = (c + 1) % len(widths), slice(c * rows, (c + 1) * rows)
            fill_table(
                flat,
                *(first[c], widths[c], first[after], widths[after]),
                tables.starts[table[c] : table[c + 1]],
                tables.filled[filled[c] : filled[c + 1]],
                tables.ids[own],
                tables.marks[own],
            )

        with ThreadPoolExecutor(threads()) as pool:
            list(pool.map(fill, range(len(widths))))
        return tables

    @classmethod
    def open(cls, folder: Path, widths: Widths, entries: int) -> Self:
        """Saved tables, memory-mapped. ValueError when their sizes are not those that they should have."""
        mapped = {name: map_array(folder, name) for name in _NAMES}
        tables = cls(widths=widths, **mapped)
        sizes = (table_from(widths)[-1], filled_from(widths)[-1], *(len(widths) * entries,) * 2)
        if tuple(len(mapped[name]) for name in _NAMES) != sizes:
            raise ValueError("the sizes of the tables do not fit")
        return tables

    def save(self, folder: Path) -> None:
        """Write one file a table."""
        for name in _NAMES:
            np.save(folder / f"{name}.npy", getattr(self, name))

    @property
    def size_bytes(self) -> int:
        """Bytes in memory or mapped."""
        return sum(getattr(self, name).nbytes for name in _NAMES)


def map_array(folder: Path, name: str) -> NDArray[Any]:
    """A saved array, mapped copy-on-write: nothing can reach the file, and the loops see an ordinary array."""
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="c"))


def firsts(widths: Widths) -> NDArray[np.int64]:
    """The first bit of each chunk."""
    return np.cumsum((0, *widths[:-1]), dtype=np.int64)


def table_from(widths: Widths) -> NDArray[np.int64]:
    """Where the ``starts`` of each chunk begin, and where all end."""
    return np.cumsum([0] + [(1 << w) + 2 for w in widths], dtype=np.int64)


def filled_from(widths: Widths) -> NDArray[np.int64]:
    """Where the bits ``filled`` of each chunk begin, in words of 64, and where all end."""
    return np.cumsum([0] + [((1 << w) + 63) // 64 for w in widths], dtype=np.int64)


def threads() -> int:
    """How many threads build and search."""
    return os.cpu_count() or 1
