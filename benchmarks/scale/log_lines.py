"""An access log from exhibit to tables, by the commands a user types: python -m benchmarks.scale.log_lines --lines 1000000

Prints processor seconds and peak memory of each command, and that parsed + quarantined + skipped = lines in.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.records.access_log import MAPPING, make_log

_BLOCK = 1_000_000
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="scale"))
    try:
        work(folder, asked.lines)
    finally:
        shutil.rmtree(folder)


def work(folder: Path, lines: int) -> None:
    exhibit, workspace, mapping = folder / "exhibit", folder / "ws", folder / "mapping.toml"
    exhibit.mkdir()
    write_log(exhibit / "access.log", lines)
    mapping.write_text(MAPPING)
    here = ("--workspace", str(workspace))
    fairlead(lines, "init", str(workspace))
    fairlead(lines, "operation", "new", "x", "--lead", "DK", *here)
    fairlead(lines, "exhibit", "add", str(exhibit), "--exhibit", "X/1", "--authority", "order", *here)
    fairlead(lines, "process", "--no-verify-exhibits", "--workers", "1", *here)
    answer = fairlead(lines, "records", "load", "--mapping", str(mapping), "--json", *here)
    fairlead(lines, "doctor", *here)
    tables = sum(
        p.stat().st_size for p in (workspace / "operations" / "x" / "tables").rglob("*") if p.is_file()
    )
    told = {k: answer[k] for k in ("lines_in", "lines_parsed", "lines_quarantined", "lines_skipped")}
    told["adds_up"] = told["lines_in"] == lines == sum(v for k, v in told.items() if k != "lines_in")
    say({"lines": lines, **told, "log_bytes": (exhibit / "access.log").stat().st_size, "table_bytes": tables})


def write_log(path: Path, lines: int) -> None:
    """Blocks of a million different lines, each in another month and year."""
    block = make_log(min(lines, _BLOCK))
    with path.open("wb") as handle:
        for number in range(lines // min(lines, _BLOCK)):
            when = f"/{_MONTHS[number % 12]}/{2020 + number // 12}:"
            handle.write(block.replace(b"/Mar/2026:", when.encode()))


def fairlead(lines: int, *arguments: str) -> dict[str, int]:
    """Run a command and say what it cost, workers and all; its JSON answer if it gave one."""
    said = Path(tempfile.gettempdir()) / f"scale-{os.getpid()}.out"
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        opened = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.execv(sys.executable, [sys.executable, "-m", "fairlead", *arguments])  # noqa: S606
    _, status, usage = os.wait4(child, 0)
    name = " ".join(arguments[:2] if arguments[0] in ("records", "operation", "exhibit") else arguments[:1])
    text = said.read_text()
    said.unlink()
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{name} failed: {text}")
    say({"lines": lines, "command": name, "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
         "wall_s": round(time.monotonic() - began, 1), "peak_mib": usage.ru_maxrss // 1024})  # fmt: skip
    answer: dict[str, int] = json.loads(text.splitlines()[-1]) if "--json" in arguments else {}
    return answer


def say(told: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
