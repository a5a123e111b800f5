"""A job that answers with a stream of frames before its reply: for what is too large for one message.

A frame is its kind (one octet), its length (eight octets, little endian) and that many octets. The worker writes frames
into a pipe that is the last of its descriptors; the supervisor reads them while the worker goes on.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from fairlead.engine.sandbox.process import WorkerProcess
from fairlead.engine.sandbox.reply import Outcome, SandboxReply

_HEAD = struct.Struct("<BQ")
_PIPE_BYTES = 1 << 20
_LOOK_EVERY_S = 1.0
MOST_FRAME_BYTES = 1 << 29
IDLE_S = 120.0
"""How long a worker that reads a whole file may neither read on nor write."""
_LEAST_S, _SLOWEST_BYTES_S = 3600.0, 100_000
F_SETPIPE_SZ = 1031


def write_frame(descriptor: int, kind: int, *pieces: bytes | memoryview) -> None:
    """Write one frame of one or more pieces; called by a handler."""
    views = [memoryview(piece).cast("B") for piece in pieces]
    _write(descriptor, memoryview(_HEAD.pack(kind, sum(len(view) for view in views))))
    for view in views:
        _write(descriptor, view)


def _write(descriptor: int, view: memoryview) -> None:
    while view:
        view = view[os.write(descriptor, view) :]


@dataclass(slots=True)
class Streamed:
    """Iterate over it for frames; ``reply`` says how the job ended once there are no more.

    ``idle_s``: how long a worker may neither read on in its first descriptor nor write. ``total_s``: how long all of it
    may take. The worker is killed when either has passed, when a frame is larger than ``MOST_FRAME_BYTES``, and when
    whoever iterates stops before the end.
    """

    worker: WorkerProcess
    pipe: int
    source: int
    idle_s: float
    total_s: float
    reply: SandboxReply = field(
        default_factory=lambda: SandboxReply(outcome=Outcome.CRASHED, detail="no answer")
    )
    begun: float = field(default_factory=time.monotonic)

    def __iter__(self) -> Iterator[tuple[int, bytearray]]:
        ended = False
        try:
            while (head := self._take(_HEAD.size)) is not None:
                kind, length = _HEAD.unpack(head)
                if length > MOST_FRAME_BYTES:
                    self.reply = SandboxReply(outcome=Outcome.CRASHED, detail="answer out of bounds")
                    return
                payload = self._take(length)
                if payload is None:
                    break
                yield kind, payload
            if self.reply.outcome is not Outcome.TIMEOUT:
                self.reply = self.worker.answer(deadline_s=self.total_s)
                ended = self.reply.outcome in (Outcome.OK, Outcome.FAILED)
        finally:
            os.close(self.pipe)
            if not ended:
                self.worker.kill()

    def _take(self, wanted: int) -> bytearray | None:
        """The next octets; None when the stream ended before, or took too long."""
        taken = bytearray(wanted)
        left = memoryview(taken)
        while left:
            if not self._wait():
                return None
            read = os.readv(self.pipe, [left])
            if not read:
                return None
            left = left[read:]
        return taken

    def _wait(self) -> bool:
        """Wait for octets, or the end of them; False when that took too long."""
        moved, stood = time.monotonic(), os.lseek(self.source, 0, os.SEEK_CUR)
        while not select.select([self.pipe], [], [], _LOOK_EVERY_S)[0]:
            now, stands = time.monotonic(), os.lseek(self.source, 0, os.SEEK_CUR)
            if stands != stood:
                stood, moved = stands, now
            if now - moved > self.idle_s or now - self.begun > self.total_s:
                self.reply = SandboxReply(outcome=Outcome.TIMEOUT, detail="deadline passed")
                return False
        return True


def time_for(size_bytes: int) -> float:
    """How many seconds a worker may take for a file of a size, at most: an hour, and more for what is large."""
    return _LEAST_S + size_bytes / _SLOWEST_BYTES_S


def open_pipe() -> tuple[int, int]:
    """A pipe wide enough for a batch of rows: where to read, where to write."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    fcntl.fcntl(reading, F_SETPIPE_SZ, _PIPE_BYTES)
    return reading, writing
