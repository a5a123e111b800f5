"""Corrects the handling codes of an exhibit, and says to whom anything of it went under the old ones."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.case.exhibits.adding import read_handling, rewrite_row
from fairlead.case.place.exhibits import list_exhibits
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class SentUnder:
    """A package that carried leads resting on the exhibit, with the codes that stood beside it there."""

    package: str
    country: str
    leads: tuple[str, ...]
    handling: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """An exhibit's codes before and after, and what was sent under others than the new ones."""

    exhibit: str
    before: str
    after: str
    sent: tuple[SentUnder, ...]


@verb(
    "exhibit.handling",
    Action.ADD_EXHIBIT,
    becomes=Operation.ALTERATION,
    command="exhibit handling",
    page="none: exhibits are added and corrected at the shell",
    about=("number",),
    reason=True,
)
def correct_handling(
    session: Session, number: str, *, handling: str, restriction: str = "", reason: str
) -> Corrected:
    """Give an exhibit other handling codes (Europol: H0, H1, H2, H3 with its text), with a reason.

    Leads that rest on it are stale until they are published again. What was sent under other codes is listed, so that
    somebody decides what to tell each country. Raises UsageError for no such exhibit, odd codes, or no reason.
    """
    if not reason.strip():
        raise UsageError(
            "a corrected handling code needs a reason", "Say what was wrong.", code="USAGE-REASON"
        )
    codes = read_handling(number, handling, restriction)
    before = next((row["handling"] for row in list_exhibits(session) if row["exhibit"] == number), "")
    rewrite_row(session, number, {"handling": str(codes), "restriction": codes.restriction})
    sent = _sent_under_others(session, number, str(codes))
    session.record(
        Operation.ALTERATION,
        "exhibit.handling",
        (number, *(one.package for one in sent)),
        reason,
        facts={"before": before, "after": str(codes), "sent": len(sent)},
    )
    return Corrected(exhibit=number, before=before, after=str(codes), sent=sent)


def _sent_under_others(session: Session, number: str, codes: str) -> tuple[SentUnder, ...]:
    from fairlead.register.followup import find_versions
    from fairlead.register.leads import find_packages

    at = session.clock()
    found = []
    for package in find_packages(session.user_id, session.operation, at=at):
        bodies = find_versions(session.user_id, session.operation, package["leads"], at=at)
        stood = {
            lead: item["handling"]
            for lead, body in sorted(bodies.items())
            for item in body["evidence"]
            if item["exhibit"] == number and item["handling"] != codes
        }
        if stood:
            found.append(
                SentUnder(
                    package=package["package"],
                    country=package["country"],
                    leads=tuple(stood),
                    handling="; ".join(sorted(set(stood.values()))),
                )
            )
    return tuple(found)
