"""Brings tables up to date, stage by stage; where the tasks of a stage are done is left to a kind of engine."""

from __future__ import annotations

import hashlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from fairlead.engine.catalogue import Catalogue, remove_spills, spilling
from fairlead.engine.parts import PartStore, part_name
from fairlead.engine.progress import Done, Progress, Silent
from fairlead.engine.stage import GatherStage, MapStage, Stage
from fairlead.engine.tasks import Task, run_task, tasks_of
from fairlead.tables import Table
from fairlead.terms.errors import RunError

_TIMES_FOLLOWING = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutcome:
    """What a stage did: tasks done now, tasks whose parts were already complete, parts removed as stale."""

    stage: str
    done: int
    reused: int
    removed: int


class Engine(ABC):
    """Runs stages over one operation's parts. Use as a context manager.

    A task's part is named by stage, version, input part and rows, so a second run skips what is complete,
    and a changed version or input redoes exactly what depends on it. A part that is not as it was written is
    made again. Stages that look at whole tables run in this process; what they cannot hold in memory lies in the folder
    ``spill`` meanwhile. Whoever gives one holds its lock: what killed engines left there is removed.
    """

    def __init__(
        self, store: PartStore, *, spill: Path | None = None, progress: Progress | None = None
    ) -> None:
        self.store = store
        self._spill = spill
        if spill is not None:
            remove_spills(spill)
        self.progress = progress or Silent()
        self._checked: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of whatever does the tasks."""

    @abstractmethod
    def work_off(self, stage: MapStage, waiting: list[Task]) -> None:
        """Do every waiting task, in any order, each at least once; tell progress of each one done.

        They come in the order in which exhibits are read.
        """

    def run(self, stage: Stage, *, meanwhile: MapStage | None = None) -> StageOutcome:
        """Bring the stage's table up to date with its input.

        ``meanwhile`` is a stage that reads what this one writes: it is done here for parts as they come, so that its
        rows are there before this stage ends. It is run for itself afterwards, which does the rest of it.
        """
        match stage:
            case MapStage():
                self.check(stage.reads)
                if meanwhile is None:
                    return self._run_map(stage)
                shown = self.progress
                self.progress = _Following(shown, self.store, meanwhile)
                try:
                    return self._run_map(stage)
                finally:
                    self.progress = shown
            case GatherStage():
                self.check(*stage.reads)
                return self._run_gather(stage)

    def check(self, *tables: Table) -> None:
        """Stop with RUN-PART when a part of a table that is about to be read is not as it was written.

        Tables that this engine has just brought up to date, or has looked at, are not read again.
        """
        for table in tables:
            if table.name in self._checked:
                continue
            altered = self.store.find_altered(table)
            if altered:
                raise RunError(
                    f"table {table.name}: {altered[0]} is not as it was written ({len(altered)} such parts)",
                    "Check the disk. `fairlead doctor` names the command that writes the table again.",
                    code="RUN-PART",
                )
            self._checked.add(table.name)

    def _run_map(self, stage: MapStage) -> StageOutcome:
        tasks = tasks_of(self.store, stage)
        whole = self.store.find_whole(stage.writes, [task.name for task in tasks])
        waiting = [task for task in tasks if task.name not in whole]
        self.progress.begin(stage.name, len(waiting))
        if waiting:
            self.work_off(stage, waiting)
        removed = self.store.keep_only(stage.writes, {task.name for task in tasks})
        self._checked.add(stage.writes.name)
        self.progress.finish(stage.name)
        return StageOutcome(
            stage=stage.name, done=len(waiting), reused=len(tasks) - len(waiting), removed=removed
        )

    def _run_gather(self, stage: GatherStage) -> StageOutcome:
        inputs = {table.name: [part.name for part in self.store.parts(table)] for table in stage.reads}
        key = part_name(stage.name, stage.version, json.dumps(inputs, sort_keys=True))
        known = self.store.read_gathered(stage.writes)
        names = known["parts"]
        if known["key"] == key and self.store.find_whole(stage.writes, names) == set(names):
            self._checked.add(stage.writes.name)
            self.progress.begin(stage.name, 0)
            self.progress.finish(stage.name)
            return StageOutcome(stage=stage.name, done=0, reused=len(names), removed=0)
        self.progress.begin(stage.name, 1)
        names = []
        written = Done()
        with spilling(self._spill) as spill:
            catalogue = Catalogue(self.store, stage.reads, spill=spill)
            try:
                for place, (partition, table) in enumerate(stage.gather(catalogue)):
                    name = part_name(stage.name, partition, _digest_rows(table))
                    if not self.store.is_whole(stage.writes, name):
                        self.store.write(
                            stage.writes, name, table.to_batches(), rows_per_group=8192, order=f"{place:06}"
                        )
                    names.append(name)
                    written += Done.of(table.to_batches())
            finally:
                catalogue.close()
        removed = self.store.replace_gathered(stage.writes, set(names), {"key": key, "parts": names})
        self._checked.add(stage.writes.name)
        self.progress.advance(stage.name, written)
        self.progress.finish(stage.name)
        return StageOutcome(stage=stage.name, done=len(names), reused=0, removed=removed)


class _Following:
    """Passes progress on, and does a stage for the parts that have come, at most a tenth of the time."""

    def __init__(self, shown: Progress, store: PartStore, stage: MapStage) -> None:
        self._shown = shown
        self._store = store
        self._stage = stage
        self._done: set[str] = set()
        self._not_before = 0.0

    def begin(self, stage: str, total: int) -> None:
        """A stage starts."""
        self._shown.begin(stage, total)

    def advance(self, stage: str, done: Done) -> None:
        """One task of it is complete: its part is there."""
        self._shown.advance(stage, done)
        began = time.monotonic()
        if began < self._not_before:
            return
        for task in tasks_of(self._store, self._stage):
            if task.name not in self._done and not self._store.has(self._stage.writes, task.name):
                run_task(self._stage, self._store.place, task)
            self._done.add(task.name)
        now = time.monotonic()
        self._not_before = now + (now - began) * _TIMES_FOLLOWING

    def finish(self, stage: str) -> None:
        """The stage is complete."""
        self._shown.finish(stage)


def _digest_rows(table: pa.Table) -> str:
    """A digest of a table's rows, whatever chunks they came in and whatever lies in memory where a value is missing."""
    leaves = [leaf for column in table.columns for leaf in _leaves(_whole(column))]
    sink = hashlib.blake2b(digest_size=16)
    for leaf in leaves:
        buffer = pa.BufferOutputStream()
        with pa.ipc.new_stream(buffer, pa.schema([pa.field("leaf", leaf.type)])) as writer:
            writer.write_batch(pa.record_batch([leaf], ["leaf"]))
        sink.update(buffer.getvalue())
    return sink.hexdigest()


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def _leaves(array: pa.Array) -> Iterator[pa.Array]:
    """Arrays without nulls that together say what the array says: what is there, how long lists are, the values."""
    if array.null_count:
        yield array.is_valid().cast(pa.uint8())
    match array.type:
        case pa.StructType():
            for field in array.flatten():
                yield from _leaves(field)
        case pa.ListType():
            yield pc.list_value_length(array).drop_null()
            yield from _leaves(array.flatten())
        case kind if pa.types.is_boolean(kind):
            yield array.drop_null().cast(pa.uint8())
        case _:
            yield array.drop_null()
