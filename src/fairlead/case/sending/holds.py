"""Holds: records nothing may be sent about, until somebody lifts them."""

from __future__ import annotations

from fairlead.case.persons.anchors import anchor_older_decisions, records_meant
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


@verb(
    "lead.hold",
    Action.PREPARE,
    becomes=Operation.ALTERATION,
    command="lead hold",
    page="workbench:hold",
    about=("person",),
    reason=True,
    whole=True,
)
def hold(session: Session, person: str, *, reason: str) -> None:
    """Let nothing be sent about a person, or an account or payment, until the hold is lifted.

    It rests on the records: however they are joined later, whoever has one of them is held.
    """
    if not reason.strip():
        raise UsageError("a hold needs a reason", "Give --reason.", code="USAGE-REASON")
    from fairlead.register.followup import place_hold

    records = records_meant(session, person)
    place_hold(
        session.user_id,
        session.operation,
        person=person,
        records=records,
        reason=reason,
        name=session.user_name,
        at=session.clock(),
    )
    session.record(Operation.ALTERATION, "lead.hold", (person,), reason, facts={"records": len(records)})


@verb(
    "lead.lift",
    Action.RELEASE,
    becomes=Operation.ALTERATION,
    command="lead lift",
    page="workbench:lift",
    about=("person",),
    reason=True,
    whole=True,
)
def lift(session: Session, person: str, *, reason: str) -> int:
    """End the holds on a person's records; returns how many there were. What they hold of others stays held."""
    from fairlead.register.followup import find_holds, lift_holds

    anchor_older_decisions(session)
    at = session.clock()
    lost = any(
        hold.person == person and not hold.records
        for hold in find_holds(session.user_id, session.operation, at=at, lasting=True)
    )
    ended = lift_holds(
        session.user_id,
        session.operation,
        person=person,
        records=() if lost else records_meant(session, person),
        name=session.user_name,
        at=at,
    )
    session.record(Operation.ALTERATION, "lead.lift", (person,), reason, facts={"holds": ended})
    return ended
