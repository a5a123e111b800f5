"""Cuts rows into parts, and folds rows that belong together into one row that holds them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairlead.engine.catalogue import Catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A column that holds lists: the prepared table of its ``item``s, and what they are in order of.

    The prepared table has the columns ``part``, ``item``, the key that it is folded by, and those named in ``order``.
    """

    column: str
    items: str
    order: str


def parts_for(rows: int, rows_a_part: int) -> int:
    """A power of two, so that a part stays what it is until the table has doubled."""
    parts = 1
    while parts * rows_a_part < rows:
        parts *= 2
    return parts


def part_of(column: str, parts: int) -> str:
    """SQL for the part of a row, 0 to ``parts`` - 1, by a digest of a column: the same on every machine."""
    return f"(md5_number_lower({column}) % {parts})::INT"


def fold(
    catalogue: Catalogue, heads: str, key: str, lists: tuple[Folded, ...], parts: int
) -> Iterator[tuple[str, pa.Table]]:
    """Rows of the prepared table ``heads``, in the order of ``key``, with lists beside them; a part at a time.

    Sorting and cutting, rather than DuckDB's lists of structures, which take several times as long.
    """
    for part in range(parts):
        table = catalogue.query(f"SELECT * EXCLUDE (part) FROM {heads} WHERE part = {part} ORDER BY {key}")
        for wanted in lists:
            rows = catalogue.query(
                f"SELECT {key}, item FROM {wanted.items} WHERE part = {part} ORDER BY {key}, {wanted.order}"
            )
            table = table.append_column(
                wanted.column, _lists(table.column(key), rows.column(key), rows.column("item"))
            )
        if table.num_rows:
            yield f"{part:05d}", table


def _lists(keys: pa.ChunkedArray, of: pa.ChunkedArray, items: pa.ChunkedArray) -> pa.ListArray:
    """For each key the items that are of it, null where none is; ``keys`` and ``of`` are sorted alike."""
    runs = pc.run_end_encode(of.combine_chunks())
    ends = np.concatenate([[0], runs.run_ends.to_numpy()]).astype(np.int32)
    found = pa.ListArray.from_arrays(pa.array(ends), items.combine_chunks())
    return found.take(pc.index_in(keys.combine_chunks(), value_set=runs.values))
