"""Leads, and what goes to which country."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from fairlead.case.lists.for_everybody import LEADS
from fairlead.case.lists.lead_heads import list_lead_heads
from fairlead.case.sending.changes import diff_with_sent
from fairlead.case.sending.holds import hold, lift
from fairlead.case.sending.leads import categorise, decide_again, get_lead, holds_on_lead
from fairlead.case.sending.sent import find_sent_lead
from fairlead.leads.document import LeadDocument, SubjectCategory
from fairlead.register.actions import Action
from fairlead.terms.errors import UsageError
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import list_register


def listing(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The leads that are this user's to see."""
    return list_register(
        request,
        desk,
        LEADS,
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
        sent = find_sent_lead(desk.session, lead)
        if sent is None:
            raise Http404 from problem
        return _as_sent(request, *sent)
    sections: dict[str, list[object]] = {}
    for statement in document.statements:
        sections.setdefault(statement.section, []).append(statement)
    return TemplateResponse(
        request,
        "workbench/lead.html",
        {
            "lead": document,
            "holds": holds_on_lead(desk.session, lead),
            "decide_again": decide_again(desk.session, lead),
            "categories": list(SubjectCategory),
            "may_hold": desk.may(Action.PREPARE),
            "may_lift": desk.may(Action.RELEASE),
            "may_categorise": desk.may(Action.JUDGE, document.country),
            "sections": list(sections.items()),
            "diff": diff,
            "package": package,
            "title": document.lead,
        },
    )


def _as_sent(request: HttpRequest, document: LeadDocument, package: str) -> HttpResponse:
    """A lead that is published no more, or not in this version: as its country was last sent it."""
    sections: dict[str, list[object]] = {}
    for statement in document.statements:
        sections.setdefault(statement.section, []).append(statement)
    context = {
        "lead": document,
        "sections": list(sections.items()),
        "as_sent": package,
        "title": document.lead,
    }
    return TemplateResponse(request, "workbench/lead.html", context)


def _person_of(desk: Desk, lead: str) -> str:
    try:
        return get_lead(desk.session, lead).person
    except UsageError as problem:
        raise Http404 from problem


def hold_person(request: HttpRequest, desk: Desk, lead: str) -> HttpResponse:
    """Let nothing be sent about the lead's person."""
    hold(desk.session, _person_of(desk, lead), reason=request.POST.get("reason", "")[:1000])
    messages.success(request, _("Nothing will be sent about this person until the hold is lifted."))
    return redirect("lead", operation=desk.operation, lead=lead)


def lift_hold(request: HttpRequest, desk: Desk, lead: str) -> HttpResponse:
    """End the holds on the lead's person."""
    reason = request.POST.get("reason", "")[:1000]
    if not reason.strip():
        raise UsageError("lifting a hold needs a reason", "Say why it ends.", code="USAGE-REASON")
    lift(desk.session, _person_of(desk, lead), reason=reason)
    messages.success(request, _("The hold is lifted."))
    return redirect("lead", operation=desk.operation, lead=lead)


def category(request: HttpRequest, desk: Desk, lead: str) -> HttpResponse:
    """Decide what category of data subject the lead is about."""
    _person_of(desk, lead)
    try:
        chosen = SubjectCategory(request.POST.get("category", ""))
    except ValueError as problem:
        raise UsageError("that is no category", "Choose one of the list.", code="USAGE-REASON") from problem
    categorise(desk.session, lead, chosen, reason=request.POST.get("reason", "")[:1000])
    messages.success(
        request, _("Your decision is kept. It stands in the lead once leads are computed again.")
    )
    return redirect("lead", operation=desk.operation, lead=lead)
