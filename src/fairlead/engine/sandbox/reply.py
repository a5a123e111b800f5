"""What came of one job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

KILLED = "SIGKILL"


class Outcome(StrEnum):
    """How a job ended. Everything but ``ok`` leaves ``body`` empty."""

    OK = "ok"
    FAILED = "failed"  # the handler raised: the item is refused, the worker lives on
    CRASHED = "crashed"  # the worker died, or answered out of turn
    TIMEOUT = "timeout"  # the deadline passed; the worker was killed
    MEMORY = "memory"  # more memory wanted than allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxReply:
    """The bounded answer of a worker; every value in ``body`` is untrusted.

    ``detail`` names the exception class, or the signal that ended the worker; never a message, which could
    hold content.
    """

    outcome: Outcome
    body: Mapping[str, object] = field(default_factory=dict)
    detail: str = ""

    @property
    def killed(self) -> bool:
        """Whether something outside killed the worker: the kernel when memory is short, or a person."""
        return self.outcome is Outcome.MEMORY and self.detail == KILLED
