"""How long work says where it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, Self

import pyarrow as pa
import pyarrow.compute as pc

_SIZES = ("read_bytes", "size_bytes")
TOLD = (*_SIZES, "verdict")
"""Columns that progress tells about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was written: rows; bytes of the files or contents they stand for; and their verdicts, where they have any."""

    rows: int = 0
    size_bytes: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch]) -> Self:
        """What some rows of a table amount to."""
        rows = size = 0
        verdicts: Counter[str] = Counter()
        for batch in batches:
            rows += batch.num_rows
            sizes = next((name for name in _SIZES if name in batch.schema.names), None)
            size += (pc.sum(batch.column(sizes)).as_py() or 0) if sizes else 0
            if "verdict" in batch.schema.names:
                counted = pc.value_counts(batch.column("verdict").drop_null()).to_pylist()
                verdicts.update({one["values"]: one["counts"] for one in counted})
        return cls(rows=rows, size_bytes=size, verdicts=verdicts)

    def __add__(self, other: Done) -> Done:
        return Done(
            rows=self.rows + other.rows,
            size_bytes=self.size_bytes + other.size_bytes,
            verdicts=self.verdicts + other.verdicts,
        )


class Progress(Protocol):
    """Told about every finished task; decides itself what to show."""

    def begin(self, stage: str, total: int) -> None:
        """A stage starts with ``total`` tasks still to do."""
        ...

    def advance(self, stage: str, done: Done) -> None:
        """One task of the stage is complete and has written this."""
        ...

    def finish(self, stage: str) -> None:
        """The stage is complete."""
        ...


class Silent:
    """Progress for tests and for `--json`."""

    def begin(self, stage: str, total: int) -> None:
        """Say nothing."""

    def advance(self, stage: str, done: Done) -> None:
        """Say nothing."""

    def finish(self, stage: str) -> None:
        """Say nothing."""
