"""Custody events in the register: added, never changed."""

from __future__ import annotations

from datetime import datetime

from fairlead.register.gate import acting_as, visible
from fairlead.register.models import CustodyRow, User
from fairlead.register.reading import read_rows
from fairlead.register.rows import CustodyEntry
from fairlead.terms.custody import CustodyEvent


def record_custody(
    user_id: int,
    operation: str,
    *,
    exhibit: str,
    event: CustodyEvent,
    at: datetime,
    actor: str,
    location: str = "",
    counter_party: str = "",
    reason: str = "",
    authority: str = "",
    sha256: str = "",
) -> None:
    """Add one event to an exhibit's custody record."""
    with acting_as(User(pk=user_id)):
        CustodyRow.objects.create(
            operation_id=operation,
            exhibit=exhibit,
            event=event.value,
            at=at,
            actor=actor,
            location=location,
            counter_party=counter_party,
            reason=reason,
            authority=authority,
            sha256=sha256,
        )


def custody_of(user_id: int, operation: str, exhibit: str, *, at: datetime) -> list[CustodyEntry]:
    """The events of an exhibit in order, for a user who may see them."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, CustodyRow, at=at).filter(operation_id=operation, exhibit=exhibit)
        return read_rows(rows.order_by("at", "pk"), CustodyEntry)
