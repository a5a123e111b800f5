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


HOSTILE_FOLDERS = (
    "two words",
    'it\'s "quoted"',
    "$(touch ran)",
    "`touch ran`; touch ran & touch ran #",
    "comma, ${HOME}\\$HOME",
    "percent %20 plus+ & host=elsewhere ?",
    "Käse 箱",
    "x" * 120,
)


@pytest.mark.parametrize("name", HOSTILE_FOLDERS)
def test_a_workspace_in_a_folder_of_any_name_works_and_its_name_is_never_run(
    tmp_path: Path, name: str
) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    environment = {k: v for k, v in os.environ.items() if k != "FAIRLEAD_DATABASE_URL"}

    def fairlead(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "fairlead", *arguments],
            capture_output=True, text=True, check=False, timeout=300, cwd=beside, env=environment,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    place = str(tmp_path / name)
    fairlead("init", place, "--user", "holm")
    fairlead("operation", "new", "lanternfish", "--lead", "DK", "--user", "holm", "--workspace", place)
    fairlead("backup", "--unencrypted", str(tmp_path / "kept.backup"), "--workspace", place)
    fairlead("restore", str(tmp_path / "kept.backup"), str(tmp_path / "again" / name))
    assert not list(tmp_path.rglob("ran"))
    assert list(beside.iterdir()) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted({"again", "beside", "kept.backup", name})


@pytest.mark.parametrize("name", ["two\nlines", "a\rb", "a\x1b[2Jb"])
def test_a_folder_whose_name_holds_a_line_break_is_refused_in_words_and_nothing_is_made(
    tmp_path: Path, name: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fairlead", "init", str(tmp_path / name)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 64
    assert "USAGE-FOLDER" in done.stderr
    assert list(tmp_path.iterdir()) == []
