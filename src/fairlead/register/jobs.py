"""Long work that was asked for in the browser, and how far it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F

from fairlead.register.gate import acting_as, visible
from fairlead.register.models import JobRow, User


def record_job(user_id: int, operation: str, kind: str, *, at: datetime) -> int:
    """Note that work was asked for; returns its id."""
    with acting_as(User(pk=user_id)):
        row = JobRow.objects.create(
            operation_id=operation, kind=kind, user_id=user_id, asked_at=at, changed_at=at
        )
        return int(row.pk)


def update_job(user_id: int, job: int, *, at: datetime, **changed: Any) -> None:
    """Note how far it is: state, stage, done, total, code."""
    user = User(pk=user_id)
    with acting_as(user):
        visible(user, JobRow, at=at).filter(pk=job).update(changed_at=at, **changed)


def find_jobs(user_id: int, operation: str, *, at: datetime, limit: int = 6) -> list[dict[str, Any]]:
    """The newest jobs a user may see."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, JobRow, at=at).filter(operation_id=operation).order_by("-asked_at", "-pk")
        return list(
            rows.values(
                "id", "kind", "state", "stage", "done", "total", "code", "asked_at", "changed_at",
                by=F("user__username"),
            )[:limit]
        )  # fmt: skip


def is_waiting(user_id: int, operation: str, *, at: datetime) -> bool:
    """Whether work of this operation waits or runs."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, JobRow, at=at).filter(operation_id=operation)
        return bool(rows.filter(state__in=("waiting", "running")).exists())
