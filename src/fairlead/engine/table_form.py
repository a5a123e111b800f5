"""Tables that an older version wrote get the columns that they have gained since, empty."""

from __future__ import annotations

import functools
import hashlib

import pyarrow as pa

from fairlead.engine.part_digests import PartState
from fairlead.engine.parts import Part, PartStore
from fairlead.tables import ALL, Table

_MARK = ".form"


def is_current(store: PartStore) -> bool:
    """Whether the tables were brought to the form that this version writes; reads one small file."""
    try:
        return store.storage.read(_MARK) == _current_form()
    except FileNotFoundError:
        return False


def bring_up_to_date(store: PartStore) -> int:
    """Write parts of an earlier form again with the columns they lack; returns how many. Run it as the sole writer.

    A part keeps its name, so nothing that follows from it is redone for that. Parts that are not as they were written
    and parts with columns that a table no longer has are left as they are, and `fairlead doctor` names them. Killed, it
    goes on where it was.
    """
    written = 0
    for table in ALL.values():
        for part in store.parts(table):
            with part.open() as file:
                lacking = _is_earlier(file.schema_arrow, table)
            if lacking and store.digests.state(table, part.name) is not PartState.ALTERED:
                _write_again(store, table, part)
                written += 1
    store.storage.write(_MARK, _current_form())
    return written


def _is_earlier(schema: pa.Schema, table: Table) -> bool:
    """Whether all columns of a part are the table's own, and some of the table's, which may be empty, are not there."""
    own = {field.name: field for field in table.schema}
    lacking = [field for name, field in own.items() if name not in schema.names]
    return (
        bool(lacking)
        and all(field.nullable for field in lacking)
        and all(field.name in own and field.type == own[field.name].type for field in schema)
    )


def _write_again(store: PartStore, table: Table, part: Part) -> None:
    rows = part.read()
    columns = [
        rows.column(field.name) if field.name in rows.column_names else pa.nulls(rows.num_rows, field.type)
        for field in table.schema
    ]
    store.write(table, part.name, pa.table(columns, schema=table.schema).to_batches())


@functools.cache
def _current_form() -> bytes:
    told = "\n".join(f"{name}\n{table.schema}" for name, table in sorted(ALL.items()))
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest().encode() + b"\n"
