"""Work that takes long, as a worker does it: with progress in the register, and safe to begin again."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from fairlead.case.attribution import attribute
from fairlead.case.leads import publish
from fairlead.case.process import process
from fairlead.case.session import Session
from fairlead.register.actions import Action
from fairlead.terms.errors import FairleadError, UsageError


class JobKind(StrEnum):
    """What can be asked for."""

    PROCESS = "process"
    ATTRIBUTE = "attribute"
    PUBLISH = "publish"


NEEDED: dict[JobKind, Action] = {
    JobKind.PROCESS: Action.PROCESS,
    JobKind.ATTRIBUTE: Action.PROCESS,
    JobKind.PUBLISH: Action.PREPARE,
}


class RegisterProgress:
    """Progress written to the job's row, where the operation's page reads it."""

    def __init__(self, session: Session, job: int) -> None:
        self._session, self._job, self._done = session, job, 0

    def begin(self, stage: str, total: int) -> None:
        """A stage starts."""
        self._done = 0
        self._write(stage=stage, done=0, total=total)

    def advance(self, stage: str, rows: int) -> None:  # noqa: ARG002 - the protocol of progress
        """One task of it is complete."""
        self._done += 1
        self._write(stage=stage, done=self._done)

    def finish(self, stage: str) -> None:
        """The stage is complete."""
        self._write(stage=stage)

    def _write(self, **changed: Any) -> None:
        from fairlead.register.jobs import update_job

        update_job(self._session.user_id, self._job, at=self._session.clock(), **changed)


def ask_for_job(session: Session, kind: str) -> tuple[int, JobKind]:
    """Note that work is wanted. UsageError when work of this operation waits or runs already."""
    from fairlead.register.jobs import is_waiting, record_job

    try:
        known = JobKind(kind)
    except ValueError as problem:
        raise UsageError("there is no such job", "Choose one of the page.", code="USAGE-JOB") from problem
    session.require(NEEDED[known])
    if is_waiting(session.user_id, session.operation, at=session.clock()):
        raise UsageError(
            "work on this operation waits or runs already", "Let it end first.", code="USAGE-JOB"
        )
    return record_job(session.user_id, session.operation, known.value, at=session.clock()), known


def run_job(session: Session, job: int, kind: JobKind) -> None:
    """Do the work; every step resumes where an earlier, killed run ended. Errors end in the job's row."""
    from fairlead.register.jobs import update_job

    update_job(session.user_id, job, at=session.clock(), state="running", code="")
    progress = RegisterProgress(session, job)
    try:
        match kind:
            case JobKind.PROCESS:
                process(session, progress=progress)
            case JobKind.ATTRIBUTE:
                attribute(session, progress=progress)
            case JobKind.PUBLISH:
                publish(session)
    except FairleadError as problem:
        update_job(session.user_id, job, at=session.clock(), state="failed", code=problem.code)
        return
    update_job(session.user_id, job, at=session.clock(), state="done", stage="")
