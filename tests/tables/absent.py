"""Which columns of rows, and fields of structs in them, are null although their table says that they never are."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from fairlead.tables import Table


def absent(column: pa.Array, path: str) -> Iterator[str]:
    if column.null_count:
        yield path
    if pa.types.is_list(column.type):
        yield from absent(column.flatten(), path)
    elif pa.types.is_struct(column.type):
        there = column.filter(column.is_valid())
        for number in range(column.type.num_fields):
            yield from absent(there.field(number), f"{path}.{column.type.field(number).name}")


def absent_in(table: Table, rows: pa.Table) -> set[str]:
    return {
        path
        for name in rows.column_names
        for path in absent(pa.concat_arrays(rows.column(name).chunks), name)
        if path in table.always
    }
