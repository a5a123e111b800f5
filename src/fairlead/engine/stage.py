"""The stage contract: a function over Arrow record batches, with a version and the tables it joins.

The signature of ``MapStage.run`` is that of Spark's ``mapInArrow``, so that one function runs on both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table

CHEAPEST_S, DEAREST_S = 1.0, 20.0
"""Between them lies what a task is meant to cost, in processor seconds."""
_PIECES = 40


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Rows of a part, up to ``stop``, that make one task.

    ``cost`` is an estimate in processor seconds: what costs most is begun first. ``stream`` names what must be read
    from its beginning to reach these rows, as in a compressed archive: its tasks go to one worker, in their order.
    ``urgent`` is the share of the cost that somebody waits for, in tenths: it comes before what costs most.
    """

    stop: int
    cost: float
    stream: str = ""
    urgent: float = 0.0


@runtime_checkable
class CuttingStage(MapStage, Protocol):
    """A map stage whose rows differ in what they cost: it says itself which of them make a task."""

    @property
    def cut_by(self) -> Sequence[str]:
        """The columns that ``cut`` is given."""

    def cut(self, rows: pa.Table) -> Iterator[Cut]:
        """Cut one part. The same rows are always cut in the same way: tasks are named after it."""
        ...


class Opener(Protocol):
    """Gives the bytes of items: stages are handed one by whoever knows where exhibits lie."""

    def __call__(self, exhibit: str, locator: str) -> AbstractContextManager[int]:
        """A read-only descriptor of an item; raises ItemError."""
        ...

    def stream_of(self, exhibit: str, locator: str) -> str:
        """What must be read from its beginning to reach the item; empty when it is reached at once."""
        ...


def cut_by_cost(
    costs: Sequence[float],
    streams: Sequence[str],
    *,
    most_rows: int,
    urgent: Sequence[bool] | None = None,
) -> Iterator[Cut]:
    """Runs of rows of one stream that cost about the same: some seconds, so that all workers have work to the end.

    The more there is in all, the larger the pieces, up to ``DEAREST_S``.
    """
    aim = min(DEAREST_S, max(CHEAPEST_S, sum(costs) / _PIECES))
    spent, start = 0.0, 0
    for row in range(len(costs) + 1):
        ends = row == len(costs) or streams[row] != streams[start]
        if row > start and (ends or spent + costs[row] / 2 > aim or row - start >= most_rows):
            waited_for = sum(c for n, c in enumerate(costs[start:row], start) if urgent and urgent[n])
            share = round(waited_for / spent, 1) if spent else 0.0
            yield Cut(stop=row, cost=spent, stream=streams[start], urgent=share)
            spent, start = 0.0, row
        if row < len(costs):
            spent += costs[row]


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
