"""The stage contract: a function over Arrow record batches, with a version and the tables it joins.

The signature of ``MapStage.run`` is that of Spark's ``mapInArrow``, so that one function runs on both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table


@runtime_checkable
class MapStage(Protocol):
    """Turns rows of one table into rows of another, a batch at a time, without memory of other batches.

    ``version`` names everything that can change the result for the same input: code, settings, the digest
    of an index or list it carries. Instances are pickled to worker processes.
    """

    @property
    def name(self) -> str:
        """Short name, unique among stages."""

    @property
    def version(self) -> str:
        """Changes with whatever can change the result."""

    @property
    def reads(self) -> Table:
        """The table whose rows come in."""

    @property
    def writes(self) -> Table:
        """The table whose rows go out."""

    @property
    def rows_per_task(self) -> int:
        """Rows of input that make one task and one part."""

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield batches in the schema of ``writes``."""
        ...


@runtime_checkable
class GatherStage(Protocol):
    """Computes a table from whole tables (grouping, linkage): runs in one process, result in named parts.

    Parts are named by the stage and by what they hold, so that a part which comes out unchanged leaves
    everything computed from it valid.
    """

    @property
    def name(self) -> str:
        """Short name, unique among stages."""

    @property
    def version(self) -> str:
        """Changes with whatever can change the result."""

    @property
    def reads(self) -> tuple[Table, ...]:
        """The tables that are looked at whole."""

    @property
    def writes(self) -> Table:
        """The table whose rows go out."""

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield (partition name, rows in the schema of ``writes``); every partition name once."""
        ...


Stage = MapStage | GatherStage
