"""Long work that was asked for in the browser, and how far it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, F

from fairlead.register.gate import acting_as, visible
from fairlead.register.models import JobRow, User
from fairlead.register.reading import read_first, read_rows
from fairlead.register.rows import JobAsked, JobShown

_ALIVE = ("waiting", "running")


def record_job(user_id: int, operation: str, kind: str, *, at: datetime) -> int:
    """Note that work was asked for; returns its id."""
    with acting_as(User(pk=user_id)):
        row = JobRow.objects.create(
            operation_id=operation, kind=kind, user_id=user_id, asked_at=at, changed_at=at
        )
        return int(row.pk)


def update_job(user_id: int, job: int, *, at: datetime, **changed: Any) -> bool:
    """Note how far it is: state, stage, done, total, code. False when it is not to go on: somebody stopped it."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, JobRow, at=at).filter(pk=job, state__in=_ALIVE)
        return bool(rows.update(changed_at=at, **changed))


def end_stopped(user_id: int, job: int, *, at: datetime) -> None:
    """Note that work which somebody stopped has ended."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, JobRow, at=at).filter(pk=job, state="stopping")
        rows.update(state="stopped", changed_at=at)


def find_job(user_id: int, operation: str, job: int, *, at: datetime) -> JobAsked | None:
    """One job, or None."""
    user = User(pk=user_id)
    with acting_as(user):
        return read_first(visible(user, JobRow, at=at).filter(operation_id=operation, pk=job), JobAsked)


def stop_job(user_id: int, operation: str, job: int, *, at: datetime) -> bool:
    """Stop work: at once while it waits, at its next step while it runs. False when it has ended already."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, JobRow, at=at).filter(operation_id=operation, pk=job)
        waited = rows.filter(state="waiting").update(state="stopped", changed_at=at)
        return bool(waited or rows.filter(state="running").update(state="stopping", changed_at=at))


def find_jobs(user_id: int, operation: str, *, at: datetime, limit: int = 6) -> list[JobShown]:
    """The newest jobs a user may see."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, JobRow, at=at).filter(operation_id=operation).order_by("-asked_at", "-pk")
        return read_rows(rows, JobShown, limit=limit, by=F("user__username"))


def count_jobs(user_id: int, operation: str, *, at: datetime) -> dict[str, int]:
    """How many jobs of an operation a user may see, by state."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, JobRow, at=at).filter(operation_id=operation)
        return dict(rows.order_by("state").values_list("state").annotate(n=Count("pk")))


def is_waiting(user_id: int, operation: str, *, at: datetime) -> bool:
    """Whether work of this operation waits or runs."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, JobRow, at=at).filter(operation_id=operation)
        return bool(rows.filter(state__in=("waiting", "running", "stopping")).exists())
