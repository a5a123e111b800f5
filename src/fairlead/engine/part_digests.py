"""Digests of parts, kept beside the tables, so that a part that changed on the disk is found and made again."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import pyarrow.parquet as pq
from pyarrow import ArrowException

from fairlead.engine.storage import Storage
from fairlead.tables import Table

_FOLDER = ".digests"


class PartState(StrEnum):
    """What can be said of a part by its digest."""

    WHOLE = "whole"
    UNDIGESTED = "undigested"
    ALTERED = "altered"
    GONE = "gone"


class PartDigests:
    """BLAKE3 of every part in a file of its own below ``.digests/<table>/``.

    A digest is written after its part is complete, and removed before the part is replaced or removed. So a run
    that is killed leaves a part without a digest at worst, and never one whose digest is wrong. It finds damage
    and carelessness; somebody who may write to the place can write a new digest as well.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def names(self, table: Table) -> set[str]:
        """Names of the parts of which a digest is kept."""
        return set(self._storage.names(f"{_FOLDER}/{table.name}"))

    def state(self, table: Table, name: str) -> PartState:
        """Compare a part with its digest; reads all of its bytes."""
        try:
            found = self._storage.digest(f"{table.name}/{name}")
        except FileNotFoundError:
            return PartState.GONE
        try:
            kept = self._storage.read(_file(table, name)).decode(errors="replace")
        except FileNotFoundError:
            return PartState.UNDIGESTED
        return PartState.WHOLE if kept == found else PartState.ALTERED

    def keep(self, table: Table, name: str, digest: str) -> None:
        """Note the digest of a part."""
        self._storage.write(_file(table, name), digest.encode())

    def take(self, other: PartDigests, table: Table, name: str) -> None:
        """Move the digest of a part here."""
        self._storage.take(other._storage, _file(table, name))

    def adopt(self, table: Table, name: str) -> bool:
        """Note the digest of a part that has none, if it can be read to its end with the columns of its table."""
        try:
            with self._storage.open(f"{table.name}/{name}") as opened:
                file = pq.ParquetFile(opened)
                whole = bool(file.schema_arrow.equals(table.schema))
                for batch in file.iter_batches() if whole else ():
                    batch.validate()
        except (OSError, ArrowException):
            return False
        if whole:
            self.keep(table, name, self._storage.digest(f"{table.name}/{name}"))
        return whole

    def forget(self, table: Table, names: Iterable[str]) -> None:
        """Forget the digests of parts that are about to be replaced or removed."""
        for name in names:
            self._storage.remove(_file(table, name))


def _file(table: Table, name: str) -> str:
    return f"{_FOLDER}/{table.name}/{name}"
