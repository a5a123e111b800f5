"""Runs that write tables, as they can be followed from elsewhere: where one stands now, and a journal of all.

Both hold names of commands and stages, counts, times and error codes: nothing of an exhibit, and nobody's name.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from fairlead.case.place.session import Clock, Session
from fairlead.engine.lock import is_held, sole_writer
from fairlead.engine.progress import Done, Progress, Silent
from fairlead.terms.errors import FairleadError

_FOLDER, _NOW, _JOURNAL = "runs", "now.json", "journal.jsonl"
_WRITE_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDone:
    """A stage that a run has finished: tasks done, rows written, seconds taken."""

    stage: str
    tasks: int
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """Where a run stands. ``state``: running, done, failed (see ``code``), stopped, or killed."""

    run: str
    command: str
    state: str
    began_at: datetime
    changed_at: datetime
    process: int
    host: str
    stage: str = ""
    done: int = 0
    total: int = 0
    rows: int = 0
    size_bytes: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    stage_seconds: float = 0.0
    code: str = ""
    stages: tuple[StageDone, ...] = field(default_factory=tuple)

    @property
    def rows_per_second(self) -> float | None:
        """How many rows the stage writes a second; None before its first task is done."""
        return self.rows / self.stage_seconds if self.done and self.stage_seconds else None

    @property
    def seconds_left(self) -> float | None:
        """How long the stage still takes if it goes on as it has; None before its first task is done."""
        return self.stage_seconds / self.done * (self.total - self.done) if self.done else None

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            **asdict(self),
            "began_at": self.began_at.isoformat(),
            "changed_at": self.changed_at.isoformat(),
            "rows_per_second": self.rows_per_second,
            "seconds_left": self.seconds_left,
        }


@contextmanager
def sole_run(session: Session, command: str, progress: Progress | None) -> Iterator[Progress]:
    """Be the one run that writes the operation's tables; yields progress that can be followed from elsewhere.

    RUN-LOCK when another one runs. However it ends, the state says so; a killed one is told by its lock.
    """
    operation = session.workspace.operation(session.operation)
    with sole_writer(operation):
        kept = _KeptProgress(operation / _FOLDER, command, progress or Silent(), session.clock)
        try:
            yield kept
        except FairleadError as problem:
            kept.end("failed", problem.code)
            raise
        except BaseException as problem:
            kept.end("stopped", type(problem).__name__)
            raise
        kept.end("done", "")


def find_run(operation: Path) -> RunState | None:
    """The run that writes an operation's tables now, or the last one; None when there was none yet."""
    try:
        value = json.loads((operation / _FOLDER / _NOW).read_text())
    except (FileNotFoundError, ValueError):
        return None
    for computed in ("seconds_left", "rows_per_second"):
        value.pop(computed, None)
    state = RunState(
        **{
            **value,
            "began_at": datetime.fromisoformat(value["began_at"]),
            "changed_at": datetime.fromisoformat(value["changed_at"]),
            "stages": tuple(StageDone(**stage) for stage in value["stages"]),
        }
    )
    if state.state == "running" and not is_held(operation):
        return replace(state, state="killed")
    return state


class _KeptProgress:
    """Passes progress on, keeps where the run stands in one file, and adds a line to the journal for every step."""

    def __init__(self, folder: Path, command: str, shown: Progress, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._shown, self._clock = folder, shown, clock
        now = clock()
        self._state = RunState(
            run=uuid4().hex[:12], command=command, state="running", began_at=now, changed_at=now, process=os.getpid(),
            host=socket.gethostname(),
        )  # fmt: skip
        self._began = self._stage_began = self._written = time.monotonic()
        self._note("run.begin", command=command)
        self._write()

    def begin(self, stage: str, total: int) -> None:
        """A stage starts."""
        self._stage_began = time.monotonic()
        self._state = replace(
            self._state,
            stage=stage,
            done=0,
            total=total,
            rows=0,
            size_bytes=0,
            verdicts={},
            stage_seconds=0.0,
        )
        self._note("stage.begin", stage=stage, tasks=total)
        self._write()
        self._shown.begin(stage, total)

    def advance(self, stage: str, done: Done) -> None:
        """One task of it is complete."""
        self._state = replace(
            self._state,
            done=self._state.done + 1,
            rows=self._state.rows + done.rows,
            size_bytes=self._state.size_bytes + done.size_bytes,
            verdicts=dict(Counter(self._state.verdicts) + done.verdicts),
            stage_seconds=time.monotonic() - self._stage_began,
        )
        if time.monotonic() - self._written >= _WRITE_EVERY_S:
            self._write()
        self._shown.advance(stage, done)

    def finish(self, stage: str) -> None:
        """The stage is complete."""
        done = StageDone(
            stage=stage,
            tasks=self._state.done,
            rows=self._state.rows,
            seconds=round(time.monotonic() - self._stage_began, 3),
        )
        self._state = replace(self._state, stages=(*self._state.stages, done))
        self._note("stage.end", **asdict(done))
        self._write()
        self._shown.finish(stage)

    def end(self, state: str, code: str) -> None:
        """The run is over."""
        self._state = replace(self._state, state=state, code=code)
        self._note("run.end", state=state, code=code, seconds=round(time.monotonic() - self._began, 3))
        self._write()

    def _write(self) -> None:
        self._state = replace(self._state, changed_at=self._clock())
        fresh = self._folder / f".{_NOW}"
        fresh.write_text(json.dumps(self._state.to_dict()) + "\n")
        fresh.rename(self._folder / _NOW)
        self._written = time.monotonic()

    def _note(self, event: str, **told: Any) -> None:
        line = {"at": self._clock().isoformat(), "run": self._state.run, "event": event, **told}
        with (self._folder / _JOURNAL).open("a") as journal:
            journal.write(json.dumps(line) + "\n")
