"""What named people decided about pairs of records; a later decision replaces an earlier one."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q

from fairlead.register.gate import acting_as, visible
from fairlead.register.models import JudgementRow, User
from fairlead.register.reading import read_rows
from fairlead.register.rows import JudgementEntry
from fairlead.terms.platform import Judgement


def record_judgement(
    user_id: int, operation: str, *, left: str, right: str, judgement: Judgement, reason: str, at: datetime
) -> None:
    """Add a decision about two records."""
    with acting_as(User(pk=user_id)):
        JudgementRow.objects.create(
            operation_id=operation,
            left=min(left, right),
            right=max(left, right),
            judgement=judgement.value,
            reason=reason,
            user_id=user_id,
            at=at,
        )


def find_judgements(user_id: int, operation: str, *, at: datetime) -> tuple[tuple[str, str, Judgement], ...]:
    """The decisions that hold, one a pair, in the order of the pairs."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, JudgementRow, at=at).filter(operation_id=operation).order_by("at", "pk")
        held = {(row.left, row.right): Judgement(row.judgement) for row in rows}
    return tuple((left, right, judgement) for (left, right), judgement in sorted(held.items()))


def find_judgement_rows(
    user_id: int, operation: str, records: list[str], *, at: datetime
) -> list[JudgementEntry]:
    """Every decision ever made about one of these records, newest first, with who made it."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, JudgementRow, at=at).filter(operation_id=operation)
        rows = rows.filter(Q(left__in=records) | Q(right__in=records)).order_by("-at", "-pk")
        return read_rows(rows, JudgementEntry, by=F("user__username"))
