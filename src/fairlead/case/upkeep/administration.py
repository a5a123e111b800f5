"""Who may work in an operation: people, roles, and the keys countries gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.register.actions import WHOLE_OPERATION, Action, Role
from fairlead.register.rows import GrantEntry
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


class TakingPart(TypedDict):
    """A country of an operation, and the keys it gave."""

    country: str
    role: str
    recipients: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """Grants and countries of an operation, and which officers have a key here."""

    grants: list[GrantEntry]
    countries: list[TakingPart]
    officers: tuple[str, ...]


def open_administration(session: Session) -> Administration:
    """What an administrator sees."""
    session.require(Action.ADMINISTER)
    from fairlead.register.people import countries_of, find_grants, get_user

    participants = countries_of(get_user(session.user_name), session.operation, at=session.clock())
    return Administration(
        grants=find_grants(session.operation),
        countries=[
            {"country": code, "role": p.role, "recipients": p.age_recipients}
            for code, p in participants.items()
        ],
        officers=tuple(
            sorted(p.stem.removeprefix("officer-") for p in session.workspace.keys.glob("officer-*.key"))
        ),
    )


@verb(
    "grant.give",
    Action.ADMINISTER,
    becomes=Operation.ALTERATION,
    command="grant",
    page="workbench:administration",
    about=("name", "role", "country"),
    whole=True,
)
def give_role(session: Session, name: str, *, role: str, country: str) -> None:
    """Give a person a role, for a country or the whole operation; makes the user when the name is new."""
    from fairlead.register.people import add_user, countries_of, get_user, grant

    participants = countries_of(get_user(session.user_name), session.operation, at=session.clock())
    known_roles = {r.value: r for r in Role}
    clean = name.strip()
    if (
        not clean
        or len(clean) > 64
        or not clean.replace("-", "").replace(".", "").isalnum()
        or role not in known_roles
        or (country != WHOLE_OPERATION and country not in participants)
    ):
        raise UsageError(
            "a grant needs a user name of letters and digits, a role, and a country that takes part",
            "Correct the form.",
            code="USAGE-GRANT",
        )
    if known_roles[role] is Role.LIAISON and country == WHOLE_OPERATION:
        raise UsageError("a liaison officer works for one country", "Choose the country.", code="USAGE-GRANT")
    grant(add_user(clean), session.operation, role=known_roles[role], country=country)
    session.record(Operation.ALTERATION, "grant.give", (clean, role, country), "need to know")


@verb(
    "grant.end",
    Action.ADMINISTER,
    becomes=Operation.ALTERATION,
    command="none: a role is ended on the page of people",
    page="workbench:administration",
    about=("grant_id",),
    whole=True,
)
def take_role(session: Session, grant_id: int) -> None:
    """End a grant of this operation; UsageError when it has none of that id. The last lead officer stays."""
    from fairlead.register.people import end_grant, find_grants

    grants = find_grants(session.operation)
    leaders = [g["id"] for g in grants if g["role"] == Role.LEAD_OFFICER]
    if leaders == [grant_id]:
        raise UsageError(
            "this is the last lead officer", "Make somebody else lead officer first.", code="USAGE-GRANT"
        )
    ended = end_grant(session.operation, grant_id)
    if ended is None:
        raise UsageError(
            "this operation has no such role to take", "Its page of users lists all.", code="USAGE-GRANT"
        )
    session.record(
        Operation.ALTERATION,
        "grant.end",
        (ended["name"], ended["role"], ended["country"]),
        "need to know",
    )
