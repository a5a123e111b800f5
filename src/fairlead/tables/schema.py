"""How a table is declared: columns with types, units and meaning, and the key of a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

TEXT = pa.string()
INT = pa.int64()
SMALL = pa.int32()
TIME = pa.timestamp("us", tz="UTC")
BYTES = pa.binary()
FLAG = pa.bool_()
NUMBER = pa.float64()
MONEY = pa.decimal128(38, 18)  # a wei is the eighteenth decimal of an ether
TEXTS = pa.list_(pa.string())
PDQ = pa.binary(32)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, Arrow type, meaning with unit, and whether it may be absent."""

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: what a row is, its key, its columns, and the room that writes it.

    ``always`` names columns that every row fills beside its key, and fields of structs as ``column.field``: Arrow lets
    them be null, rows of ``fairlead.tables.rows`` do not.
    """

    name: str
    row: str
    key: tuple[str, ...]
    written_by: str
    columns: tuple[Column, ...]
    always: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the table; key columns are not nullable."""
        return pa.schema(
            [pa.field(c.name, c.type, nullable=c.nullable and c.name not in self.key) for c in self.columns]
        )

    def batch(self, rows: Iterable[Mapping[str, object]]) -> pa.RecordBatch:
        """Rows as a record batch; a missing column is null, an unknown one a KeyError."""
        names = {c.name for c in self.columns}
        listed = list(rows)
        for row in listed:
            unknown = row.keys() - names
            if unknown:
                raise KeyError(f"table {self.name} has no column {', '.join(sorted(unknown))}")
        return pa.RecordBatch.from_pylist([dict(row) for row in listed], schema=self.schema)


EXHIBIT = Column("exhibit", TEXT, "number of the exhibit the row comes from")
LOCATOR = Column("locator", TEXT, "way to the item, and byte range, inside the exhibit")
SHA256 = Column("sha256", TEXT, "SHA-256 of the content, 64 lower-case hex digits")
