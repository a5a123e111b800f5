"""Work that takes long, as a worker does it: with progress in the register, and safe to begin again."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from fairlead.case.lists.views import prepare_lists
from fairlead.case.log.standing import check_ledger
from fairlead.case.persons.attribution import attribute
from fairlead.case.place.session import Session
from fairlead.case.process import process
from fairlead.case.sending.leads import publish
from fairlead.case.upkeep.backups import make_backup
from fairlead.case.verbs.verb import verb
from fairlead.engine.progress import Done
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import FairleadError, UsageError


class JobKind(StrEnum):
    """What can be asked for."""

    PROCESS = "process"
    ATTRIBUTE = "attribute"
    PUBLISH = "publish"
    CHECK_LEDGER = "check_ledger"
    BACKUP = "backup"


NEEDED: dict[JobKind, Action] = {
    JobKind.PROCESS: Action.PROCESS,
    JobKind.ATTRIBUTE: Action.PROCESS,
    JobKind.PUBLISH: Action.PREPARE,
    JobKind.CHECK_LEDGER: Action.COORDINATE,
    JobKind.BACKUP: Action.ADMINISTER,
}


class Stopped(Exception):  # noqa: N818 - nothing is wrong: somebody wanted it so
    """Somebody stopped the work; what is done stays done, and the next run goes on from there."""


class RegisterProgress:
    """Progress written to the job's row, where the operation's page reads it."""

    def __init__(self, session: Session, job: int) -> None:
        self._session, self._job, self._done = session, job, 0

    def begin(self, stage: str, total: int) -> None:
        """A stage starts."""
        self._done = 0
        self._write(stage=stage, done=0, total=total)

    def advance(self, stage: str, done: Done) -> None:  # noqa: ARG002 - the protocol of progress
        """One task of it is complete."""
        self._done += 1
        self._write(stage=stage, done=self._done)

    def finish(self, stage: str) -> None:
        """The stage is complete."""
        self._write(stage=stage)

    def _write(self, **changed: Any) -> None:
        from fairlead.register.jobs import update_job

        if not update_job(self._session.user_id, self._job, at=self._session.clock(), **changed):
            raise Stopped


@verb(
    "job.ask",
    Action.PROCESS,
    Action.PREPARE,
    Action.COORDINATE,
    Action.ADMINISTER,
    becomes=Operation.ALTERATION,
    command="none: at the shell work begins at once",
    page="workbench:job",
    about=("kind",),
    whole=True,
)
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
    job = record_job(session.user_id, session.operation, known.value, at=session.clock())
    session.record(Operation.ALTERATION, "job.ask", (str(job), known.value), "work asked for in the browser")
    return job, known


def run_job(session: Session, job: int, kind: JobKind) -> None:
    """Do the work; every step resumes where an earlier, killed run ended. Errors end in the job's row."""
    from fairlead.register.jobs import end_stopped, update_job

    def note(**changed: Any) -> bool:
        return update_job(session.user_id, job, at=session.clock(), **changed)

    try:
        if not note(state="running", code=""):
            raise Stopped
        code = _work(session, kind, RegisterProgress(session, job))
    except Stopped:
        end_stopped(session.user_id, job, at=session.clock())
    except FairleadError as problem:
        note(state="failed", code=problem.code)
    else:
        note(state="failed" if code else "done", code=code, stage="")


def _work(session: Session, kind: JobKind, progress: RegisterProgress) -> str:
    """Do one kind of work; returns the code of what it found to be wrong, empty when nothing is."""
    match kind:
        case JobKind.PROCESS:
            process(session, progress=progress)
            prepare_lists(session)
        case JobKind.ATTRIBUTE:
            attribute(session, progress=progress)
            prepare_lists(session)
        case JobKind.PUBLISH:
            publish(session)
        case JobKind.CHECK_LEDGER:
            return "LEDGER-BROKEN" if check_ledger(session).findings else ""
        case JobKind.BACKUP:
            make_backup(session)
    return ""


@verb(
    "job.stop",
    Action.PROCESS,
    Action.PREPARE,
    Action.COORDINATE,
    Action.ADMINISTER,
    becomes=Operation.ALTERATION,
    command="none: work is stopped where it was asked for",
    page="workbench:stop_job",
    about=("job",),
    whole=True,
)
def stop(session: Session, job: int) -> None:
    """Stop work that waits or runs. UsageError when there is none, or when one may not ask for it either."""
    from fairlead.register.jobs import find_job, stop_job

    row = find_job(session.user_id, session.operation, job, at=session.clock())
    if row is not None:
        session.require(NEEDED[JobKind(row["kind"])])
    if row is None or not stop_job(session.user_id, session.operation, job, at=session.clock()):
        raise UsageError("there is no such work to stop", "It has ended already.", code="USAGE-JOB")
    session.record(Operation.ALTERATION, "job.stop", (str(job), row["kind"]), "stopped by hand")
