"""Renders a lead as PDF with Typst; nothing is fetched, fonts come with the wheel."""

from __future__ import annotations

from importlib.resources import files

from fairlead.leads.document import LeadDocument


def render_lead(lead: LeadDocument) -> bytes:
    """The lead as a tagged PDF (PDF/A-2a and PDF/UA-1); the same lead gives the same bytes."""
    import typst

    template = (files("fairlead.leads") / "templates" / "lead.typ").read_bytes()
    compiled: bytes = typst.compile(
        template, sys_inputs={"lead": lead.to_json()}, pdf_standards=["a-2a", "ua-1"]
    )
    return compiled
