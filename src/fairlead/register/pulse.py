"""Whether something changed that a user may see, in one query: for pages that are alive."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from fairlead.register.gate import acting_as, visible
from fairlead.register.models import (
    ActionDayRow,
    BoardRow,
    IncidentRow,
    JobRow,
    OutcomeRow,
    PackageRow,
    PreparedRow,
    User,
)

_COUNTED = (BoardRow, IncidentRow, ActionDayRow, PackageRow, OutcomeRow)
_DATED = ((JobRow, "changed_at"), (PreparedRow, "decided_at"), (PreparedRow, "prepared_at"))


def pulse(user_id: int, operation: str, *, at: datetime) -> str:
    """A text that is another one once a row was added or changed that this user may see; it tells nothing else."""
    user = User(pk=user_id)
    seen = []
    with acting_as(user):
        for model in _COUNTED:
            rows = visible(user, model, at=at).filter(operation_id=operation)
            seen.append(rows.aggregate(newest=Max("pk"))["newest"])
        for model, column in _DATED:
            rows = visible(user, model, at=at).filter(operation_id=operation)
            seen.append(rows.aggregate(newest=Max(column))["newest"])
    return "/".join(str(one) for one in seen)
