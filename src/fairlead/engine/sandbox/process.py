"""One worker as its supervisor sees it: started, asked, awaited, killed."""

from __future__ import annotations

import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from fairlead.engine.sandbox.limits import SandboxLimits
from fairlead.engine.sandbox.reply import KILLED, Outcome, SandboxReply
from fairlead.engine.sandbox.wire import Incoming, send

_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Arrow's allocators start threads of their own, which no filter would bind that is laid afterwards.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
# Where this program itself was told to look for packages: readers of others may lie there. A worker looks nowhere else.
_PLUGINS = [
    str(Path(place).absolute()) for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place
]
_GRACE_S = 1.0  # a reply that is already on its way is taken


_SIGNALLED = 128
_HIDDEN = "/tmp"  # noqa: S108 - nothing is written there: an empty one takes its place
_PACKAGE = str(Path(__file__).parents[3])
_BUBBLEWRAP = "FAIRLEAD_BUBBLEWRAP"
_NAMESPACES = ("--unshare-net", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")


def bubblewrap() -> list[str]:
    """What stands before a worker's command when FAIRLEAD_BUBBLEWRAP is 1: namespaces of its own, nothing to write on.

    A further layer where an administrator wants one. StartFailed when it is wanted and not installed.
    """
    if os.environ.get(_BUBBLEWRAP) != "1":
        return []
    program = shutil.which("bwrap")
    if program is None:
        raise StartFailed("FAIRLEAD_BUBBLEWRAP is 1, and bubblewrap is not installed")
    # Where the program itself lies in a folder that is hidden, it is shown again.
    hidden = [place for place in (sys.base_prefix, sys.prefix, _PACKAGE) if place.startswith(f"{_HIDDEN}/")]
    again = [word for place in hidden for word in ("--ro-bind", place, place)]
    own_user = [] if os.getuid() == 0 else ["--unshare-user"]
    return [program, *_NAMESPACES, *own_user, "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev",
            "--proc", "/proc", "--tmpfs", _HIDDEN, *again, "--"]  # fmt: skip


class StartFailed(Exception):  # noqa: N818 - it says what happened, and the pool turns it into a RunError
    """The worker ended, or fell silent, before it was ready."""


class WorkerProcess:
    """A started and locked-down worker. ``layers`` is what it says it applied."""

    def __init__(self, handler: str, limits: SandboxLimits) -> None:
        self.limits = limits
        self.jobs = 0
        self._sent_at = 0.0
        self._nonce = ""
        around = bubblewrap()
        ours, theirs = socket.socketpair()
        number = str(theirs.fileno())
        with theirs:
            self._process = subprocess.Popen(
                [
                    *around,
                    sys.executable,
                    "-I",
                    "-m",
                    __package__ + ".worker",
                    number,
                    handler,
                    limits.for_worker(),
                    json.dumps(_PLUGINS),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
            )
        self._channel = ours
        try:
            greeting = self._read(time.monotonic() + limits.start_s)
        except (TimeoutError, ValueError, OSError) as problem:
            self.kill()
            raise StartFailed(type(problem).__name__) from problem
        if greeting is None:
            self.kill()
            raise StartFailed(f"exit {self._process.returncode}")
        layers = greeting.get("layers")
        self.layers: dict[str, object] = layers if isinstance(layers, dict) else {}
        self.layers["bubblewrap"] = bool(around)

    @property
    def fit(self) -> bool:
        """Whether the worker lives, owes nothing and has not worked too long."""
        if self.jobs >= self.limits.recycle_after or self._process.poll() is not None:
            return False
        readable, _, _ = select.select([self._channel], [], [], 0)
        return not readable  # bytes nobody asked for would pass as the answer for the next item

    def ask(self, header: Mapping[str, object], descriptors: list[int]) -> None:
        """Hand over one job."""
        self.jobs += 1
        self._sent_at = time.monotonic()
        self._nonce = secrets.token_hex(8)  # known to nobody before the job is: no answer to it lies ready
        try:
            send(self._channel, {"nonce": self._nonce, "job": header}, descriptors)
        except OSError:
            return  # the worker has just died: ``answer`` finds out and says how

    def answer(self, deadline_s: float | None = None) -> SandboxReply:
        """Wait for the answer to the job handed over last; a worker that gave none is dead afterwards."""
        deadline = self._sent_at + (deadline_s if deadline_s is not None else self.limits.deadline_s)
        try:
            body = self._read(max(deadline, time.monotonic() + _GRACE_S))
        except TimeoutError:
            self.kill()
            return SandboxReply(outcome=Outcome.TIMEOUT, detail="deadline passed")
        except ValueError:
            self.kill()
            return SandboxReply(outcome=Outcome.CRASHED, detail="answer out of bounds")
        except OSError:
            body = None
        return self._obituary() if body is None else self._judge(body)

    def _judge(self, untrusted: Mapping[str, object]) -> SandboxReply:
        if untrusted.get("nonce") != self._nonce:
            self.kill()
            return SandboxReply(outcome=Outcome.CRASHED, detail="answer to no job")
        if "memory" in untrusted:
            self.kill()
            return SandboxReply(outcome=Outcome.MEMORY, detail="MemoryError")
        if "failed" in untrusted:
            return SandboxReply(outcome=Outcome.FAILED, detail=str(untrusted["failed"])[:80])
        answered = untrusted.get("ok")
        if not isinstance(answered, dict):
            self.kill()
            return SandboxReply(outcome=Outcome.CRASHED, detail="answer out of bounds")
        return SandboxReply(outcome=Outcome.OK, body=answered)

    def kill(self) -> None:
        """End the worker at once; safe to call twice."""
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def _read(self, deadline: float) -> dict[str, object] | None:
        incoming = Incoming(self.limits.reply_bytes)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._channel.settimeout(left)
            try:
                data = self._channel.recv(1 << 18)
            finally:
                self._channel.settimeout(None)
            if not data:
                return None
            body = incoming.feed(data)
            if body is not None:
                return body

    def _obituary(self) -> SandboxReply:
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            code = 0
        self.kill()
        if code > _SIGNALLED:  # bubblewrap tells of a signal as a shell does
            code = _SIGNALLED - code
        if code == -signal.SIGKILL:  # not by us: the kernel ran out of memory
            return SandboxReply(outcome=Outcome.MEMORY, detail=KILLED)
        name = signal.Signals(-code).name if code < 0 else f"exit {code}"
        return SandboxReply(outcome=Outcome.CRASHED, detail=name)
