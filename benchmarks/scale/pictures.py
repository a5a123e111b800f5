"""What decoding costs: a made-up operation through `fairlead process`: python -m benchmarks.scale.pictures --scale 5

``--made FOLDER`` takes an operation that lies there already. Prints seconds of every stage, from the run's journal, and
processor seconds of the whole command, for a content and for a gigabyte.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import tomllib
from pathlib import Path

from benchmarks.scale.commands import fairlead, say


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="5")
    parser.add_argument("--made", type=Path)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="scale"))
    try:
        made = asked.made or folder / "made"
        if not asked.made:
            fairlead("training", "make", str(made), "--scale", asked.scale)
        work(folder / "ws", made)
    finally:
        shutil.rmtree(folder)


def work(workspace: Path, made: Path) -> None:
    here = ("--workspace", str(workspace))
    fairlead("init", str(workspace))
    fairlead("operation", "new", "x", "--lead", "DK", *here)
    size = 0
    for item in tomllib.loads((made / "operation.toml").read_text())["exhibit"]:
        place = made / item["path"]
        size += sum(p.stat().st_size for p in [place, *place.rglob("*")] if p.is_file())
        fairlead("exhibit", "add", str(place), "--exhibit", item["number"], "--authority", "order", *here)
    answer = fairlead("process", "--workers", "1", "--no-verify-exhibits", "--json", *here)
    for line in (workspace / "operations" / "x" / "runs" / "journal.jsonl").read_text().splitlines():
        told = json.loads(line)
        if told["event"] == "stage.end" and told["seconds"] > 1:
            say({"stage": told["stage"], "rows": told["rows"], "wall_s": told["seconds"]})
    say(
        {
            "files": answer["files"],
            "contents": answer["contents"],
            "media_files": answer["media_files"],
            "exhibit_bytes": size,
        }
    )


if __name__ == "__main__":
    main()
