"""Tables as Parquet parts, each of which is there whole or not at all, in a folder or in object storage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from blake3 import blake3

from fairlead.engine.part_digests import PartDigests, PartState
from fairlead.engine.places import Place
from fairlead.engine.storage import Storage, storage_at
from fairlead.tables import Table

if TYPE_CHECKING:
    from pyarrow.dataset import Dataset

S = TypeVar("S")
T = TypeVar("T")

_PREFIX = "part-"
_SUFFIX = ".parquet"
_GATHERED = ".gathered.json"
_ORDER = "fairlead.order"


def part_name(*names: str) -> str:
    """A part's file name from the names it depends on: stage, version, input part and task."""
    text = "\x00".join(names).encode()
    return _PREFIX + hashlib.blake2b(text, digest_size=12).hexdigest() + _SUFFIX


@dataclass(frozen=True, slots=True)
class Part:
    """A complete part of a table. Reading it raises FileNotFoundError when a run has just replaced it."""

    storage: Storage
    table: str
    name: str

    def open(self) -> pq.ParquetFile:
        """The part with its schema, its count of rows and its row groups; nothing else is read yet."""
        return pq.ParquetFile(self.storage.open(f"{self.table}/{self.name}"))

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Its rows."""
        with self.open() as file:
            return file.read(columns=list(columns) if columns is not None else None)


class Gathered(TypedDict):
    """What a gathering stage notes: from what its table was gathered, and in which parts it lies."""

    key: str
    parts: list[str]


class PartStore:
    """The tables of one operation, at one place.

    A part is complete or absent: readers never see a part that is being written. ``digests`` holds what its bytes
    were when it was written.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.storage = storage_at(place)
        self.digests = PartDigests(self.storage)

    def parts(self, table: Table) -> list[Part]:
        """The complete parts of a table, by name."""
        return [
            self.part(table, name)
            for name in self.storage.names(table.name)
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
        ]

    def part(self, table: Table, name: str) -> Part:
        """A part by its name."""
        return Part(self.storage, table.name, name)

    def has(self, table: Table, name: str) -> bool:
        """Whether a part is complete."""
        return self.storage.has(f"{table.name}/{name}")

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

    def find_whole(self, table: Table, names: Iterable[str]) -> set[str]:
        """Which of some parts are complete and have their digests; reads those that are there."""
        there = set(self.storage.names(table.name))
        asked = [name for name in names if name in there]
        answers = self._of_each(asked, lambda name: self.is_whole(table, name))
        return {name for name, whole in zip(asked, answers, strict=True) if whole}

    def states(self, table: Table, names: Sequence[str]) -> Iterator[PartState]:
        """What can be said of parts by their digests, in their order; reads all of them."""
        return self._of_each(names, lambda name: self.digests.state(table, name))

    def _of_each(self, things: Sequence[S], ask: Callable[[S], T]) -> Iterator[T]:
        if self.storage.at_once == 1:
            yield from map(ask, things)
            return
        with ThreadPoolExecutor(self.storage.at_once) as pool:
            yield from pool.map(ask, things)

    def find_altered(self, table: Table) -> list[str]:
        """The parts of a table that are not as they were written, or are gone."""
        names = {part.name for part in self.parts(table)} | self.digests.names(table)
        return sorted(names - self.find_whole(table, names))

    def write(
        self,
        table: Table,
        name: str,
        batches: Iterable[pa.RecordBatch],
        *,
        rows_per_group: int = 65536,
        order: str = "",
    ) -> None:
        """Write one part from batches in the table's schema. It exists from the moment at which it is complete.

        ``order`` is kept beside the rows: see ``order_of``.
        """
        with self.storage.new(f"{table.name}/{name}") as file:
            with pq.ParquetWriter(file, table.schema, compression="zstd") as writer:
                for group in _groups(table.schema, batches, rows_per_group):
                    writer.write_table(group, row_group_size=rows_per_group)
                writer.add_key_value_metadata({_ORDER: order})
            digest = _digest(file)
            self.digests.forget(table, [name])
        self.digests.keep(table, name, digest)

    def take(self, other: PartStore, table: Table, name: str) -> None:
        """Move a part with its digest here from another store. Raises FileNotFoundError when it is not there."""
        self.digests.forget(table, [name])
        self.storage.take(other.storage, f"{table.name}/{name}")
        if name in other.digests.names(table):
            self.digests.take(other.digests, table, name)

    def keep_only(self, table: Table, names: set[str]) -> int:
        """Remove parts that no longer belong, and what killed runs left behind; returns how many."""
        removed = 0
        self.digests.forget(table, self.digests.names(table) - names)
        for name in self.storage.names(table.name):
            if name not in names:
                self.storage.remove(f"{table.name}/{name}")
                removed += 1
        return removed

    def read(self, table: Table) -> pa.Table:
        """A whole table, rows in part order."""
        parts = self.parts(table)
        if not parts:
            return table.schema.empty_table()
        return pa.concat_tables([part.read().cast(table.schema) for part in parts])

    def scans(self, tables: Sequence[Table]) -> Iterator[tuple[Table, list[Path] | Dataset | None]]:
        """The parts of each table as DuckDB reads them; None where there are none. Asks about several at once."""
        yield from zip(tables, self._of_each(tables, self._scan), strict=True)

    def _scan(self, table: Table) -> list[Path] | Dataset | None:
        names = [f"{table.name}/{part.name}" for part in self.parts(table)]
        return self.storage.scan(names, table.schema) if names else None

    def sizes(self, table: Table) -> dict[str, tuple[int, int]]:
        """Bytes of every part, and what changes when it is written again, by its name."""
        found = self.storage.entries(table.name)
        return {e.name: (e.size_bytes, e.written) for e in found if e.name.startswith(_PREFIX)}

    def read_gathered(self, table: Table) -> Gathered:
        """What the last gathering noted; nothing when there was none, or a power cut left half a note."""
        try:
            known = json.loads(self.storage.read(f"{table.name}/{_GATHERED}"))
        except (FileNotFoundError, ValueError):
            known = None
        if isinstance(known, dict) and isinstance(known.get("parts"), list):
            return {"key": str(known.get("key", "")), "parts": list(map(str, known["parts"]))}
        return {"key": "", "parts": []}

    def replace_gathered(self, table: Table, names: set[str], note: Gathered) -> int:
        """Keep only these parts, and note what they were gathered from; returns how many others there were."""
        removed = self.keep_only(table, {*names, _GATHERED})
        self.storage.write(f"{table.name}/{_GATHERED}", json.dumps(note).encode())
        return removed


def order_of(file: pq.ParquetFile) -> str:
    """Where the rows of a part stand among all of their table: parts are read in the order of these texts.

    Empty for parts of earlier versions. What a part holds does not depend on it, only who reads it when.
    """
    kept = file.metadata.metadata or {}
    return bytes(kept.get(_ORDER.encode(), b"")).decode()


def _digest(file: Path) -> str:
    return blake3().update_mmap(file).hexdigest()


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
