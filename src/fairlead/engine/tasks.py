"""Tasks of a map stage: which rows of which part make which part, and the work itself, wherever it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from fairlead.engine.objects import meaning_of
from fairlead.engine.parts import Part, PartStore, order_of, part_name
from fairlead.engine.places import Place
from fairlead.engine.progress import Done
from fairlead.engine.stage import Cut, CuttingStage, MapStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A run of rows of one input part, by its name, and the name of the part that answers it.

    ``order`` is where its rows stand among all: texts in the order in which exhibits are read. ``cost``, ``stream``
    and ``urgent`` are those of ``Cut``.
    """

    part: str
    start: int
    stop: int
    name: str
    order: str = ""
    cost: float = 0.0
    stream: str = ""
    urgent: float = 0.0


def run_task(stage: MapStage, place: Place, task: Task) -> Done:
    """Run one task in this process and write its part; returns what was written."""
    store = PartStore(place)
    written = Done()

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal written
        for batch in stage.run(read_rows(store.part(stage.reads, task.part), task.start, task.stop)):
            written += Done.of([batch])
            yield batch

    try:
        store.write(stage.writes, task.name, counted(), rows_per_group=8192, order=task.order)
    except OSError as problem:
        if refused := meaning_of(str(problem)):
            raise refused from problem
        raise
    return written


def read_rows(part: Part, start: int, stop: int) -> Iterator[pa.RecordBatch]:
    """Rows ``start`` to ``stop`` of a part, reading only the row groups they lie in."""
    with part.open() as file:
        position = 0
        for index in range(file.num_row_groups):
            rows = file.metadata.row_group(index).num_rows
            first, last = max(start, position), min(stop, position + rows)
            if first < last:
                group = file.read_row_group(index).slice(first - position, last - first)
                yield from group.to_batches()
            position += rows


def tasks_of(store: PartStore, stage: MapStage) -> list[Task]:
    """Every task of a stage over its input as it is now, in the order in which exhibits are read."""
    tasks: list[Task] = []
    for part in store.parts(stage.reads):
        with part.open() as file:
            rows = file.metadata.num_rows
            order = order_of(file)
            cuts = list(_cuts(stage, file))
        start = 0
        for cut in cuts:
            # What is cut by cost has the end in its name, too: another estimate is another task.
            end = (str(cut.stop),) if isinstance(stage, CuttingStage) else ()
            tasks.append(
                Task(
                    part=part.name,
                    start=start,
                    stop=min(rows, cut.stop),
                    name=part_name(stage.name, stage.version, part.name, str(start), *end),
                    order=f"{order}.{start:010}",
                    cost=cut.cost,
                    stream=cut.stream,
                    urgent=cut.urgent,
                )
            )
            start = cut.stop
    return sorted(tasks, key=lambda task: task.order)


def _cuts(stage: MapStage, file: pq.ParquetFile) -> Iterator[Cut]:
    if isinstance(stage, CuttingStage):
        yield from stage.cut(file.read(columns=list(stage.cut_by)))
        return
    rows = file.metadata.num_rows
    for start in range(0, rows, stage.rows_per_task):
        stop = min(rows, start + stage.rows_per_task)
        yield Cut(stop=stop, cost=float(stop - start))
