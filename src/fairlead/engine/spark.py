"""Does the tasks of stages on a Spark cluster: every machine sees tables and exhibits at the same place.

What travels through Spark is the list of tasks. Each executor reads its rows from the shared parts, runs the
stage's own function, and writes the part that the task is named after, exactly as a local worker does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

import pyarrow as pa

from fairlead.engine.engine import Engine
from fairlead.engine.objects import ENVIRONMENT
from fairlead.engine.parts import Part, PartStore
from fairlead.engine.places import Place
from fairlead.engine.progress import TOLD, Done, Progress
from fairlead.engine.stage import MapStage
from fairlead.engine.tasks import Task, run_task
from fairlead.terms.errors import FairleadError, RunError, UsageError

_TASKS_A_SLOT = 4
_LOOK_EVERY_S = 1.0
_LEAST_JAVA = 17
_ANSWER = "name string, rows bigint, code string, fact string, remedy string"
_QUIET = {
    "spark.ui.enabled": "false",  # the page of a running job has no sign-in
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1",  # a batch is a task: an executor may be lost after any
    "spark.sql.adaptive.enabled": "false",  # there is nothing to shuffle
}


class _Outcome(TypedDict, total=False):
    answers: list[Any]
    problem: Exception


class SparkEngine(Engine):
    """Runs tasks on a cluster, through ``mapInArrow``. Spark repeats what a lost executor had not finished.

    ``master`` is Spark's URL; empty when ``spark-submit`` states it. ``settings`` go to Spark as they are.
    """

    def __init__(
        self,
        store: PartStore,
        *,
        master: str = "",
        settings: Mapping[str, str] | None = None,
        spill: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(store, spill=spill, progress=progress)
        # Executors ask the same object storage; what signs them in they bring themselves.
        which = {f"spark.executorEnv.{name}": os.environ[name] for name in ENVIRONMENT if name in os.environ}
        self._spark = _start(master, {**_QUIET, **which, **(settings or {})})

    def work_off(self, stage: MapStage, waiting: list[Task]) -> None:
        """Do the tasks on the executors; the first error of a task, by its name, stops the run."""
        rows = [(task.part, task.start, task.stop, task.name, task.order) for task in waiting]
        slots = self._spark.sparkContext.defaultParallelism
        spread = self._spark.createDataFrame(
            rows, "part string, start bigint, stop bigint, name string, at string"
        )
        spread = spread.repartition(_partitions(len(waiting), slots))
        answers = self._watch(
            lambda: spread.mapInArrow(_worker(stage, self.store.place), _ANSWER).collect(), stage, waiting
        )
        refused = [row for row in answers if row["code"]]
        if refused:
            first = min(refused, key=lambda row: str(row["name"]))
            raise RunError(first["fact"], first["remedy"], code=first["code"])

    def _watch(self, work: Callable[[], list[Any]], stage: MapStage, waiting: list[Task]) -> list[Any]:
        """Run ``work`` in a thread and count meanwhile which parts have come."""
        outcome: _Outcome = {}

        def run() -> None:
            try:
                outcome["answers"] = work()
            except Exception as problem:  # noqa: BLE001 - told below, where the run is stopped
                outcome["problem"] = problem

        thread = threading.Thread(target=run)
        thread.start()
        missing = {task.name for task in waiting}
        while thread.is_alive():
            thread.join(_LOOK_EVERY_S)
            for part in self.store.parts(stage.writes):
                if part.name in missing:
                    missing.discard(part.name)
                    self.progress.advance(stage.name, _read_done(part))
        if "problem" in outcome:
            raise RunError(
                f"the cluster gave up on stage {stage.name} ({type(outcome['problem']).__name__})",
                "Read the log of the executors, then run the same command again: finished parts are kept.",
                code="RUN-SPARK",
            ) from outcome["problem"]
        answers: list[Any] = outcome["answers"]
        return answers

    def close(self) -> None:
        """End this program's executors."""
        self._spark.stop()


def _read_done(part: Part) -> Done:
    """What an executor has written, without the columns that progress does not tell."""
    with part.open() as file:
        told = [name for name in TOLD if name in file.schema_arrow.names] or file.schema_arrow.names[:1]
        return Done.of(file.iter_batches(columns=told))


def _partitions(tasks: int, slots: int) -> int:
    """Into how many pieces to cut the list of tasks: enough that no slot waits for one slow task, and no more."""
    return max(1, min(tasks, slots * _TASKS_A_SLOT))


def _worker(stage: MapStage, place: Place) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What an executor does with the tasks it is given: rows of tasks in, one row an answer out."""

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        store = PartStore(place)
        for batch in batches:
            for row in batch.to_pylist():
                task = Task(
                    part=row["part"], start=row["start"], stop=row["stop"], name=row["name"], order=row["at"]
                )
                answer = {"name": task.name, "rows": 0, "code": "", "fact": "", "remedy": ""}
                try:
                    # Of tasks that a lost executor had been given, some are done.
                    if not store.is_whole(stage.writes, task.name):
                        answer["rows"] = run_task(stage, place, task).rows
                except FairleadError as problem:
                    answer |= {"code": problem.code, "fact": problem.fact, "remedy": problem.remedy}
                yield pa.RecordBatch.from_pylist([answer])

    return work


def _start(master: str, settings: Mapping[str, str]) -> Any:
    """A Spark session; UsageError when PySpark or Java is missing."""
    # Arrow batches go in and out; pandas is only asked whether it is there.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
    try:
        from pyspark.sql import SparkSession
    except ImportError as problem:
        raise UsageError(
            "PySpark is not installed",
            "Install requirements/spark.txt, see docs/how-to/run-on-a-cluster.md; or leave out --engine spark.",
            code="USAGE-SPARK",
        ) from problem
    _require_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("fairlead")
    if master:
        builder = builder.master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as problem:
        raise RunError(
            f"Spark does not start ({type(problem).__name__})",
            "Check the master's URL and that its workers have memory and cores free.",
            code="RUN-SPARK-START",
        ) from problem
    session.sparkContext.setLogLevel("ERROR")
    return session


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    said = (
        subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr if java else ""
    )
    version = said.partition('"')[2].partition(".")[0]
    if not version.isdecimal() or int(version) < _LEAST_JAVA:
        raise UsageError(
            f"Spark needs Java {_LEAST_JAVA} or later; found: {version or 'none'}",
            "Install a Java runtime, e.g. `apt-get install openjdk-17-jre-headless`, or set JAVA_HOME.",
            code="USAGE-JAVA",
        )
