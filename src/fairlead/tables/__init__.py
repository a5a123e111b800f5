"""The Arrow schema, key and meaning of every table: the only thing rooms share."""

from __future__ import annotations

from fairlead.tables import attribution, evidence, known, law, media, provenance, records
from fairlead.tables.schema import Column, Table

ALL: dict[str, Table] = {
    table.name: table
    for room in (evidence, media, known, provenance, records, attribution, law)
    for table in room.TABLES
}

__all__ = ["ALL", "Column", "Table"]
