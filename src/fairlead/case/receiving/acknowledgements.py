"""Takes in acknowledgements of recalls: each closes the recall that it answers, and no other."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.case.place.session import Session
from fairlead.case.receiving.foreign import get_answered, origin_of
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.leads.dsse import refused
from fairlead.leads.recall import verify_acknowledgement
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenAcknowledgement:
    """An acknowledgement that was taken in, and how many open recalls it closed; none the second time."""

    package: str
    country: str
    closed: int

    @property
    def again(self) -> bool:
        """Whether the recall had been acknowledged before."""
        return self.closed == 0


@verb(
    "package.recall-acknowledged",
    Action.ANSWER,
    Action.RELEASE,
    becomes=Operation.COLLECTION,
    command="package recall-acknowledged",
    page="workbench:incoming",
    about=("untrusted_text",),
    of=in_country("country"),
    whole=True,
)
def take_acknowledgement(session: Session, country: str, untrusted_text: str) -> TakenAcknowledgement:
    """Check an acknowledgement and close the recall that it answers, told by the digest of the notice."""
    from fairlead.register.followup import acknowledge_recalls, find_recalls

    origin = origin_of(session, country, untrusted_text)
    acknowledged, signer = verify_acknowledgement(untrusted_text, origin.keys.officers)
    get_answered(
        session,
        origin,
        package=acknowledged.package,
        sha256=acknowledged.sha256,
        country=acknowledged.country,
        signer=signer,
        at=acknowledged.at,
        code="PACKAGE-RECALL",
    )
    answered = [
        row
        for row in find_recalls(session.user_id, session.operation, at=session.clock())
        if row["package"] == acknowledged.package
        and acknowledged.answers(notice=row["notice"], leads=tuple(row["leads"]), at=row["at"])
    ]
    if (
        not acknowledged.notice
    ):  # an older version, which did not say which: the first of them that is still open
        still_open = [row for row in answered if row["acknowledged_at"] is None]
        answered = sorted(still_open or answered, key=lambda row: row["at"])[:1]
    if not answered:
        raise refused("the acknowledgement answers no recall that was signed here", "PACKAGE-RECALL")
    closed = acknowledge_recalls(session.user_id, [row["id"] for row in answered], at=acknowledged.at)
    session.record(
        Operation.COLLECTION,
        "package.recall-acknowledged",
        (acknowledged.package, origin.sha256),
        "recall acknowledged",
        recipient=acknowledged.country,
        facts={"closed": closed},
    )
    return TakenAcknowledgement(package=acknowledged.package, country=acknowledged.country, closed=closed)
