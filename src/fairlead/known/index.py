"""Exact search by Hamming distance over 256-bit hashes: every neighbour is found, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fairlead.engine.components import connect
from fairlead.known.index_plan import chunk_widths, plan_search
from fairlead.known.index_tables import ChunkTables, filled_from, firsts, map_array, table_from, threads
from fairlead.terms.errors import RunError
from fairlead.terms.matching import PDQ_BITS, PDQ_MATCH_RADIUS

_BYTES = PDQ_BITS // 8
_WORDS = 4
_FORM = 2  # of the saved index
_PLAIN_PAIRS = 1 << 21  # up to so many comparisons numpy is quicker than loading the compiled loops
_BLOCK = 4096
_SLICE = 2048  # most queries handed to a thread at a time
_ROOM = 1 << 16  # results a buffer holds at first
# One fixed order of bits: neighbouring PDQ bits go together, and chunks should differ independently.
_PLACES = np.random.default_rng(1).permutation(PDQ_BITS)

RESULT = pa.schema(
    [
        pa.field("query", pa.int64(), nullable=False),
        pa.field("entry", pa.int64(), nullable=False),
        pa.field("distance", pa.int16(), nullable=False),
    ]
)

Hashes = NDArray[np.uint8]
Words = NDArray[np.uint64]
_Found = NDArray[np.int64]
_Kernel = Callable[[Words, _Found], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The index's answers beside those of comparing every pair, for sampled queries.

    ``recall`` is the share of true pairs that the index found; ``extra`` counts pairs that are none.
    It holds for this index, these queries and this radius.
    """

    entries: int
    queries: int
    radius: int
    seed: int
    pairs: int
    missed: int
    extra: int

    @property
    def recall(self) -> float:
        """Share of true pairs found; 1.0 where there was none to find."""
        return 1.0 if self.pairs == 0 else (self.pairs - self.missed) / self.pairs


class HammingIndex:
    """An index over hashes; rows keep the numbers they were given in.

    Small ones compare every pair. Large ones look up chunks of the hash (see `index_plan`), which finds the
    same pairs: exact for every radius.
    """

    def __init__(self, words: Words, tables: ChunkTables | None = None) -> None:
        self._words = words
        self._tables = tables

    @classmethod
    def build(cls, hashes: Hashes, *, chunks: tuple[int, ...] | None = None) -> Self:
        """Index ``hashes``, shape (n, 32), uint8, most significant bit first.

        ``chunks`` are bits per chunk, wider ones first, 256 together; left out, they follow from n.
        """
        rows = _checked(hashes)
        widths = chunk_widths(len(rows)) if chunks is None else chunks
        if not widths:
            return cls(_as_words(rows))
        if sum(widths) != PDQ_BITS or list(widths) != sorted(widths, reverse=True):
            raise ValueError(f"chunks {widths} do not divide {PDQ_BITS} bits, wider ones first")
        words = _as_words(_shuffled(rows))
        return cls(words, ChunkTables.build(words, widths))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a saved index, memory-mapped. RunError (KNOWN-INDEX) when it is not whole."""
        try:
            told = json.loads((path / "index.json").read_text())
            widths, entries = tuple(int(w) for w in told["widths"]), told["entries"]
            words = map_array(path, "words") if entries else np.empty((0, _WORDS), np.uint64)
            tables = ChunkTables.open(path, widths, entries) if widths else None
            whole = told["form"] == _FORM and words.shape == (entries, _WORDS)
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise _not_whole() from problem
        if not whole:
            raise _not_whole()
        return cls(words, tables)

    def save(self, path: Path) -> None:
        """Write the index as a folder, which appears when it is complete; an old one there is replaced."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        if len(self._words):
            np.save(temporary / "words.npy", self._words)
        if self._tables is not None:
            self._tables.save(temporary)
        told = {"form": _FORM, "entries": len(self._words), "widths": self._widths}
        (temporary / "index.json").write_text(json.dumps(told))
        shutil.rmtree(path, ignore_errors=True)
        temporary.rename(path)

    def __len__(self) -> int:
        return len(self._words)

    @property
    def _widths(self) -> tuple[int, ...]:
        return () if self._tables is None else self._tables.widths

    @property
    def size_bytes(self) -> int:
        """Bytes of the index in memory or mapped, hashes included."""
        return self._words.nbytes + (0 if self._tables is None else self._tables.size_bytes)

    def search(self, queries: Hashes, radius: int) -> pa.Table:
        """All pairs at most ``radius`` bits apart (0 to 256): query row, entry row, distance.

        Rows are ordered by query, then entry. The answer is complete, however many pairs there are.
        """
        if not 0 <= radius <= PDQ_BITS:
            raise ValueError(f"radius {radius} is not between 0 and {PDQ_BITS}")
        rows = _checked(queries)
        if len(rows) == 0 or len(self) == 0:
            return RESULT.empty_table()
        wanted = _as_words(_shuffled(rows) if self._widths else rows)
        found = self._compare_all(wanted, radius)
        if found is None:
            found = self._in_threads(wanted, self._kernel(radius))
        order = np.lexsort((found[:, 1], found[:, 0]))
        query, entry, distance = (found[order, column] for column in range(3))
        return pa.table([query, entry, distance.astype(np.int16)], schema=RESULT)

    def certify(self, sample: int, seed: int, *, radius: int = PDQ_MATCH_RADIUS) -> Certificate:
        """Compare the answers for ``sample`` queries with those of a plain comparison of every pair.

        Queries are entries with 0 to ``radius`` + 9 bits changed, and as many strangers in ten.
        """
        rng = np.random.default_rng(seed)
        rows = self._plain_rows()
        queries = _sample_queries(rows, sample, radius, rng)
        found = self.search(queries, radius)
        got = {(q, e): d for q, e, d in zip(*(found.column(c).to_pylist() for c in range(3)), strict=True)}
        true = _compare(_as_words(rows), _as_words(queries), radius)
        wanted = {(q, e): d for q, e, d in true.tolist()}
        return Certificate(
            entries=len(self),
            queries=len(queries),
            radius=radius,
            seed=seed,
            pairs=len(wanted),
            missed=len(wanted.items() - got.items()),
            extra=len(got.items() - wanted.items()),
        )

    def components(self, radius: int) -> NDArray[np.int64]:
        """For each entry the lowest entry that a chain of steps of at most ``radius`` bits leads to."""
        from fairlead.known.index_kernels import unite

        plan = plan_search(self._widths, len(self), radius)
        if plan is None or self._tables is None:
            found = self.search(self._plain_rows(), radius)
            return connect(len(self), found.column("query").to_numpy(), found.column("entry").to_numpy())
        parent = np.arange(len(self), dtype=np.int64)
        start, n, tables = table_from(self._widths), len(self), self._tables
        for c, width in enumerate(self._widths):
            own = slice(c * n, (c + 1) * n)
            unite(
                self._words.reshape(-1),
                tables.starts[start[c] : start[c + 1]],
                tables.ids[own],
                tables.marks[own],
                width,
                plan.masks[plan.mask_from[c] : plan.mask_from[c + 1]],
                plan.most_apart(c),
                radius,
                parent,
            )
        while True:
            higher = parent[parent]
            if np.array_equal(higher, parent):
                return parent
            parent = higher

    def _plain_rows(self) -> Hashes:
        rows = self._words.view(np.uint8).reshape(-1, _BYTES)
        return _shuffled(rows, np.argsort(_PLACES)) if self._widths else rows

    def _compare_all(self, wanted: Words, radius: int) -> _Found | None:
        if len(self._words) * len(wanted) > _PLAIN_PAIRS:
            return None
        return _compare(self._words, wanted, radius)

    def _kernel(self, radius: int) -> _Kernel:
        from fairlead.known.index_kernels import look_up, scan

        plan, tables = plan_search(self._widths, len(self), radius), self._tables
        if plan is None or tables is None:
            return lambda queries, out: scan(self._words, queries, radius, out)
        flat, widths = self._words.reshape(-1), tables.widths
        start, filled, first, width = (
            table_from(widths),
            filled_from(widths),
            firsts(widths),
            np.array(widths, np.int64),
        )
        return lambda queries, out: look_up(
            flat, tables.starts, start, tables.filled, filled, tables.ids, tables.marks, first, width,
            plan.radii, plan.masks, plan.mask_from, queries, radius, out,
        )  # fmt: skip

    def _in_threads(self, wanted: Words, kernel: _Kernel) -> _Found:
        workers = threads()
        most = min(_SLICE, -(-len(wanted) // workers))
        with ThreadPoolExecutor(workers) as pool:
            parts = pool.map(
                lambda start: _complete(kernel, wanted[start : start + most], start),
                range(0, len(wanted), most),
            )
            return np.concatenate(list(parts))


def _complete(kernel: _Kernel, queries: Words, offset: int) -> _Found:
    """All results of a slice of queries. Where they do not fit, fewer queries or more room: nothing is cut off."""
    parts: list[_Found] = []
    out = np.empty((_ROOM, 3), np.int64)
    begin, run = 0, len(queries)
    while begin < len(queries):
        rows = kernel(queries[begin : begin + run], out)
        if rows >= 0:
            parts.append(out[:rows].copy())
            parts[-1][:, 0] += offset + begin
            begin += run
        elif run > 1:
            run = -(-run // 4)
        else:
            out = np.empty((4 * len(out), 3), np.int64)
    return np.concatenate(parts)


def _compare(words: Words, wanted: Words, radius: int) -> _Found:
    """Every pair compared, without the compiled loops: also the measure that the index is held against."""
    parts: list[_Found] = [np.empty((0, 3), np.int64)]
    for start in range(0, len(words), _BLOCK):
        block = words[start : start + _BLOCK]
        for number, query in enumerate(wanted):
            distance = np.bitwise_count(block ^ query).sum(axis=1, dtype=np.int64)
            near = np.flatnonzero(distance <= radius)
            if len(near):
                parts.append(np.stack([np.full(len(near), number), near + start, distance[near]], axis=1))
    return np.concatenate(parts)


def _sample_queries(rows: Hashes, sample: int, radius: int, rng: np.random.Generator) -> Hashes:
    strangers = rng.integers(0, 256, (max(1, sample // 10), _BYTES), dtype=np.uint8)
    if len(rows) == 0:
        return strangers
    bits = np.unpackbits(rows[rng.integers(0, len(rows), sample)], axis=1)
    for row in bits:
        row[rng.choice(PDQ_BITS, rng.integers(0, min(PDQ_BITS, radius + 10)), replace=False)] ^= 1
    return np.concatenate([np.packbits(bits, axis=1), strangers])


def _checked(hashes: Hashes) -> Hashes:
    array = np.ascontiguousarray(hashes, dtype=np.uint8)
    if array.size == 0:
        return np.empty((0, _BYTES), np.uint8)
    if array.ndim != 2 or array.shape[1] != _BYTES:
        raise ValueError(f"hashes have shape {array.shape}; (n, {_BYTES}) expected")
    return array


def _as_words(rows: Hashes) -> Words:
    return np.ascontiguousarray(rows).view(np.uint64).reshape(-1, _WORDS)


def _shuffled(rows: Hashes, places: NDArray[np.int64] = _PLACES) -> Hashes:
    if len(rows) <= _BLOCK:
        return np.packbits(np.unpackbits(rows, axis=1)[:, places], axis=1)
    from fairlead.known.index_kernels import shuffle_bits

    out = np.zeros((len(rows), _BYTES), np.uint8)
    shuffle_bits(np.ascontiguousarray(rows), places, out)
    return out


def _not_whole() -> RunError:
    return RunError(
        "the saved index is not whole, or of another version",
        "Delete the folder of the index and build it again from the hash sets.",
        code="KNOWN-INDEX",
    )
