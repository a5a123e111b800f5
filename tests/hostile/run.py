"""Hostile files through the whole program, as a user runs it: what became of each, and what was left behind.

`python -m tests.hostile.run --files 10000 --seed 1` is the long form of the test beside this file.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.terms.origin import parse_locator
from tests.end_to_end.conftest import fairlead
from tests.hostile.files import hostile

_SHARED = (Path(tempfile.gettempdir()), *map(Path, ("/tmp", "/var/tmp", "/dev/shm")))  # noqa: S108 - only listed
_NOBODY = 65534
_DYING_S = 20  # a signal of the kernel ends sandboxed workers: seconds until they are a test's finding


@dataclass(frozen=True)
class Ended:
    """How a run over hostile files ended."""

    returncode: int
    complaint: str
    files: int
    verdicts: Counter[str]
    without_verdict: int
    contents: Counter[str]
    contents_without_verdict: int
    changed: bool
    left_files: list[str]
    left_processes: list[str]


def run(folder: Path, *, files: int, seed: int) -> Ended:
    """Write the files, take them in as one exhibit, and process it in a session of its own."""
    seized, workspace = folder / "seized", folder / "ws"
    for name, data in hostile(files, seed):
        path = seized / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    before, lying_about = _digest(seized), _written_by_nobody()
    fairlead("init", workspace)
    fairlead("operation", "new", "x", "--lead", "DK", "--workspace", workspace)
    fairlead("exhibit", "add", seized, "--exhibit", "AB/1", "--authority", "x", "--workspace", workspace)
    with subprocess.Popen(
        [sys.executable, "-m", "fairlead", "process", "--workspace", str(workspace)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")},
        start_new_session=True,
    ) as process:
        _, complaint = process.communicate()
    left = _left_of_session(process.pid)
    catalogue = Catalogue(PartStore(workspace / "operations" / "x" / "tables"))
    try:
        rows = catalogue.rows("SELECT locator, verdict, sha256 FROM files")
        contents = catalogue.rows("SELECT sha256, verdict FROM contents")
    finally:
        catalogue.close()
    examined = {row["sha256"] for row in contents}
    return Ended(
        returncode=process.returncode,
        complaint=complaint[-2000:],
        files=sum(len(parse_locator(row["locator"]).steps) == 1 for row in rows),
        verdicts=Counter(row["verdict"] for row in rows),
        without_verdict=sum(row["verdict"] is None for row in rows),
        contents=Counter(row["verdict"] for row in contents),
        contents_without_verdict=sum(row["verdict"] is None for row in contents)
        + len({row["sha256"] for row in rows if row["verdict"] == "read"} - examined),
        changed=_digest(seized) != before,
        left_files=sorted(_written_by_nobody() - lying_about),
        left_processes=left,
    )


def _digest(folder: Path) -> str:
    held = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            held.update(str(path.relative_to(folder)).encode() + hashlib.sha256(path.read_bytes()).digest())
    return held.hexdigest()


def _written_by_nobody() -> set[str]:
    """Files of the user that sandboxed workers become, where anybody may write."""
    found = set()
    for place in _SHARED:
        if place.is_dir():
            found |= {
                entry.path
                for entry in os.scandir(place)
                if entry.stat(follow_symlinks=False).st_uid == _NOBODY
            }
    return found


def _left_of_session(session: int) -> list[str]:
    """Command lines of what a process started and left; what is about to die with it gets time for that."""
    ends = time.monotonic() + _DYING_S
    while (left := _processes_of_session(session)) and time.monotonic() < ends:
        time.sleep(0.05)
    return left


def _processes_of_session(session: int) -> list[str]:
    """Command lines of the processes of a session, empty for one whose memory is already given back."""
    left = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                left.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except (OSError, IndexError):
            continue
    return left


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ended = run(Path(folder), files=asked.files, seed=asked.seed)
    for name, value in vars(ended).items():
        print(f"{name}: {value}")  # noqa: T201 - a command of its own


if __name__ == "__main__":
    main()
