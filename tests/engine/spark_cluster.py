"""A real Spark cluster for tests: a master and two workers, each a process of its own, on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).parents[2]

needs_spark = pytest.mark.skipif(
    find_spec("pyspark") is None or shutil.which("java") is None,
    reason="needs requirements/spark.txt and a Java runtime",
)


@dataclass(frozen=True)
class SparkCluster:
    """Its master's URL, and the processes it is made of."""

    master: str
    processes: tuple[subprocess.Popen[bytes], ...]

    @property
    def options(self) -> list[str]:
        """Options of `fairlead process` that put it to work here."""
        settings = {
            "spark.driver.host": LOOPBACK,
            "spark.driver.bindAddress": LOOPBACK,
            "spark.executor.memory": "600m",
            "spark.executorEnv.PYTHONPATH": str(ROOT),
        }
        given = [part for name, value in settings.items() for part in ("--spark-conf", f"{name}={value}")]
        return ["--engine", "spark", "--master", self.master, *given]

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait(30)


def start_cluster(folder: Path) -> SparkCluster:
    """Start it and wait until both workers have reported."""
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    url = f"spark://{LOOPBACK}:{port}"
    here = ("--host", LOOPBACK, "--webui-port", "0")
    log = folder / "master.log"
    processes = [_start(log, "master.Master", *here, "--port", str(port))]
    _wait_for(log, "I have been elected leader")
    for number in range(2):
        work = ("--cores", "1", "--memory", "800m", "--work-dir", str(folder / f"work{number}"))
        processes.append(_start(folder / f"worker{number}.log", "worker.Worker", *here, *work, url))
        _wait_for(folder / f"worker{number}.log", "Successfully registered with master")
    return SparkCluster(master=url, processes=tuple(processes))


def _start(log: Path, role: str, *arguments: str) -> subprocess.Popen[bytes]:
    home = Path(str(find_spec("pyspark").origin)).parent
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FAIRLEAD", "SPARK"))}
    environment |= {
        "SPARK_HOME": str(home),
        "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_NO_DAEMONIZE": "1",
    }
    with log.open("wb") as handle:
        return subprocess.Popen(
            [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}", *arguments],
            env=environment, stdout=handle, stderr=handle,
        )  # fmt: skip


def _wait_for(log: Path, said: str, limit_s: float = 120.0) -> None:
    ends = time.monotonic() + limit_s
    while time.monotonic() < ends:
        if said in log.read_text(errors="replace"):
            return
        time.sleep(0.1)
    raise AssertionError(f"the cluster did not start:\n{log.read_text(errors='replace')[-2000:]}")
