"""Leads, and what goes to which country."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from fairlead.case.followup import diff_with_sent
from fairlead.case.lead_list import list_lead_heads
from fairlead.case.leads import get_lead
from fairlead.terms.errors import UsageError
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import Column, Listing, list_register


def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The leads that are this user's to see."""
    described = Listing(
        name="leads",
        title=_("Leads"),
        lead_in=_(
            "A lead is one person in one country, with statements that each name where they come from."
        ),
        columns=(
            Column(name="lead", label=_("Lead"), link=True),
            Column(name="country", label=_("Country"), kind="country"),
            Column(name="grade", label=_("Grade"), kind="tag"),
            Column(name="version", label=_("Version"), kind="number"),
            Column(name="handling", label=_("Handling")),
            Column(name="statements", label=_("Statements"), kind="number"),
        ),
        facets=("country", "grade"),
        searched=("lead", "person"),
        empty=_("Compute leads with `fairlead lead publish`."),
    )
    return list_register(
        request,
        desk,
        described,
        lambda asked: list_lead_heads(desk.session, asked),
        link=lambda row: reverse("lead", args=[desk.operation, row["lead"]]),
    )


def lead(request: HttpRequest, desk: Desk, lead: str) -> HttpResponse:
    """One lead with its statements, and what changed since it was last sent."""
    try:
        document = get_lead(desk.session, lead)
        diff, package = diff_with_sent(desk.session, lead)
    except UsageError as problem:
        if problem.code != "USAGE-LEAD":
            raise
        raise Http404 from problem
    sections: dict[str, list[object]] = {}
    for statement in document.statements:
        sections.setdefault(statement.section, []).append(statement)
    return TemplateResponse(
        request,
        "workbench/lead.html",
        {
            "lead": document,
            "sections": list(sections.items()),
            "diff": diff,
            "package": package,
            "title": document.lead,
        },
    )
