"""The embedded PostgreSQL starts again after it was killed or stopped, whatever it left, and nobody waits for others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fairlead.register.embedded import PostgresServer

START = """
import os, signal, sys
from pathlib import Path
import psycopg
from fairlead.register.embedded import start_embedded
folder = Path(sys.argv[1])
with psycopg.connect(start_embedded(folder)) as connection:
    assert connection.execute("SELECT 1").fetchone() == (1,)
number = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
print(number, flush=True)
if sys.argv[2] == "kill":
    os.kill(number, signal.SIGKILL)
if sys.argv[2] != "stop":
    os._exit(0)
"""
STOPPED_WHILE_IT_STARTS = """
import sys
from pathlib import Path
import psycopg
from fairlead.register import embedded
pgexec, starts = embedded.pgexec, []
def start_and_stop(command, arguments, **more):
    pgexec(command, arguments, **more)
    starts.append(command)
    if len(starts) == 1:
        more.pop("timeout")
        pgexec("pg_ctl", ("-w", "-m", "fast", "-D", str(Path(sys.argv[1]) / "postgres"), "stop"), **more)
embedded.pgexec = start_and_stop
with psycopg.connect(embedded.start_embedded(Path(sys.argv[1]))) as connection:
    assert connection.execute("SELECT 1").fetchone() == (1,)
print(len(starts))
"""


def start(folder: Path, how: str, program: str = START) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), how],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "left", ["as it was", "half a file", "an empty file", "the number of another program"]
)
def test_a_killed_server_starts_again_whatever_it_left(tmp_path: Path, left: str) -> None:
    start(tmp_path, "kill")
    mark = tmp_path / "postgres" / "postmaster.pid"
    lines = mark.read_text().splitlines()
    match left:
        case "half a file":
            mark.write_text("\n".join(lines[:5]))
        case "an empty file":
            mark.write_text("")
        case "the number of another program":
            mark.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert int(start(tmp_path, "stop")) != int(lines[0])


def test_a_server_that_is_stopped_while_it_starts_is_started_again(tmp_path: Path) -> None:
    assert start(tmp_path, "", STOPPED_WHILE_IT_STARTS) == "2"


def test_no_workspace_waits_for_a_server_of_another(tmp_path: Path) -> None:
    """The wheel has one lock for the whole computer; whoever holds it must not matter here."""
    with PostgresServer._lock:
        assert int(start(tmp_path, "stop")) > 0


def test_the_last_living_process_ends_the_server_also_when_another_was_killed(tmp_path: Path) -> None:
    server = psutil.Process(int(start(tmp_path, "vanish")))
    assert server.is_running()
    assert int(start(tmp_path, "stop")) == server.pid
    server.wait(60)
