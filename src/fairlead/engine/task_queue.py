"""Which task a worker takes next: what is waited for, then what costs most; a stream by one worker, from its start."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from fairlead.engine.tasks import Task

_LEAST_SHARED = 4  # tasks that must be left of a stream for a second worker to read up to their middle


class TaskQueue:
    """Tasks that wait, given out one by one.

    Tasks of one stream that follow each other are a line, which goes to one worker: another one would have to read
    everything before its task once more. A worker that finds nothing else takes the second half of the line that has
    most left.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        """``tasks`` stand in the order in which exhibits are read."""
        lines: list[deque[Task]] = []
        for task in tasks:
            if lines and task.stream and lines[-1][0].stream == task.stream:
                lines[-1].append(task)
            else:
                lines.append(deque([task]))
        # From the end of the list, the most urgent, then the dearest; of equal ones that which comes first.
        lines.reverse()
        lines.sort(key=lambda line: (_urgent(line), _cost(line)))
        self._waiting = lines
        self._taken: dict[int, deque[Task]] = {}

    def next_for(self, worker: int) -> Task | None:
        """The task that this worker does next; None when there is none for it."""
        line = self._taken.get(worker)
        if not line:
            line = self._waiting.pop() if self._waiting else self._shared()
            if line is None:
                return None
            self._taken[worker] = line
        return line.popleft()

    def put_back(self, task: Task) -> None:
        """A task that was not done: it is given out next."""
        self._waiting.append(deque([task]))

    def _shared(self) -> deque[Task] | None:
        longest = max(self._taken.values(), key=_cost, default=None)
        if longest is None or len(longest) < _LEAST_SHARED:
            return None
        half = deque(longest.pop() for _ in range(len(longest) // 2))
        half.reverse()
        return half


def _cost(line: deque[Task]) -> float:
    return sum(task.cost for task in line)


def _urgent(line: deque[Task]) -> float:
    """The share of a line's cost that somebody waits for, in tenths."""
    cost = _cost(line)
    return round(sum(task.urgent * task.cost for task in line) / cost, 1) if cost else 0.0
