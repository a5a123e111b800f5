"""Worker processes in which everything that parses evidence runs, and their supervisor."""

from __future__ import annotations

from fairlead.engine.sandbox.limits import SandboxLimits
from fairlead.engine.sandbox.policy import STRICT, SandboxPolicy
from fairlead.engine.sandbox.pool import SandboxPool
from fairlead.engine.sandbox.reply import Outcome, SandboxReply
from fairlead.engine.sandbox.selftest import SandboxReport, self_test
from fairlead.engine.sandbox.stream import Streamed, write_frame

__all__ = [
    "STRICT",
    "Outcome",
    "SandboxLimits",
    "SandboxPolicy",
    "SandboxPool",
    "SandboxReply",
    "SandboxReport",
    "Streamed",
    "self_test",
    "write_frame",
]
