"""Does the tasks of stages on this computer, in a pool of processes."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from fairlead.engine.engine import Engine
from fairlead.engine.parts import PartStore
from fairlead.engine.progress import Done, Progress
from fairlead.engine.stage import MapStage
from fairlead.engine.task_queue import TaskQueue
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
        # Of one process each, so that a stream stays with its worker.
        self._processes: dict[int, ProcessPoolExecutor] = {}

    def work_off(self, stage: MapStage, waiting: list[Task]) -> None:
        """Do the tasks, the dearest first; when a process dies, another one takes its place, twice."""
        if len(waiting) <= self._alone_up_to:
            for task in waiting:
                self.progress.advance(stage.name, run_task(stage, self.store.place, task))
            return
        queue = TaskQueue(waiting)
        running: dict[Future[Done], tuple[int, Task]] = {}
        died = 0
        try:
            while self._give_out(stage, queue, running):
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    worker, task = running.pop(future)
                    try:
                        self.progress.advance(stage.name, future.result())
                    except BrokenProcessPool as problem:
                        died += 1
                        self._end(worker)
                        if died == _ATTEMPTS:
                            raise _died(stage) from problem
                        if not self.store.is_whole(stage.writes, task.name):
                            queue.put_back(task)
        except BaseException:
            for future in running:
                future.cancel()
            raise

    def _give_out(
        self, stage: MapStage, queue: TaskQueue, running: dict[Future[Done], tuple[int, Task]]
    ) -> bool:
        """Give every worker that has nothing to do a task; whether any has one now."""
        busy = {worker for worker, _ in running.values()}
        for worker in range(self.workers):
            if worker not in busy and (task := queue.next_for(worker)) is not None:
                running[self._submit(worker, stage, task)] = worker, task
        return bool(running)

    def _submit(self, worker: int, stage: MapStage, task: Task) -> Future[Done]:
        """Give a task to a worker, which is started where there is none, or where it has died since."""
        for _ in range(_ATTEMPTS):
            if worker not in self._processes:
                self._processes[worker] = ProcessPoolExecutor(
                    1,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_die_with_parent,
                    initargs=(os.getpid(),),
                )
            try:
                return self._processes[worker].submit(run_task, stage, self.store.place, task)
            except BrokenProcessPool:
                self._end(worker)
        raise _died(stage)

    def _end(self, worker: int) -> None:
        process = self._processes.pop(worker, None)
        if process is not None:
            process.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """End the processes."""
        for worker in list(self._processes):
            self._end(worker)


def _died(stage: MapStage) -> RunError:
    return RunError(
        f"worker processes of stage {stage.name} died {_ATTEMPTS} times",
        "Check free memory, then run the same command again: finished parts are kept.",
        code="RUN-WORKER",
    )


def _die_with_parent(parent: int) -> None:
    """Ask the kernel to end this worker when its supervisor is gone, so that no orphan keeps writing."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
