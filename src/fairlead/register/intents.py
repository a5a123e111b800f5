"""Keeps what somebody set out to change until the ledger says that it was done."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.db.models import F

from fairlead.register.gate import acting_as, visible
from fairlead.register.intent import Intent, IntentState, Kept
from fairlead.register.ledger_store import record_entries
from fairlead.register.models import IntentRow, User
from fairlead.register.pending import Pending


def open_intent(
    user_id: int,
    operation: str,
    country: str,
    *,
    verb: str,
    about: str,
    arguments: str,
    process: str,
    at: datetime,
) -> int:
    """Write an intent; it is on the disk when this returns. Returns its id."""
    with acting_as(User(pk=user_id)):
        row = IntentRow.objects.create(
            operation_id=operation,
            country=country,
            verb=verb,
            about=about,
            arguments=arguments,
            user_id=user_id,
            began_at=at,
            process=process,
        )
    return int(row.pk)


def find_open(
    user_id: int, operation: str, *, at: datetime, verb: str | None = None, about: str | None = None
) -> list[Intent]:
    """Open intents that a user may see, the oldest first; of one verb about one thing when given."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, IntentRow, at=at).filter(operation_id=operation, state=IntentState.OPEN)
        if verb is not None:
            rows = rows.filter(verb=verb)
        if about is not None:
            rows = rows.filter(about=about)
        listed = rows.order_by("pk").values(
            "id", "verb", "about", "country", "began_at", "process", "code", "kept", by=F("user__username")
        )
        return [Intent(**row) for row in listed]


def keep_with(user_id: int, intent: int, kept: Kept) -> None:
    """Keep facts with an intent, for whoever has to finish it."""
    with acting_as(User(pk=user_id)):
        IntentRow.objects.filter(pk=intent).update(kept=kept)


def end_intents(
    user_id: int,
    intents: Sequence[int],
    state: IntentState,
    *,
    at: datetime,
    code: str = "",
    entry: int | None = None,
) -> None:
    """Close intents, or note with which error one broke off; where the database itself went, that is note enough."""
    ended = None if state is IntentState.OPEN else at
    lost = (OperationalError, InterfaceError) if state is IntentState.OPEN else ()
    with suppress(*lost), acting_as(User(pk=user_id)):
        IntentRow.objects.filter(pk__in=list(intents)).update(
            state=state.value, code=code, entry=entry, ended_at=ended
        )


def record_and_close(user_id: int, pending: Pending, intents: Sequence[int], *, at: datetime) -> int:
    """Add the entry of a change and close its intents: both, or neither. Returns the entry's index."""
    with acting_as(User(pk=user_id)):
        index = record_entries([pending], at=at)[0]
        end_intents(user_id, intents, IntentState.DONE, at=at, entry=index)
    return index
