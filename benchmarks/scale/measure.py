"""What a piece of work costs: processor seconds of this process and its children, wall seconds, peak memory."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass
class Cost:
    """Filled in when the work has ended. ``peak_mib`` is of this process; children are counted by ``child_mib``."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mib: int = 0
    child_mib: int = 0


@contextmanager
def measured() -> Iterator[Cost]:
    cost = Cost()
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
    cpu, wall = _cpu(), time.monotonic()
    yield cost
    cost.cpu_s, cost.wall_s = _cpu() - cpu, time.monotonic() - wall
    cost.peak_mib = _peak(os.getpid())
    cost.child_mib = max((_peak(child.pid) for child in _children()), default=0)


def _peak(process: int) -> int:
    """The most memory that a running process held, MiB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:"))


def _children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _cpu() -> float:
    ended = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    alive = (child.cpu_times() for child in _children())
    return sum(u.ru_utime + u.ru_stime for u in ended) + sum(t.user + t.system for t in alive)
