"""Takes in outcomes: what countries did with their leads, and which exhibits came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from fairlead.case.place.exhibits import list_exhibits
from fairlead.case.place.session import Session
from fairlead.case.receiving.foreign import get_answered, origin_of
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.leads.outcome import verify_outcomes
from fairlead.leads.statistics import ReportedOutcome, latest_of, no_longer_said
from fairlead.register.actions import Action
from fairlead.register.rows import NewOutcome
from fairlead.terms.custody import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOutcomes:
    """Outcomes that were taken in: how many the file holds, and how many of them were not here before.

    ``older``: the country's later reports hold for all its leads. ``replaced``: what earlier reports of these leads said
    and this one, which takes their place, does not say any more, a line for each lead.
    """

    package: str
    country: str
    outcomes: int
    new: int
    older: bool
    replaced: tuple[str, ...]

    @property
    def again(self) -> bool:
        """Whether all of them were here before."""
        return self.new == 0


@verb(
    "outcome.import",
    Action.ANSWER,
    Action.RELEASE,
    becomes=Operation.COLLECTION,
    command="outcome import",
    page="workbench:incoming",
    about=("untrusted_text",),
    of=in_country("country"),
    whole=True,
)
def take_outcomes(session: Session, country: str, untrusted_text: str) -> TakenOutcomes:
    """Check a country's outcomes and keep them, each by its place in the file; the same file again changes nothing."""
    from fairlead.register.followup import find_outcomes, record_outcomes

    origin = origin_of(session, country, untrusted_text)
    reported, signer = verify_outcomes(untrusted_text, origin.keys.officers)
    sent = get_answered(
        session,
        origin,
        package=reported.package,
        sha256=reported.sha256,
        country=reported.country,
        signer=signer,
        at=reported.at,
        code="PACKAGE-OUTCOME",
    )
    verify_outcomes(untrusted_text, origin.keys.officers, known_leads=list(sent["leads"]))
    # What is signed makes a report the same, not how its envelope is written.
    rows: list[NewOutcome] = [
        {
            "lead": o.lead,
            "states": [s.value for s in o.states],
            "reason": o.reason.value if o.reason else "",
            "devices_seized": o.devices_seized,
            "victims_safeguarded": o.victims_safeguarded,
            "new_exhibits": list(o.new_exhibits),
            "released": o.released,
            "at": reported.at,
            "sha256": hashlib.sha256(f"{reported.digest()}/{place}/{o.lead}".encode()).hexdigest(),
        }
        for place, o in enumerate(reported.outcomes)
    ]
    before = _latest(find_outcomes(session.user_id, session.operation, at=session.clock(), country=country))
    new = record_outcomes(
        session.user_id, session.operation, reported.country, rows, package=reported.package, signer=signer
    )
    session.record(
        Operation.COLLECTION,
        "outcome.import",
        (reported.package, origin.sha256),
        "outcomes received",
        recipient=reported.country,
        facts={"outcomes": len(rows), "new": new},
    )
    now = _latest({**row, "country": reported.country, "package": reported.package} for row in rows)
    earlier = {lead: before[lead] for lead in now if lead in before}
    return TakenOutcomes(
        package=reported.package,
        country=reported.country,
        outcomes=len(rows),
        new=new,
        older=len(earlier) == len(now) and all(one.at > reported.at for one in earlier.values()),
        replaced=tuple(
            f"{lead}: {', '.join(lost)}"
            for lead, one in sorted(earlier.items())
            if one.at < reported.at and (lost := no_longer_said(one, now[lead]))
        ),
    )


def _latest(rows: Iterable[Mapping[str, object]]) -> dict[str, ReportedOutcome]:
    return latest_of(ReportedOutcome.of(row) for row in rows)


class FollowUp(TypedDict):
    """An exhibit that an outcome brought, whether it is here, and the leads that stand on it."""

    exhibit: str
    country: str
    from_lead: str
    reported_at: datetime
    received: bool
    leads: list[str]


def follow_up(session: Session) -> list[FollowUp]:
    """Exhibits that outcomes brought: who reported them, whether they are here, and which leads stand on them."""
    from fairlead.register.followup import find_outcomes
    from fairlead.register.leads import find_leads

    at = session.clock()
    here = {row["exhibit"] for row in list_exhibits(session)}
    standing: dict[str, list[str]] = {}
    for row in find_leads(session.user_id, session.operation, at=at):
        for item in row["body"]["evidence"]:
            standing.setdefault(item["exhibit"], []).append(row["lead"])
    return [
        {
            "exhibit": exhibit,
            "country": row["country"],
            "from_lead": row["lead"],
            "reported_at": row["at"],
            "received": exhibit in here,
            "leads": standing.get(exhibit, []),
        }
        for row in find_outcomes(session.user_id, session.operation, at=at)
        for exhibit in row["new_exhibits"]
    ]
