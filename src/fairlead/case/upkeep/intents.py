"""Leaves an act that was cut short as it is, when somebody decides so."""

from __future__ import annotations

from fairlead.case.place.session import Session
from fairlead.case.upkeep.checks.intents import open_intents
from fairlead.case.verbs.verb import verb
from fairlead.register.actions import Action
from fairlead.register.intent import IntentState
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


@verb(
    "intent.leave",
    Action.ADMINISTER,
    becomes=Operation.ALTERATION,
    command="doctor",
    page="none: what was cut short is looked into at the shell",
    about=("number",),
    reason=True,
    whole=True,
)
def leave_intent(session: Session, number: int, *, reason: str) -> str:
    """Close an act that was cut short without finishing it; returns its verb. UsageError when there is none."""
    from fairlead.register.intents import end_intents

    found = next((intent for intent in open_intents(session) if intent.id == number), None)
    if found is None:
        raise UsageError(
            f"nothing of number {number} was cut short here",
            "`fairlead doctor` names what is not finished.",
            code="USAGE-INTENT",
        )
    end_intents(session.user_id, [number], IntentState.DROPPED, at=session.clock())
    session.record(Operation.ALTERATION, "intent.leave", (str(number), found.verb), reason)
    return found.verb
