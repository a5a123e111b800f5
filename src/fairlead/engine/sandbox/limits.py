"""What one sandboxed worker may use."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLimits:
    """Bounds of one worker and of one job.

    ``memory_bytes`` bounds the address space, which includes the decoders' own code (about 400 MiB).
    ``output_bytes`` bounds what a job may write into an output descriptor; 0 forbids writing.
    ``threads`` allows new threads (HEIC, AVIF and video decoders need them), never new processes.
    ``executable_memory`` allows new executable pages, which libraries calling back into Python need.
    """

    memory_bytes: int = 2 << 30
    deadline_s: float = 30.0
    start_s: float = 60.0
    reply_bytes: int = 8 << 20
    output_bytes: int = 0
    open_files: int = 64
    recycle_after: int = 5000
    threads: bool = False
    executable_memory: bool = False

    def for_worker(self) -> str:
        """The bounds as the text a worker is started with."""
        return json.dumps(asdict(self))


def limits_for_worker(text: str) -> SandboxLimits:
    """Read what ``for_worker`` wrote."""
    return SandboxLimits(**json.loads(text))
