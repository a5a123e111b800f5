"""Runs commands as a user types them and says what each cost."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def fairlead(*arguments: str) -> dict[str, Any]:
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
    say({"command": name, "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
         "wall_s": round(time.monotonic() - began, 1), "peak_mib": usage.ru_maxrss // 1024})  # fmt: skip
    answer: dict[str, Any] = json.loads(text.splitlines()[-1]) if "--json" in arguments else {}
    return answer


def say(told: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
