"""Review: the queue, one content on the ladder, a look, a decision, and one's own exposure."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.case.lists.for_the_lead import WAITING
from fairlead.case.looking.content_file import open_content
from fairlead.case.looking.exposure import own_exposure
from fairlead.case.looking.reveal import ask_to_see, note_seconds, picture_of
from fairlead.case.looking.review import categories, decide, next_item, open_queue, reach_now, waiting_rows
from fairlead.register.reviews import find_reviews_of, highest_level
from fairlead.terms.review import (
    BREAK_MINUTES,
    CONCEAL_AFTER_S,
    PURPOSE_FROM,
    Purpose,
    ReviewDecision,
)
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import listed_twin


def queue(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Where reviewing stands."""
    if request.GET.get("format") in ("csv", "json"):
        rows = waiting_rows(desk.session)
        if (answer := listed_twin(request, desk, WAITING, rows)) is not None:
            return answer
    return TemplateResponse(
        request,
        "workbench/review.html",
        {"queue": open_queue(desk.session), "exposure": own_exposure(desk.session)},
    )


def following(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The next content of the queue or of the sample; a break first when one is due."""
    sample = request.GET.get("sample") == "1"
    if own_exposure(desk.session).break_due and request.GET.get("go_on") != "1":
        context = {"minutes": BREAK_MINUTES, "sample": sample}
        return TemplateResponse(request, "workbench/break.html", context)
    sha256 = next_item(desk.session, sample=sample)
    if sha256 is None:
        messages.success(request, _("Nothing is left here."))
        return redirect("review", operation=desk.operation)
    return redirect(reverse("look", args=[desk.operation, sha256]) + ("?sample=1" if sample else ""))


def look(request: HttpRequest, desk: Desk, sha256: str) -> HttpResponse:
    """One content: words first, pixels only when asked for. POST keeps the decision."""
    sample = (request.POST if request.method == "POST" else request.GET).get("sample") == "1"
    if request.method == "POST":
        held = decide(
            desk.session,
            sha256,
            decision=request.POST.get("decision", ""),
            category=request.POST.get("category", ""),
            note=request.POST.get("note", ""),
            sample=sample,
        )
        messages.success(
            request,
            ngettext("Decided: %(n)d content.", "One decision for %(n)d contents.", held) % {"n": held},
        )
        return redirect(reverse("following", args=[desk.operation]) + ("?sample=1" if sample else ""))
    try:
        file = open_content(desk.session, sha256)
    except LookupError as problem:
        raise Http404 from problem
    at = desk.session.clock()
    reach = reach_now(desk.session, file, sample=sample)
    context = {
        "file": file,
        "sample": sample,
        "decides": len(reach.rows),
        "left_as_decided": reach.left,
        "seen": highest_level(desk.user.pk, desk.operation, sha256, at=at),
        "reviews": find_reviews_of(desk.user.pk, desk.operation, sha256, at=at),
        "decisions": list(ReviewDecision),
        "purposes": list(Purpose),
        "purpose_from": int(PURPOSE_FROM),
        "conceal_after": CONCEAL_AFTER_S,
        "categories": categories(desk.session),
        "title": sha256[:12],
    }
    return TemplateResponse(request, "workbench/look.html", context)


def reveal(request: HttpRequest, desk: Desk, sha256: str) -> HttpResponse:
    """One look at one level: the answer names an address that gives the picture once asked within a minute."""
    level = request.POST.get("level", "")
    token = ask_to_see(
        desk.session,
        sha256,
        level=int(level) if level.isascii() and level.isdecimal() and len(level) < 3 else 0,
        purpose=request.POST.get("purpose", ""),
    )
    return JsonResponse(
        {
            "picture": reverse("picture", args=[desk.operation, token]),
            "concealed": reverse("concealed", args=[desk.operation, token]),
        }
    )


def picture(request: HttpRequest, desk: Desk, token: str) -> HttpResponse:  # noqa: ARG001 - Django gives it
    """The derivative of a token. Never stored by anybody."""
    try:
        body = picture_of(desk.session, token)
    except LookupError as problem:
        raise Http404 from problem
    return HttpResponse(body, content_type="image/png")


def concealed(request: HttpRequest, desk: Desk, token: str) -> HttpResponse:
    """For how long the picture was shown."""
    note_seconds(desk.session, token, request.POST.get("seconds", ""))
    return HttpResponse(status=204)


def exposure(request: HttpRequest, desk: Desk) -> HttpResponse:
    """One's own exposure. Nobody else has this page."""
    return TemplateResponse(request, "workbench/exposure.html", {"exposure": own_exposure(desk.session)})
