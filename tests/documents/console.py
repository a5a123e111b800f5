"""Runs the console blocks of a page as a reader would, in one shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def commands_of(page: str) -> list[str]:
    """The lines after `$ ` of all console blocks of a page below docs/."""
    text = (ROOT / "docs" / page).read_text()
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def run_page(page: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a page's commands; `fairlead` may end with 0 or 1 (findings), everything else must end with 0."""
    script = ["set -u"]
    for command in commands_of(page):
        script.append(f"echo {command.split()[0]!r} >&2")
        script.append(
            f"{command}; code=$?; [ $code -le {1 if command.startswith('fairlead') else 0} ] || exit $code"
        )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{ROOT / '.venv-s3' / 'bin'}:{environment['PATH']}"
    return subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
