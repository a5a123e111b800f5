"""What a package would bring that is new: compared with what was sent before."""

from __future__ import annotations

from typing import TypedDict

from fairlead.case.persons.anchors import held_now
from fairlead.case.place.session import Session
from fairlead.case.sending.freshness import recalled_leads, stale_leads
from fairlead.case.sending.leads import get_lead
from fairlead.leads.diff import LeadDiff, diff_leads
from fairlead.leads.document import LeadDocument
from fairlead.register.rows import LeadEntry
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


def diff_with_sent(session: Session, lead: str) -> tuple[LeadDiff | None, str | None]:
    """What changed in a lead since it was last sent, and in which package that was; None when never sent."""
    from fairlead.register.followup import find_version, last_sent_version

    now = get_lead(session, lead)
    sent = last_sent_version(session.user_id, session.operation, lead, at=session.clock())
    if sent is None:
        return None, None
    body = find_version(session.user_id, session.operation, lead, sent[1], at=session.clock())
    if body is None:
        raise UsageError(
            f"version {sent[1]} of lead {lead} is not kept here", "Ask who sent it.", code="USAGE-LEAD"
        )
    return diff_leads(LeadDocument.model_validate(body), now), sent[0]


class ToSend(TypedDict):
    """A lead that a country would receive: what changed since it was last sent, and whether it is held back."""

    lead: str
    grade: str
    version: int
    handling: str
    statements: int
    selectors: int
    last_sent: str | None
    added: int
    changed: int
    removed: int
    held: bool
    recalled: bool
    stale: bool


def preview(session: Session, country: str, *, limit: int | None = None) -> list[ToSend]:
    """Who would receive what: one row a lead, with what changed since it was last sent, and what is held back.

    ``limit`` gives the first rows only, for a page; whether digests have changed is asked without it only.
    """
    from fairlead.register.followup import find_versions, last_sent
    from fairlead.register.leads import find_leads

    at = session.clock()
    held = held_now(session)
    rows = find_leads(session.user_id, session.operation, at=at, country=country, limit=limit)
    sent = last_sent(session.user_id, session.operation, country, at=at)
    changed = {row["lead"]: sent[row["lead"]][1] for row in rows if _differs(row, sent)}
    bodies = find_versions(session.user_id, session.operation, changed, at=at)
    listed: list[ToSend] = []
    recalled, stale = recalled_leads(session), stale_leads(session, rows, digests=limit is None)
    for row in rows:
        body, before = row["body"], bodies.get(row["lead"])
        diff = (
            diff_leads(LeadDocument.model_validate(before), LeadDocument.model_validate(body))
            if before
            else None
        )
        unsent = len(body["statements"]) if row["lead"] not in sent else 0
        listed.append(
            {
                "lead": row["lead"],
                "grade": row["grade"],
                "version": row["version"],
                "handling": body["handling"],
                "statements": len(body["statements"]),
                "selectors": sum(
                    s["section"] in ("selectors", "subject", "related") for s in body["statements"]
                ),
                "last_sent": sent[row["lead"]][0] if row["lead"] in sent else None,
                "added": len(diff.added) if diff else unsent,
                "changed": len(diff.changed) if diff else 0,
                "removed": len(diff.removed) if diff else 0,
                "held": held.holds(row),
                "recalled": row["lead"] in recalled,
                "stale": row["lead"] in stale or row["material"] is None,
            }
        )
    session.record(
        Operation.CONSULTATION,
        "package.preview",
        (country,),
        "release prepared",
        facts={"leads": len(listed)},
    )
    return listed


def _differs(row: LeadEntry, sent: dict[str, tuple[str, int]]) -> bool:
    """Whether a lead was sent in another version than it has now."""
    return row["lead"] in sent and sent[row["lead"]][1] != row["version"]
