"""The page of verbs: every way to change an operation, who may, what the ledger says, and where people reach it."""

from __future__ import annotations

from fairlead.case.place.session import SYSTEM
from fairlead.case.verbs.declaration import Verb
from fairlead.case.verbs.registry import all_verbs
from fairlead.register.actions import MAY, Role


def render_verbs() -> str:
    """Verb × roles × ledger entry × command × page, made from the declarations."""
    lines = [
        "# Verbs",
        "",
        "Everything that changes an operation is one of these. One runner does each of them in this order: the right is",
        "asked, the intent is written, the work is done, the ledger gets its entry, the intent is closed. What a kill",
        "leaves open is named by `fairlead doctor`, and the same act finishes it. Reading needs no verb.",
        "",
        "`by` says which roles may; an act that concerns a country is open to a role for that country or the whole.",
        "",
        "| verb | what it does | by | concerns | becomes in the ledger | reason | people | command | page |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for verb in all_verbs().values():
        lines.append(
            f"| {verb.name} | {verb.purpose.replace('|', '/')} | {', '.join(roles_of(verb))} | {verb.concerns} | "
            f"{verb.becomes.value} | {'yes' if verb.reason else ''} | {verb.people} | {_where(verb.command, 'fairlead ')} | "
            f"{_where(verb.page.removeprefix('workbench:'), '')} |"
        )
    lines += ["", "## Done by the program itself", "", "| entry | why nobody's right is asked |", "|---|---|"]
    lines += [f"| {what} | {why} |" for what, why in SYSTEM.items()]
    lines += ["", "## How an act that was cut short is finished", "", "| verb | how |", "|---|---|"]
    lines += [f"| {verb.name} | {verb.finish} |" for verb in all_verbs().values()]
    return "\n".join(lines) + "\n"


def roles_of(verb: Verb) -> list[str]:
    """The roles that may do a verb, in words."""
    return [role.value.replace("_", " ") for role in Role if set(verb.actions) & MAY[role]]


def _where(place: str, before: str) -> str:
    return place.removeprefix("none: ") if place.startswith("none: ") else f"`{before}{place}`"
