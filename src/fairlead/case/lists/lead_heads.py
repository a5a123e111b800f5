"""Leads as a list that may be long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.case.lists.for_everybody import LEADS
from fairlead.case.place.session import Session
from fairlead.terms.custody import Operation

if TYPE_CHECKING:
    from fairlead.register.browse import Asked, Found


def list_lead_heads(session: Session, asked: Asked) -> Found:
    """The leads a user may see, without statements, as far as they are asked for; a consultation in the ledger."""
    from fairlead.register.leads import browse_leads

    found = browse_leads(
        session.user_id,
        session.operation,
        asked,
        facets=LEADS.facets,
        searched=LEADS.searched,
        order=LEADS.order,
        at=session.clock(),
    )
    session.record(
        Operation.CONSULTATION, "lead.list", ("*",), "leads listed", facts={"leads": len(found.rows)}
    )
    return found
