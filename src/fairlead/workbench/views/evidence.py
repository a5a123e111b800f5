"""Exhibits with their custody, and contents by state. No page here shows a pixel of a content."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from fairlead.case.exhibits.adding import find_acquisition
from fairlead.case.exhibits.custody import Handover, get_exhibit, record_handover, show_custody, show_exhibits
from fairlead.case.exhibits.volumes import list_volumes
from fairlead.case.lists.for_the_lead import CONTENTS, EXHIBITS
from fairlead.case.lists.recognised import count_recognised
from fairlead.case.looking.content_file import open_content
from fairlead.case.running.runs import RunState, find_run
from fairlead.register.reviews import find_reviews_of
from fairlead.terms.custody import CustodyEvent, Operation
from fairlead.terms.errors import UsageError
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import list_rows, list_tables
from fairlead.workbench.svg.timeline import Period, timeline

_AT_THE_DESK = (
    CustodyEvent.CHECK_OUT,
    CustodyEvent.CHECK_IN,
    CustodyEvent.TRANSFER,
    CustodyEvent.RETURN,
)


def exhibits(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All exhibits."""
    return list_rows(
        request,
        desk,
        EXHIBITS,
        show_exhibits(desk.session),
        link=lambda row: reverse("exhibit", args=[desk.operation, row["exhibit"]]),
    )


def exhibit(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """One exhibit with its custody record; POST adds an event."""
    if request.method == "POST":
        known = {event.value: event for event in _AT_THE_DESK}
        if request.POST.get("event") not in known:
            raise UsageError("that is no custody event", "Choose one of the list.", code="USAGE-CUSTODY")
        record_handover(
            desk.session,
            Handover(
                exhibit=number,
                event=known[request.POST["event"]],
                reason=request.POST.get("reason", "")[:500],
                location=request.POST.get("location", "")[:200],
                counter_party=request.POST.get("counter_party", "")[:200],
            ),
        )
        messages.success(request, _("The custody record has a new entry."))
        return redirect("exhibit", operation=desk.operation, number=number)
    try:
        row = get_exhibit(desk.session, number)
    except UsageError as problem:
        raise Http404 from problem
    events = show_custody(desk.session, number)
    desk.session.record(Operation.CONSULTATION, "exhibit.open", (number,), "exhibit consulted")
    drawn = timeline(
        [
            Period(
                lane=event["event"].replace("_", " "),
                begins_at=event["at"],
                ends_at=event["at"] + timedelta(minutes=1),
                said=f"{event['event']} {event['at']:%Y-%m-%d %H:%M} {event['actor']}",
            )
            for event in events
        ],
        _("Custody over time; the table below says the same"),
    )
    context = {
        "row": row,
        "acquisition": find_acquisition(desk.session, number),
        "volumes": list_volumes(desk.session, number),
        "recognised": count_recognised(desk.session, number),
        "run": _running(desk),
        "events": events,
        "drawn": drawn,
        "out": bool(events) and events[-1]["event"] in (CustodyEvent.CHECK_OUT, CustodyEvent.TRANSFER),
        "choices": _AT_THE_DESK,
        "title": number,
    }
    return TemplateResponse(request, "workbench/exhibit.html", context)


def _running(desk: Desk) -> RunState | None:
    """The run that writes the operation's tables now."""
    state = find_run(desk.session.workspace.operation(desk.operation))
    return state if state is not None and state.state == "running" and state.stage else None


def triage(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Contents by state, with the reason. Words only."""
    return list_tables(
        request,
        desk,
        CONTENTS,
        link=lambda row: reverse("content", args=[desk.operation, row["sha256"]]),
    )


def content(request: HttpRequest, desk: Desk, sha256: str) -> HttpResponse:
    """What is known about one content, in words."""
    try:
        file = open_content(desk.session, sha256)
    except LookupError as problem:
        raise Http404 from problem
    reviews = find_reviews_of(desk.user.pk, desk.operation, sha256, at=desk.session.clock())
    return TemplateResponse(
        request, "workbench/content.html", {"file": file, "reviews": reviews, "title": sha256[:12]}
    )
