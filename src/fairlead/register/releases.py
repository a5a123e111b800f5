"""Releases that wait for a second officer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from fairlead.register.gate import acting_as, visible
from fairlead.register.models import PreparedRow, User
from fairlead.register.reading import read_first, read_rows
from fairlead.register.rows import ReleaseEntry, WaitingRelease


def record_prepared(
    user_id: int,
    operation: str,
    country: str,
    *,
    leads: dict[str, int],
    recipients: Sequence[str],
    legal_basis: str,
    purpose: str,
    h3_release: str,
    statement: str,
    manifest: str,
    at: datetime,
) -> bool:
    """Keep a prepared release with what its officer signed; False when one waits for this country already."""
    try:
        with acting_as(User(pk=user_id)), transaction.atomic():
            PreparedRow.objects.create(
                operation_id=operation,
                country=country,
                leads=leads,
                recipients=list(recipients),
                legal_basis=legal_basis,
                purpose=purpose,
                h3_release=h3_release,
                statement=statement,
                manifest=manifest,
                prepared_by_id=user_id,
                prepared_at=at,
            )
    except IntegrityError:
        return False
    return True


def find_prepared(
    user_id: int, operation: str, *, at: datetime, country: str | None = None
) -> list[ReleaseEntry]:
    """Releases a user may see, newest first, with the names of both officers."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, PreparedRow, at=at).filter(operation_id=operation)
        if country is not None:
            rows = rows.filter(country=country)
        return read_rows(
            rows.order_by("-prepared_at"),
            ReleaseEntry,
            preparer=F("prepared_by__username"),
            decider=F("decided_by__username"),
        )


def lock_waiting(user_id: int, operation: str, release: int, *, at: datetime) -> WaitingRelease | None:
    """A waiting release, locked until the transaction ends so that it is decided once; None when there is none."""
    user = User(pk=user_id)
    rows = visible(user, PreparedRow, at=at).filter(operation_id=operation, pk=release, state="waiting")
    return read_first(
        rows.select_for_update(of=("self",)), WaitingRelease, preparer=F("prepared_by__username")
    )


def begin_release(user_id: int, release: int, *, at: datetime) -> None:
    """Note that somebody decided to release; called while the row is locked."""
    PreparedRow.objects.filter(pk=release, state="waiting").update(
        state="releasing", decided_by_id=user_id, decided_at=at
    )


def reopen_release(user_id: int, release: int) -> None:
    """Let a release wait again, since no package came of it."""
    with acting_as(User(pk=user_id)):
        PreparedRow.objects.filter(pk=release, state="releasing").update(
            state="waiting", decided_by_id=None, decided_at=None
        )


def close_release(user_id: int, release: int, *, package: str) -> None:
    """Note which package came of a release."""
    with acting_as(User(pk=user_id)):
        PreparedRow.objects.filter(pk=release, state="releasing").update(state="released", package=package)


def return_prepared(user_id: int, release: int, *, at: datetime, reason: str) -> None:
    """Note that a waiting release went back to who prepared it."""
    with acting_as(User(pk=user_id)):
        PreparedRow.objects.filter(pk=release, state="waiting").update(
            state="returned", decided_by_id=user_id, decided_at=at, reason=reason
        )
