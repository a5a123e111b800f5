"""What was begun and is not known to be finished."""

from __future__ import annotations

from fairlead.case.place.session import Session
from fairlead.case.upkeep.checks.check import Check, check_of
from fairlead.case.verbs.declaration import AGAIN
from fairlead.case.verbs.registry import all_verbs
from fairlead.case.verbs.running import is_cut_short
from fairlead.register.intent import Intent


def open_intents(session: Session) -> list[Intent]:
    """Acts that were cut short: written down, neither finished nor refused, and nobody is at them any more."""
    from fairlead.register.intents import find_open

    listed = find_open(session.user_id, session.operation, at=session.clock())
    return [intent for intent in listed if is_cut_short(intent)]


def check_intents(session: Session) -> Check:
    """Names every one of them, with how it is finished."""
    return check_of(
        "Is everything finished that was begun?",
        (_in_words(intent) for intent in open_intents(session)),
        "Do the same again, as it says; or leave it as it is with `fairlead doctor --leave NUMBER --reason WHY`.",
    )


def _in_words(intent: Intent) -> str:
    verb = all_verbs().get(intent.verb)
    how = (
        f"`fairlead {verb.command}`"
        if verb and not verb.command.startswith("none")
        else "the page of the act"
    )
    broke = f", broke off with {intent.code}" if intent.code else ""
    began = f"{intent.began_at:%Y-%m-%d %H:%M} UTC"
    return f"{intent.id}: {intent.verb}, begun {began}{broke}. {verb.finish if verb else AGAIN} ({how})"
