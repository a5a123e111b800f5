"""Review decisions, and what looking cost: the second is for the person alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from fairlead.register.gate import acting_as, visible
from fairlead.register.models import ExposureRow, ReviewRow, User
from fairlead.register.reading import read_first, read_rows
from fairlead.register.rows import ExposureEntry, GroupExposure, Opened, ReviewEntry
from fairlead.terms.review import ReviewDecision


def record_review(
    user_id: int,
    operation: str,
    subjects: list[str],
    *,
    shown: str,
    cluster: str,
    decision: str,
    category: str,
    note: str,
    sample: bool,
    highest_level: int,
    at: datetime,
) -> None:
    """Add one decision for each content it holds for; ``shown`` is the one the person had before them."""
    with acting_as(User(pk=user_id)):
        ReviewRow.objects.bulk_create(
            ReviewRow(
                operation_id=operation,
                subject=subject,
                shown=shown,
                cluster=cluster,
                decision=decision,
                category=category,
                note=note,
                sample=sample,
                highest_level=highest_level,
                user_id=user_id,
                at=at,
            )
            for subject in subjects
        )


def find_decisions(user_id: int, operation: str, *, at: datetime) -> list[tuple[str, str, bool, int]]:
    """The decision that holds for every content: its SHA-256, the decision, whether of the sample, and whose."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, ReviewRow, at=at).filter(operation_id=operation)
        newest = rows.order_by("subject", "-at", "-pk").distinct("subject")
        return list(newest.values_list("subject", "decision", "sample", "user_id"))


def decided_among(user_id: int, operation: str, subjects: list[str], *, at: datetime) -> dict[str, bool]:
    """Those of the contents that are decided, and whether that stands by itself.

    It does when the person had this very content before them and was sure.
    """
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, ReviewRow, at=at).filter(operation_id=operation, subject__in=subjects)
        newest = rows.order_by("subject", "-at", "-pk").distinct("subject")
        return {
            subject: shown == subject and decision != ReviewDecision.UNSURE
            for subject, shown, decision in newest.values_list("subject", "shown", "decision")
        }


def latest_subjects(user_id: int, operation: str, *, limit: int, at: datetime) -> list[str]:
    """The contents a person decided about last, newest first; one for each view, not for each content of a cluster."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, ReviewRow, at=at).filter(operation_id=operation, user=user)
        times = rows.order_by("-at").values_list("at", flat=True).distinct()[:limit]
        return [
            subject
            for moment in times
            if (subject := rows.filter(at=moment).order_by("pk").values_list("subject", flat=True).first())
        ]


def find_reviews_of(user_id: int, operation: str, subject: str, *, at: datetime) -> list[ReviewEntry]:
    """Every decision about one content, newest first."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, ReviewRow, at=at).filter(operation_id=operation, subject=subject)
        return read_rows(rows.order_by("-at", "-pk"), ReviewEntry, by=F("user__username"))


def record_exposure(
    user_id: int, operation: str, subject: str, *, level: int, purpose: str, token: str, at: datetime
) -> None:
    """Note that a person asked to see a content at a level. ``token`` opens the picture once."""
    with acting_as(User(pk=user_id)):
        ExposureRow.objects.create(
            user_id=user_id,
            operation_id=operation,
            subject=subject,
            level=level,
            purpose=purpose,
            token=token,
            at=at,
        )


def open_exposure(
    user_id: int, operation: str, token: str, *, since: datetime, at: datetime
) -> Opened | None:
    """The person's own exposure of a token, once: a second time, or after ``since``, it gives None."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, ExposureRow, at=at).filter(operation_id=operation, token=token, at__gt=since)
        if rows.filter(opened_at=None).update(opened_at=at) != 1:
            return None
        return read_first(rows, Opened)


def add_seconds(user_id: int, token: str, seconds: float, *, at: datetime) -> None:
    """Note for how long something was shown."""
    user = User(pk=user_id)
    with acting_as(user):
        visible(user, ExposureRow, at=at).filter(token=token).update(seconds=F("seconds") + seconds)


def own_exposures(user_id: int, *, since: timedelta, at: datetime) -> list[ExposureEntry]:
    """What one person asked to see lately, oldest first."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, ExposureRow, at=at).filter(at__gt=at - since).order_by("at")
        return read_rows(rows, ExposureEntry)


def highest_level(user_id: int, operation: str, subject: str, *, at: datetime) -> int:
    """The highest level at which a person has seen a content; 0 when never."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, ExposureRow, at=at).filter(operation_id=operation, subject=subject)
        return max(rows.values_list("level", flat=True), default=0)


def group_exposure(user_id: int, operation: str) -> GroupExposure | None:
    """People, views and seconds of an operation's reviewers together; None for fewer than five people."""
    with acting_as(User(pk=user_id)), connection.cursor() as cursor:
        cursor.execute("SELECT people, views, seconds FROM fairlead_group_exposure(%s)", [operation])
        row = cursor.fetchone()
    return {"people": row[0], "views": row[1], "seconds": row[2]} if row else None
