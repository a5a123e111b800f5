"""Custody at the desk: events of an exhibit, checking it out and in."""

from __future__ import annotations

from typing import Any

from fairlead.case.exhibits import list_exhibits
from fairlead.case.session import Session
from fairlead.register.actions import Action
from fairlead.terms.custody import CustodyEvent, Operation
from fairlead.terms.errors import UsageError

DESK_EVENTS = (
    CustodyEvent.CHECK_OUT,
    CustodyEvent.CHECK_IN,
    CustodyEvent.COPY,
    CustodyEvent.TRANSFER,
    CustodyEvent.RETURN,
)


def open_exhibit(session: Session, number: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An exhibit's row and its custody events in order. LookupError when there is no such exhibit."""
    from fairlead.register.custody import custody_of

    row = next((r for r in list_exhibits(session) if r["exhibit"] == number), None)
    if row is None:
        raise LookupError(number)
    events = custody_of(session.user_id, session.operation, number, at=session.clock())
    session.record(Operation.CONSULTATION, "exhibit.open", (number,), "exhibit consulted")
    return row, events


def is_out(events: list[dict[str, Any]]) -> bool:
    """Whether an exhibit is checked out: the last of check-out and check-in is a check-out."""
    turns = [e["event"] for e in events if e["event"] in (CustodyEvent.CHECK_OUT, CustodyEvent.CHECK_IN)]
    return bool(turns) and turns[-1] == CustodyEvent.CHECK_OUT


def note_custody(
    session: Session,
    number: str,
    *,
    event: str,
    location: str,
    counter_party: str,
    reason: str,
    authority: str,
) -> None:
    """Add an event to an exhibit's custody record; check-out and check-in follow each other."""
    from fairlead.register.custody import record_custody

    session.require(Action.ADD_EXHIBIT)
    row, events = open_exhibit(session, number)
    allowed = {e.value: e for e in DESK_EVENTS}
    if event not in allowed or not reason.strip():
        raise UsageError(
            "a custody event is one of the list and has a reason",
            "Choose the event and say why.",
            code="USAGE-CUSTODY",
        )
    kind = allowed[event]
    out = is_out(events)
    if (kind is CustodyEvent.CHECK_OUT and out) or (kind is CustodyEvent.CHECK_IN and not out):
        raise UsageError(
            f"the exhibit is {'out' if out else 'here'} already",
            "Look at its custody record: two people may have entered the same step.",
            code="USAGE-CUSTODY",
        )
    record_custody(
        session.user_id,
        session.operation,
        exhibit=number,
        event=kind,
        at=session.clock(),
        actor=session.user_name,
        location=location[:200],
        counter_party=counter_party[:200],
        reason=reason[:500],
        authority=authority[:200] or row["authority"],
        sha256=row["sha256"],
    )
    session.record(Operation.ALTERATION, "exhibit.custody", (number, kind.value), reason[:500])
