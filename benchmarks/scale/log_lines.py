"""An access log from exhibit to tables, by the commands a user types: python -m benchmarks.scale.log_lines --lines 1000000

Prints processor seconds and peak memory of each command, and that parsed + quarantined + skipped = lines in.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from benchmarks.records.access_log import MAPPING, make_log
from benchmarks.scale.commands import fairlead, say

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
    fairlead("init", str(workspace))
    fairlead("operation", "new", "x", "--lead", "DK", *here)
    fairlead("exhibit", "add", str(exhibit), "--exhibit", "X/1", "--authority", "order", *here)
    fairlead("process", "--no-verify-exhibits", "--workers", "1", *here)
    answer = fairlead("records", "load", "--mapping", str(mapping), "--json", *here)
    fairlead("doctor", *here)
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


if __name__ == "__main__":
    main()
