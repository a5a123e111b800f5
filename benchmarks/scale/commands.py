"""Runs commands as a user types them and says what each cost."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

_EVERY_S = 0.1
_PEAKS: dict[int, int] = {}  # most memory seen, by process


def fairlead(*arguments: str, beside: tuple[int, ...] = ()) -> dict[str, Any]:
    """Run a command and say what it cost, workers and all; its JSON answer if it gave one.

    What processes ``beside`` it and their children spend meanwhile counts with it: those of a cluster.
    """
    said = Path(tempfile.gettempdir()) / f"scale-{os.getpid()}.out"
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        opened = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.execv(sys.executable, [sys.executable, "-m", "fairlead", *arguments])  # noqa: S606
    before: dict[int, float] = {}
    for process in beside:
        _look(process, before)
    spent: dict[int, float] = {}  # by process: those that nobody waits for count, too
    while not (done := os.waitpid(child, os.WNOHANG))[0]:
        for process in (child, *beside):
            _look(process, spent)
        time.sleep(_EVERY_S)
    name = " ".join(arguments[:2] if arguments[0] in ("records", "operation", "exhibit") else arguments[:1])
    text = said.read_text()
    said.unlink()
    if os.waitstatus_to_exitcode(done[1]) not in (0, 1):
        raise SystemExit(f"{name} failed: {text}")
    cpu_s = sum(spent.values()) - sum(before.values())
    say({"command": name, "cpu_s": round(cpu_s, 1), "wall_s": round(time.monotonic() - began, 1),
         "peak_mib": max(_PEAKS.values()) >> 20})  # fmt: skip
    _PEAKS.clear()
    answer: dict[str, Any] = json.loads(text.splitlines()[-1]) if "--json" in arguments else {}
    return answer


def _look(child: int, spent: dict[int, float]) -> None:
    """Note what a process and all below it have used by now."""
    with suppress(psutil.Error):
        command = psutil.Process(child)
        for process in (command, *command.children(recursive=True)):
            with suppress(psutil.Error):
                times = process.cpu_times()
                spent[process.pid] = times.user + times.system
                _PEAKS[process.pid] = max(_PEAKS.get(process.pid, 0), process.memory_info().rss)


def say(told: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
