"""The embedded PostgreSQL starts again after it was killed, whatever it left of itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

START = """
import os, signal, sys
from pathlib import Path
import psycopg
from fairlead.register.database import start_embedded
folder = Path(sys.argv[1])
with psycopg.connect(start_embedded(folder)) as connection:
    assert connection.execute("SELECT 1").fetchone() == (1,)
number = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
if sys.argv[2] == "kill":
    os.kill(number, signal.SIGKILL)
    os._exit(0)
print(number)
"""


def start(folder: Path, how: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", START, str(folder), how], capture_output=True, text=True, check=False
    )
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
