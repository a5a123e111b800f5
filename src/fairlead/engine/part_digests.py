"""Digests of parts, kept beside the tables, so that a part that changed on the disk is found and made again."""

from __future__ import annotations

import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import pyarrow.parquet as pq
from blake3 import blake3
from pyarrow import ArrowException

from fairlead.tables import Table

_FOLDER = ".digests"


class PartState(StrEnum):
    """What can be said of a part by its digest."""

    WHOLE = "whole"
    UNDIGESTED = "undigested"
    ALTERED = "altered"
    GONE = "gone"


class PartDigests:
    """BLAKE3 of every part in a file of its own below ``tables/.digests/<table>/``.

    A digest is written after its part is complete, and removed before the part is replaced or removed. So a run
    that is killed leaves a part without a digest at worst, and never one whose digest is wrong. It finds damage
    and carelessness; somebody who may write to the folder can write a new digest as well.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, table: Table) -> set[str]:
        """Names of the parts of which a digest is kept."""
        folder = self._root / _FOLDER / table.name
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()

    def state(self, table: Table, name: str) -> PartState:
        """Compare a part with its digest; reads all of its bytes."""
        kept, part = self._file(table, name), self._root / table.name / name
        if not part.is_file():
            return PartState.GONE
        if not kept.is_file():
            return PartState.UNDIGESTED
        return PartState.WHOLE if kept.read_text() == _digest(part) else PartState.ALTERED

    def keep(self, table: Table, name: str) -> None:
        """Note the digest of a part as it is now."""
        kept = self._file(table, name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_name(f".{name}.{os.getpid()}")
        fresh.write_text(_digest(self._root / table.name / name))
        fresh.rename(kept)

    def adopt(self, table: Table, name: str) -> bool:
        """Note the digest of a part that has none, if it can be read to its end with the columns of its table."""
        try:
            file = pq.ParquetFile(self._root / table.name / name)
            whole = bool(file.schema_arrow.equals(table.schema))
            for batch in file.iter_batches() if whole else ():
                batch.validate()
        except (OSError, ArrowException):
            return False
        if whole:
            self.keep(table, name)
        return whole

    def forget(self, table: Table, names: Iterable[str]) -> None:
        """Forget the digests of parts that are about to be replaced or removed."""
        for name in names:
            self._file(table, name).unlink(missing_ok=True)

    def _file(self, table: Table, name: str) -> Path:
        return self._root / _FOLDER / table.name / name


def _digest(part: Path) -> str:
    return blake3().update_mmap(part).hexdigest()
