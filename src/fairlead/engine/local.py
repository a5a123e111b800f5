"""Runs stages on this computer: a pool of processes, complete parts only, resume by part name."""

from __future__ import annotations

import ctypes
import hashlib
import json
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore, part_name
from fairlead.engine.progress import Progress, Silent
from fairlead.engine.stage import GatherStage, MapStage, Stage
from fairlead.tables import Table
from fairlead.terms.errors import RunError

_PR_SET_PDEATHSIG = 1
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A run of rows of one input part, and the name of the part that answers it."""

    part: Path
    start: int
    stop: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutcome:
    """What a stage did: tasks done now, tasks whose parts were already complete, parts removed as stale."""

    stage: str
    done: int
    reused: int
    removed: int


class LocalEngine:
    """Runs stages over one operation's parts. Use as a context manager; worker processes live as long.

    A task's part is named by stage, version, input part and rows, so a second run skips what is complete,
    and a changed version or input redoes exactly what depends on it.
    """

    def __init__(
        self, store: PartStore, *, workers: int | None = None, progress: Progress | None = None
    ) -> None:
        self.store = store
        self.workers = workers or os.cpu_count() or 1
        self.progress = progress or Silent()
        self._pool: ProcessPoolExecutor | None = None
        self._checked: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_pool()

    def run(self, stage: Stage) -> StageOutcome:
        """Bring the stage's table up to date with its input."""
        match stage:
            case MapStage():
                self.check(stage.reads)
                return self._run_map(stage)
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
        tasks = list(_tasks(self.store, stage))
        waiting = [task for task in tasks if not self.store.is_whole(stage.writes, task.name)]
        self.progress.begin(stage.name, len(waiting))
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._work_off(stage, waiting)
                break
            except BrokenProcessPool as problem:
                self._close_pool()
                waiting = [task for task in waiting if not self.store.is_whole(stage.writes, task.name)]
                if attempt == _ATTEMPTS:
                    raise RunError(
                        f"worker processes of stage {stage.name} died {_ATTEMPTS} times",
                        "Check free memory, then run the same command again: finished parts are kept.",
                        code="RUN-WORKER",
                    ) from problem
        removed = self.store.keep_only(stage.writes, {task.name for task in tasks})
        self._checked.add(stage.writes.name)
        self.progress.finish(stage.name)
        return StageOutcome(
            stage=stage.name, done=len(waiting), reused=len(tasks) - len(waiting), removed=removed
        )

    def _work_off(self, stage: MapStage, waiting: list[Task]) -> None:
        if not waiting:
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_die_with_parent,
                initargs=(os.getpid(),),
            )
        futures: list[Future[int]] = [
            self._pool.submit(run_task, stage, self.store.root, task) for task in waiting
        ]
        try:
            for future in as_completed(futures):
                self.progress.advance(stage.name, future.result())
        except BaseException:
            for future in futures:
                future.cancel()
            raise

    def _run_gather(self, stage: GatherStage) -> StageOutcome:
        marker = self.store.folder(stage.writes) / ".gathered.json"
        inputs = {table.name: [part.name for part in self.store.parts(table)] for table in stage.reads}
        key = part_name(stage.name, stage.version, json.dumps(inputs, sort_keys=True))
        known = _read_marker(marker)
        names: list[str] = known.get("parts", [])
        if known.get("key") == key and all(self.store.is_whole(stage.writes, name) for name in names):
            self._checked.add(stage.writes.name)
            self.progress.begin(stage.name, 0)
            self.progress.finish(stage.name)
            return StageOutcome(stage=stage.name, done=0, reused=len(names), removed=0)
        self.progress.begin(stage.name, 1)
        names = []
        rows = 0
        catalogue = Catalogue(self.store, stage.reads)
        try:
            for partition, table in stage.gather(catalogue):
                name = part_name(stage.name, partition, _digest_rows(table))
                if not self.store.is_whole(stage.writes, name):
                    self.store.write(stage.writes, name, table.to_batches(), rows_per_group=8192)
                names.append(name)
                rows += table.num_rows
        finally:
            catalogue.close()
        removed = self.store.keep_only(stage.writes, {*names, marker.name})
        _write_atomically(marker, json.dumps({"key": key, "parts": names}))
        self._checked.add(stage.writes.name)
        self.progress.advance(stage.name, rows)
        self.progress.finish(stage.name)
        return StageOutcome(stage=stage.name, done=len(names), reused=0, removed=removed)

    def _close_pool(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def run_task(stage: MapStage, root: Path, task: Task) -> int:
    """Run one task in this process and write its part; returns the number of rows written."""
    store = PartStore(root)
    written = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal written
        for batch in stage.run(read_rows(task.part, task.start, task.stop)):
            written += batch.num_rows
            yield batch

    store.write(stage.writes, task.name, counted(), rows_per_group=8192)
    return written


def read_rows(part: Path, start: int, stop: int) -> Iterator[pa.RecordBatch]:
    """Rows ``start`` to ``stop`` of a part, reading only the row groups they lie in."""
    file = pq.ParquetFile(part)
    position = 0
    for index in range(file.num_row_groups):
        rows = file.metadata.row_group(index).num_rows
        first, last = max(start, position), min(stop, position + rows)
        if first < last:
            group = file.read_row_group(index).slice(first - position, last - first)
            yield from group.to_batches()
        position += rows


def _tasks(store: PartStore, stage: MapStage) -> Iterator[Task]:
    for part in store.parts(stage.reads):
        rows = pq.read_metadata(part).num_rows
        for start in range(0, rows, stage.rows_per_task):
            yield Task(
                part=part,
                start=start,
                stop=min(rows, start + stage.rows_per_task),
                name=part_name(stage.name, stage.version, part.name, str(start)),
            )


def _digest_rows(table: pa.Table) -> str:
    """A digest of a table's rows that does not depend on how they were chunked."""
    sink = hashlib.blake2b(digest_size=16)
    buffer = pa.BufferOutputStream()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    sink.update(buffer.getvalue())
    return sink.hexdigest()


def _read_marker(marker: Path) -> dict[str, Any]:
    """What the last gathering left; nothing when a power cut left half a file."""
    try:
        known = json.loads(marker.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write_atomically(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.rename(path)


def _die_with_parent(parent: int) -> None:
    """Ask the kernel to end this worker when its supervisor is gone, so that no orphan keeps writing."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
