"""Does the tasks of stages on this computer, in a pool of processes."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from fairlead.engine.engine import Engine
from fairlead.engine.parts import PartStore
from fairlead.engine.progress import Done, Progress
from fairlead.engine.stage import MapStage
from fairlead.engine.tasks import Task, run_task
from fairlead.terms.errors import RunError

_PR_SET_PDEATHSIG = 1
_ATTEMPTS = 3


class LocalEngine(Engine):
    """Runs tasks in processes of this computer, which live as long as the engine.

    ``alone_up_to``: a stage with so few tasks is done in this process, where starting others would take longer than
    the work. Not for stages that read what others made: a file must not take this process with it.
    """

    def __init__(
        self,
        store: PartStore,
        *,
        workers: int | None = None,
        alone_up_to: int = 0,
        spill: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(store, spill=spill, progress=progress)
        self.workers = workers or os.cpu_count() or 1
        self._alone_up_to = alone_up_to
        self._pool: ProcessPoolExecutor | None = None

    def work_off(self, stage: MapStage, waiting: list[Task]) -> None:
        """Do the tasks; when a process dies, with new ones, three times over."""
        if len(waiting) <= self._alone_up_to:
            for task in waiting:
                self.progress.advance(stage.name, run_task(stage, self.store.place, task))
            return
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._do(stage, waiting)
            except BrokenProcessPool as problem:
                self.close()
                whole = self.store.find_whole(stage.writes, [task.name for task in waiting])
                waiting = [task for task in waiting if task.name not in whole]
                if attempt == _ATTEMPTS:
                    raise RunError(
                        f"worker processes of stage {stage.name} died {_ATTEMPTS} times",
                        "Check free memory, then run the same command again: finished parts are kept.",
                        code="RUN-WORKER",
                    ) from problem
            else:
                return

    def _do(self, stage: MapStage, waiting: list[Task]) -> None:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_die_with_parent,
                initargs=(os.getpid(),),
            )
        futures: list[Future[Done]] = [
            self._pool.submit(run_task, stage, self.store.place, task) for task in waiting
        ]
        try:
            for future in as_completed(futures):
                self.progress.advance(stage.name, future.result())
        except BaseException:
            for future in futures:
                future.cancel()
            raise

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _die_with_parent(parent: int) -> None:
    """Ask the kernel to end this worker when its supervisor is gone, so that no orphan keeps writing."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
