"""The made-up operation on a real Spark cluster of two workers, against the same on this computer alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.documents.console import run_page
from tests.end_to_end.conftest import ask, fairlead
from tests.end_to_end.test_killed import TABLES, prepared, sorted_bytes
from tests.engine.object_server import needs_s3
from tests.engine.spark_cluster import ROOT, SparkCluster, needs_spark, start_cluster

pytestmark = [needs_spark, pytest.mark.long]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    started = start_cluster(tmp_path_factory.mktemp("spark"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "made"
    fairlead("training", "make", folder, "--seed", "31", "--scale", "0.2")
    return folder


@pytest.fixture(scope="module")
def expected(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    local = prepared(tmp_path_factory.mktemp("local"), made)
    fairlead("process", "--workspace", local)
    return sorted_bytes(local)


def test_local_and_spark_give_the_same_tables_byte_for_byte_also_when_an_executor_is_killed(
    tmp_path: Path, made: Path, expected: dict[str, bytes], cluster: SparkCluster
) -> None:
    workspace = prepared(tmp_path, made)
    run = subprocess.Popen(
        [sys.executable, "-m", "fairlead", "process", *cluster.options, "--workspace", str(workspace)],
        env={k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    files = workspace / "operations" / "x" / "tables" / "files"
    until(lambda: files.is_dir() and any(files.glob("part-*")), run)
    until(lambda: len(executors_of(cluster)) == 2, run)
    os.kill(executors_of(cluster)[0], signal.SIGKILL)
    said, _ = run.communicate(timeout=500)
    assert run.returncode in (0, 1), said
    found = sorted_bytes(workspace)
    assert [name for name in TABLES if found[name] != expected[name]] == []
    assert ask("doctor", "--workspace", workspace)["healthy"] is True
    submitted = subprocess.run(
        ["spark-submit", "--master", cluster.master, "--conf", "spark.driver.host=127.0.0.1",
         str(ROOT / "deploy" / "spark" / "process.py"), "--json", "--workspace", str(workspace)],
        env={k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")}
        | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYSPARK_PYTHON": sys.executable},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert submitted.returncode in (0, 1), submitted.stdout[-1000:] + submitted.stderr[-2000:]
    assert '"done": 0' in submitted.stdout
    assert '"done": 1' not in submitted.stdout


def until(holds: Callable[[], bool], run: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + 200
    while not holds():
        assert time.monotonic() < ends
        assert run.poll() is None, run.stdout.read() if run.stdout else ""
        time.sleep(0.05)


def executors_of(cluster: SparkCluster) -> list[int]:
    found = []
    for worker in cluster.processes:
        for process in psutil.Process(worker.pid).children():
            with suppress(psutil.NoSuchProcess):
                if "org.apache.spark.executor.CoarseGrainedExecutorBackend" in process.cmdline():
                    found.append(process.pid)
    return found


@needs_s3
def test_the_page_about_clusters_works_as_written(tmp_path: Path) -> None:
    done = run_page("how-to/run-on-a-cluster.md", tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    tail = done.stdout[done.stdout.rindex("Sandbox:") :]
    assert "Distinct contents" in tail
    shutil.rmtree(tmp_path / "spark-logs")
