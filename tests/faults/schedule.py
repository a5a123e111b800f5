"""What goes wrong, when: drawn from a number, so that every schedule can be replayed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

STEPS = 6
_MOST_FAULTS = 3


class FaultKind(StrEnum):
    """What a day can bring."""

    KILL_RUN = "kill the command and all it started"
    KILL_SUPERVISOR = "kill the command alone"
    KILL_WORKER = "kill one of its processes"
    KILL_DATABASE = "kill PostgreSQL"
    RESTART_DATABASE = "restart PostgreSQL"
    DISK_FULL = "no file may grow beyond a size"
    CLOCK_JUMPS = "the clock jumps"
    CORRUPT_PART = "a part changes on the disk"
    LOSE_PART = "a part is gone"
    TWO_AT_ONCE = "the same command twice at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault during (or, for parts, after) a step. ``at`` is drawn from 0 to 1: when, or which one, or how large."""

    kind: FaultKind
    step: int
    at: float


def schedule_of(seed: int) -> tuple[Fault, ...]:
    """The faults of a number, in the order of steps; one to three, and half of them in the longest step."""
    rng = random.Random(seed)
    drawn = [
        Fault(
            kind=rng.choice(list(FaultKind)),
            step=0 if rng.random() < 0.5 else rng.randrange(STEPS),
            at=rng.random(),
        )
        for _ in range(rng.randint(1, _MOST_FAULTS))
    ]
    return tuple(sorted(drawn, key=lambda fault: fault.step))
