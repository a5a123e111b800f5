"""Entries of the action-day board, incidents, the action day itself, and figures released to the press."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from fairlead.register.gate import acting_as, visible
from fairlead.register.models import (
    ActionDayRow,
    BoardRow,
    IncidentRow,
    ReleasedFiguresRow,
    User,
)
from fairlead.register.reading import read_first, read_rows
from fairlead.register.rows import (
    ActionDayEntry,
    BoardEntry,
    FiguresBody,
    FiguresEntry,
    IncidentEntry,
)

_OWNER = "owner"


def record_entry(
    user_id: int,
    operation: str,
    country: str,
    *,
    cell: str,
    at: datetime,
    state: str = "",
    number: int = 0,
    starts_at: datetime | None = None,
) -> None:
    """Add an entry to a country's cell; it holds until the next one."""
    with acting_as(User(pk=user_id)):
        BoardRow.objects.create(
            operation_id=operation,
            country=country,
            cell=cell,
            state=state,
            number=number,
            starts_at=starts_at,
            user_id=user_id,
            at=at,
        )


def find_entries(user_id: int, operation: str, *, at: datetime) -> dict[tuple[str, str], BoardEntry]:
    """The entry that holds in every cell a user may see, by country and cell."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, BoardRow, at=at).filter(operation_id=operation)
        newest = rows.order_by("country", "cell", "-at", "-pk").distinct("country", "cell")
        listed = read_rows(newest, BoardEntry, by=F("user__username"))
        return {(row["country"], row["cell"]): row for row in listed}


def record_incident(user_id: int, operation: str, country: str, *, text: str, at: datetime) -> None:
    """Add a line to the incident log."""
    with acting_as(User(pk=user_id)):
        IncidentRow.objects.create(operation_id=operation, country=country, text=text, user_id=user_id, at=at)


def find_incidents(user_id: int, operation: str, *, at: datetime, limit: int = 40) -> list[IncidentEntry]:
    """The newest incidents a user may see, newest first."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, IncidentRow, at=at).filter(operation_id=operation).order_by("-at", "-pk")
        return read_rows(rows, IncidentEntry, limit=limit, by=F("user__username"))


def set_action_day(
    operation: str, *, starts_at: datetime | None, embargo_until: datetime | None, name: str, at: datetime
) -> None:
    """Set when the action day starts and until when nothing may be published."""
    ActionDayRow.objects.using(_OWNER).create(
        operation_id=operation, starts_at=starts_at, embargo_until=embargo_until, set_by=name, at=at
    )


def find_action_day(user_id: int, operation: str, *, at: datetime) -> ActionDayEntry | None:
    """The action day as it is set now."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, ActionDayRow, at=at).filter(operation_id=operation)
        return read_first(rows.order_by("-at", "-pk"), ActionDayEntry)


def release_figures(operation: str, body: FiguresBody, *, name: str, at: datetime) -> None:
    """Keep figures as released to the press desk."""
    ReleasedFiguresRow.objects.using(_OWNER).create(
        operation_id=operation, body=body, released_by=name, at=at
    )


def find_released_figures(user_id: int, operation: str, *, at: datetime) -> FiguresEntry | None:
    """The figures that were released last."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, ReleasedFiguresRow, at=at).filter(operation_id=operation)
        return read_first(rows.order_by("-at", "-pk"), FiguresEntry)
