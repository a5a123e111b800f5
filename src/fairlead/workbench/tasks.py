"""The worker's tasks. Procrastinate keeps them in PostgreSQL, one at a time for an operation."""

from __future__ import annotations

from typing import Any

from procrastinate import JobContext
from procrastinate.contrib.django import app

from fairlead.case.jobs import JobKind, run_job
from fairlead.case.place.session import Session, open_session, utc_now
from fairlead.register.people import get_user_by_id
from fairlead.workbench.desk import workspace

_LOST_AFTER_S = 60


@app.task(name="fairlead.work", retry=2)
def work(*, job: int, user_id: int, operation: str, kind: str) -> None:
    """Run one job as the person who asked for it: with their rights, as they are when it runs."""
    session = open_session(workspace(), operation=operation, user_name=get_user_by_id(user_id).username)
    run_job(session, job, JobKind(kind))


def defer(session: Session, job: int, kind: JobKind) -> None:
    """Put a job into the queue, in the transaction that noted it."""
    work.configure(lock=session.operation).defer(
        job=job, user_id=session.user_id, operation=session.operation, kind=kind.value
    )


@app.periodic(cron="* * * * *")
@app.task(name="fairlead.take_up_lost", pass_context=True)
async def take_up_lost(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - a periodic task is given it
    """Put jobs back into the queue whose worker died: its heartbeat has stopped."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_LOST_AFTER_S):
        await manager.retry_job(job, retry_at=utc_now())


def run_worker(*, wait: bool) -> None:
    """Work until told to stop, or until the queue is empty."""
    connector: Any = app.connector  # Django's, which knows the worker's
    with app.replace_connector(connector.get_worker_connector()) as working:
        working.run_worker(wait=wait, concurrency=1)
