"""Stages on a real Spark cluster: the same parts, errors that stop the run, crashes that cost one file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from fairlead.attribution.networks import read_networks
from fairlead.case.persons.attribution import attribution_stages
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore
from fairlead.engine.sandbox import SandboxPool
from fairlead.engine.spark import SparkEngine
from fairlead.engine.stage import MapStage
from fairlead.tables.schema import INT, TEXT, Column, Table
from fairlead.terms.errors import RunError, UsageError
from tests.attribution.test_webs import store_of
from tests.engine.spark_cluster import LOOPBACK, ROOT, SparkCluster, needs_spark, start_cluster
from tests.engine.test_local import NUMBERS, SQUARES, Squaring, store_with

pytestmark = pytest.mark.long

OPENED = Table(
    name="opened",
    row="what a decoder said of a file",
    key=("n",),
    written_by="test",
    columns=(Column("n", INT, "file"), Column("outcome", TEXT, "what came of it")),
)


class Opening:
    """Has every number looked at in a sandboxed worker; at 13 the worker dies of it."""

    name = "opening"
    version = "1"
    reads = NUMBERS
    writes = OPENED
    rows_per_task = 10

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with SandboxPool(handler="fairlead.engine.sandbox.probes:handle") as pool:
            for batch in batches:
                listed = batch.column("n").to_pylist()
                acts = [pool.call({"act": "crash" if n == 13 else "long", "bytes": 5}, []) for n in listed]
                yield OPENED.batch({"n": n, "outcome": a.outcome.value} for n, a in zip(listed, acts))


class Refusing:
    """Stops the run at a row that tells that nothing after it can be trusted."""

    name = "refusing"
    version = "1"
    reads = NUMBERS
    writes = SQUARES
    rows_per_task = 5

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if 13 in batch.column("n").to_pylist():
                raise RunError("number 13 is in it", "Leave it out.", code="RUN-THIRTEEN")
            yield SQUARES.batch([])


class Dying:
    """Ends the executor's own process, once, and does its work when it is asked again."""

    name = "dying"
    reads = NUMBERS
    writes = SQUARES
    rows_per_task = 5

    def __init__(self, mark: Path) -> None:
        self.mark = mark
        self.version = "1"

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            listed = batch.column("n").to_pylist()
            if 13 in listed and not self.mark.exists():
                self.mark.touch()
                os._exit(9)
            yield SQUARES.batch({"n": n, "square": n * n, "by": "1"} for n in listed)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    started = start_cluster(tmp_path_factory.mktemp("spark"))
    yield started
    started.stop()


def engine(store: PartStore, cluster: SparkCluster) -> SparkEngine:
    return SparkEngine(
        store,
        master=cluster.master,
        settings={
            "spark.driver.host": LOOPBACK,
            "spark.driver.bindAddress": LOOPBACK,
            "spark.executor.memory": "500m",
            "spark.executorEnv.PYTHONPATH": str(ROOT),
        },
    )


def bytes_of(store: PartStore, table: Table) -> dict[str, bytes]:
    return {part.name: store.storage.read(f"{table.name}/{part.name}") for part in store.parts(table)}


@needs_spark
def test_a_cluster_writes_the_same_parts_as_this_computer_and_either_goes_on_where_the_other_ended(
    tmp_path: Path, cluster: SparkCluster
) -> None:
    local, shared = store_with(tmp_path / "local", 100), store_with(tmp_path / "shared", 100)
    with LocalEngine(local, workers=1) as here:
        here.run(Squaring())
    with engine(shared, cluster) as there:
        first = there.run(Squaring())
        again = there.run(Squaring())
    assert bytes_of(shared, SQUARES) == bytes_of(local, SQUARES)
    assert (first.done, again.done, again.reused) == (15, 0, 15)
    (tmp_path / "shared" / SQUARES.name / shared.parts(SQUARES)[3].name).unlink()
    with LocalEngine(shared, workers=1) as here:
        assert here.run(Squaring()).done == 1
    assert bytes_of(shared, SQUARES) == bytes_of(local, SQUARES)


@needs_spark
def test_a_decoder_that_crashes_on_an_executor_costs_one_file(tmp_path: Path, cluster: SparkCluster) -> None:
    store = store_with(tmp_path, 40)
    with engine(store, cluster) as there:
        there.run(Opening())
    rows = store.read(OPENED).to_pylist()
    assert sorted(row["n"] for row in rows) == list(range(40))
    assert [row["n"] for row in rows if row["outcome"] != "ok"] == [13]
    assert [row["outcome"] for row in rows if row["n"] == 13] == ["crashed"]


@needs_spark
def test_an_error_that_stops_a_run_comes_through_with_its_code(tmp_path: Path, cluster: SparkCluster) -> None:
    store = store_with(tmp_path, 40)
    with engine(store, cluster) as there, pytest.raises(RunError, match="RUN-THIRTEEN: number 13 is in it"):
        there.run(Refusing())


@needs_spark
def test_work_of_an_executor_process_that_died_is_done_by_another(
    tmp_path: Path, cluster: SparkCluster
) -> None:
    store = store_with(tmp_path / "store", 40)
    with engine(store, cluster) as there:
        there.run(Dying(tmp_path / "died"))
    assert (tmp_path / "died").exists()
    assert sorted(store.read(SQUARES).column("n").to_pylist()) == list(range(40))


def test_without_pyspark_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(UsageError, match="USAGE-SPARK: PySpark is not installed"):
        SparkEngine(PartStore(tmp_path), master="local[1]")


@needs_spark
def test_without_java_the_message_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="Java 17 or later; found: 11"):
        SparkEngine(PartStore(tmp_path), master="local[1]")


@needs_spark
def test_persons_attributed_on_a_cluster_are_those_attributed_here(
    tmp_path: Path, cluster: SparkCluster
) -> None:
    here, there = store_of(tmp_path / "here", 2000, 6), store_of(tmp_path / "there", 2000, 6)
    stages = [
        replace(stage, rows_per_task=300) if isinstance(stage, MapStage) else stage
        for stage in attribution_stages(read_networks())
    ]
    with LocalEngine(here, alone_up_to=1000) as local, engine(there, cluster) as spread:
        done = [spread.run(stage).done for stage in stages]
        for stage in stages:
            local.run(stage)
    assert sum(done) > 30
    for stage in stages:
        assert bytes_of(there, stage.writes) == bytes_of(here, stage.writes), stage.name
