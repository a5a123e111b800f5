"""The supervisor: persistent workers, one job each at a time; a dead worker costs one job and is replaced.

A job whose worker was killed from outside is done again, once: it may be that the job had no part in it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self

from fairlead.engine.sandbox.job import Job
from fairlead.engine.sandbox.limits import SandboxLimits
from fairlead.engine.sandbox.policy import STRICT, SandboxPolicy
from fairlead.engine.sandbox.process import StartFailed, WorkerProcess
from fairlead.engine.sandbox.reply import SandboxReply
from fairlead.engine.sandbox.stream import Streamed, open_pipe
from fairlead.terms.errors import RunError

_START_ATTEMPTS = 3
_LOST_WITHOUT = {
    "rlimits": "memory and output are not bounded",
    "no_new_privs": "a program with more rights could be started",
    "seccomp": "system calls are not filtered: a decoder taken over could connect, start programs and read files",
}


class SandboxPool:
    """Workers that answer jobs with one handler, named as ``package.module:function``.

    The handler's module is imported, and its ``warm()`` called if it has one, before the worker locks itself
    down; afterwards it can open nothing. Workers start with the first job. Raises RunError when workers
    cannot be started or, where ``policy`` requires the sandbox, cannot be locked down.
    """

    def __init__(
        self,
        *,
        handler: str,
        workers: int = 1,
        limits: SandboxLimits | None = None,
        policy: SandboxPolicy = STRICT,
    ) -> None:
        self.handler = handler
        self.limits = policy.limits(limits or SandboxLimits())
        self.policy = policy
        self.started = 0
        self._workers: list[WorkerProcess | None] = [None] * workers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all workers; a later job starts new ones."""
        for place, worker in enumerate(self._workers):
            if worker is not None:
                worker.kill()
                self._workers[place] = None

    def call(
        self, header: Mapping[str, object], descriptors: list[int], *, deadline_s: float | None = None
    ) -> SandboxReply:
        """Run one job and wait for it; descriptors stay the caller's to close."""
        job = Job(header, descriptors)
        try:
            return self._answer(0, self._ask(0, job), job, deadline_s)
        finally:
            job.close()

    def map(self, jobs: Iterable[tuple[Mapping[str, object], list[int]]]) -> Iterator[SandboxReply]:
        """Run jobs on all workers; replies come in the order of the jobs.

        A job's descriptors may be closed as soon as the next job is asked for.
        """
        waiting: deque[tuple[int, WorkerProcess, Job]] = deque()
        free = deque(range(len(self._workers)))
        try:
            for header, descriptors in jobs:
                if not free:
                    yield self._next_answer(waiting, free)
                place = free.popleft()
                job = Job(header, descriptors)
                waiting.append((place, self._ask(place, job), job))
            while waiting:
                yield self._next_answer(waiting, free)
        finally:
            for _, _, job in waiting:
                job.close()

    def stream(
        self, header: Mapping[str, object], descriptors: list[int], *, idle_s: float, total_s: float
    ) -> Streamed:
        """Run one job whose worker writes frames into a pipe, given to it as its last descriptor, before it answers.

        The first descriptor is what it reads: that it is read on is a sign of life. A job that was killed is not done
        again, since its frames were used.
        """
        worker = self._worker(0)
        reading, writing = open_pipe()
        try:
            worker.ask(header, [*descriptors, writing])
        finally:
            os.close(writing)
        return Streamed(worker, reading, descriptors[0], idle_s=idle_s, total_s=total_s)

    def layers(self) -> dict[str, object]:
        """Which layers a worker of this pool says it applied; starts one if none runs."""
        return dict(self._worker(0).layers)

    def _next_answer(self, waiting: deque[tuple[int, WorkerProcess, Job]], free: deque[int]) -> SandboxReply:
        place, worker, job = waiting.popleft()
        try:
            return self._answer(place, worker, job)
        finally:
            job.close()
            free.append(place)

    def _ask(self, place: int, job: Job) -> WorkerProcess:
        worker = self._worker(place)
        worker.ask(job.header, job.descriptors)
        return worker

    def _answer(
        self, place: int, worker: WorkerProcess, job: Job, deadline_s: float | None = None
    ) -> SandboxReply:
        reply = worker.answer(deadline_s)
        if not reply.killed:
            return reply
        job.rewind()
        return self._ask(place, job).answer(deadline_s)

    def _worker(self, place: int) -> WorkerProcess:
        worker = self._workers[place]
        if worker is not None and worker.fit:
            return worker
        if worker is not None:
            worker.kill()
            self._workers[place] = None
        self._workers[place] = worker = self._start()
        return worker

    def _start(self) -> WorkerProcess:
        reason = ""
        for _ in range(_START_ATTEMPTS):
            try:
                worker = WorkerProcess(self.handler, self.limits)
            except StartFailed as problem:
                reason = str(problem)
                continue
            self.started += 1
            missing = _missing_layers(worker.layers)
            if missing and self.policy.required:
                worker.kill()
                raise RunError(
                    f"a sandboxed worker could not lock itself down: {', '.join(missing)}",
                    "Use Linux on x86_64 or aarch64, or a virtual machine with it; or allow unsandboxed work knowingly.",
                    code="SANDBOX-002",
                )
            return worker
        raise RunError(
            f"sandboxed workers for {self.handler} do not start ({reason})",
            "Run `fairlead doctor` and raise the memory limit of the sandbox if it is low.",
            code="SANDBOX-001",
        )


def _missing_layers(layers: Mapping[str, object]) -> list[str]:
    """What must be there: resource limits and seccomp. Landlock and an unprivileged uid come on top."""
    missing = [f"{name} ({lost})" for name, lost in _LOST_WITHOUT.items() if not layers.get(name)]
    if layers.get("threads_before") != 1:
        missing.append("a thread was started before the lock")
    return missing
