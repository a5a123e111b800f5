"""Leads as a list that may be long: heads first, details for the rows that are shown."""

from __future__ import annotations

from typing import Any

from fairlead.case.session import Session
from fairlead.terms.custody import Operation


def list_lead_heads(session: Session) -> list[dict[str, Any]]:
    """The leads a user may see, without statements; a consultation in the ledger."""
    from fairlead.register.leads import find_lead_heads

    rows = find_lead_heads(session.user_id, session.operation, at=session.clock())
    session.record(Operation.CONSULTATION, "lead.list", ("*",), "leads listed", facts={"leads": len(rows)})
    return rows


def complete_leads(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows with handling code and number of statements."""
    from fairlead.register.leads import find_lead_details

    details = find_lead_details(
        session.user_id, session.operation, [row["lead"] for row in rows], at=session.clock()
    )
    return [{**row, **details.get(row["lead"], {})} for row in rows]
