"""Tables on disk: Parquet parts, written to a temporary name and renamed when complete."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from fairlead.engine.part_digests import PartDigests, PartState
from fairlead.tables import Table

_PREFIX = "part-"
_SUFFIX = ".parquet"


def part_name(*names: str) -> str:
    """A part's file name from the names it depends on: stage, version, input part and task."""
    text = "\x00".join(names).encode()
    return _PREFIX + hashlib.blake2b(text, digest_size=12).hexdigest() + _SUFFIX


class PartStore:
    """The folder ``tables/`` of one operation.

    A part is complete or absent: readers never see a part that is being written. ``digests`` holds what its bytes
    were when it was written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.digests = PartDigests(root)

    def folder(self, table: Table) -> Path:
        """Where a table's parts lie."""
        return self.root / table.name

    def parts(self, table: Table) -> list[Path]:
        """The complete parts of a table, by name."""
        folder = self.folder(table)
        if not folder.is_dir():
            return []
        return sorted(p for p in folder.iterdir() if p.name.startswith(_PREFIX) and p.name.endswith(_SUFFIX))

    def has(self, table: Table, name: str) -> bool:
        """Whether a part is complete."""
        return (self.folder(table) / name).is_file()

    def is_whole(self, table: Table, name: str) -> bool:
        """Whether a part is complete and has its digest; reads all of it.

        A complete part without a digest, as older versions and killed runs leave it, gets one if it can be read.
        """
        match self.digests.state(table, name):
            case PartState.WHOLE:
                return True
            case PartState.UNDIGESTED:
                return self.digests.adopt(table, name)
            case PartState.ALTERED | PartState.GONE:
                return False

    def find_altered(self, table: Table) -> list[str]:
        """The parts of a table that are not as they were written, or are gone."""
        names = {part.name for part in self.parts(table)} | self.digests.names(table)
        return sorted(name for name in names if not self.is_whole(table, name))

    def write(
        self, table: Table, name: str, batches: Iterable[pa.RecordBatch], *, rows_per_group: int = 65536
    ) -> Path:
        """Write one part from batches in the table's schema; returns its path.

        The rows go to a temporary name first; the rename is the moment at which the part exists.
        """
        folder = self.folder(table)
        folder.mkdir(parents=True, exist_ok=True)
        final = folder / name
        temporary = folder / f".{name}.{uuid4().hex}"
        try:
            with pq.ParquetWriter(temporary, table.schema, compression="zstd") as writer:
                for group in _groups(table.schema, batches, rows_per_group):
                    writer.write_table(group, row_group_size=rows_per_group)
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            self.digests.forget(table, [name])
            temporary.rename(final)
            self.digests.keep(table, name)
        finally:
            temporary.unlink(missing_ok=True)
        return final

    def keep_only(self, table: Table, names: set[str]) -> int:
        """Remove parts that no longer belong, and what killed runs left behind; returns how many."""
        folder = self.folder(table)
        if not folder.is_dir():
            return 0
        removed = 0
        self.digests.forget(table, self.digests.names(table) - names)
        for path in folder.iterdir():
            if path.name not in names:
                path.unlink()
                removed += 1
        return removed

    def read(self, table: Table) -> pa.Table:
        """A whole table, rows in part order."""
        parts = self.parts(table)
        if not parts:
            return table.schema.empty_table()
        return pa.concat_tables([pq.read_table(part, schema=table.schema) for part in parts])


def _groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch], rows_per_group: int) -> Iterator[pa.Table]:
    """Collect batches into tables of exactly ``rows_per_group`` rows, the last one shorter."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        while rows >= rows_per_group:
            table = pa.Table.from_batches(held, schema=schema)
            yield table.slice(0, rows_per_group)
            held = table.slice(rows_per_group).to_batches()
            rows -= rows_per_group
    if rows:
        yield pa.Table.from_batches(held, schema=schema)
