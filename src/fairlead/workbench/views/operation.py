"""The operation's own page: figures for those who see the whole, their part for everybody else."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from fairlead.case.board.overview import overview as count
from fairlead.case.jobs import NEEDED, JobKind, ask_for_job, stop
from fairlead.case.looking.review import estimate_missed
from fairlead.case.sending.freshness import recalls_to_consider
from fairlead.register.jobs import find_jobs
from fairlead.workbench.desk import Desk
from fairlead.workbench.svg.bars import legend, split_bar


def overview(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Everybody lands here; who may see one country only is shown that country, the press desk its figures."""
    if not desk.offers()["sight"]:
        return redirect("press", operation=desk.operation)
    if not desk.whole:
        return redirect("country", operation=desk.operation, country=desk.countries[0])
    figures = count(desk.session)
    states = figures.triage
    contents = [
        (_("exact match"), states.exact),
        (_("near match"), states.near),
        (_("known benign"), states.known_benign),
        (_("declared machine-made"), states.machine_made),
        (_("neither picture nor video"), states.not_media),
        (_("left for people"), states.for_people),
    ]
    return TemplateResponse(
        request,
        "workbench/operation.html",
        {
            "figures": figures,
            "consider": recalls_to_consider(desk.session),
            "states": states,
            "contents": contents,
            "bar": split_bar(contents, _("Distinct contents by state")),
            "legend": legend(contents),
            "jobs": find_jobs(desk.user.pk, desk.operation, at=desk.session.clock()),
            "missed": estimate_missed(desk.session),
            "kinds": [kind for kind in JobKind if desk.may(NEEDED[kind])],
            "stoppable": {kind.value for kind in JobKind if desk.may(NEEDED[kind])},
            "verdicts": sorted(states.verdicts.items(), key=lambda pair: -pair[1]),
        },
    )


def job(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask for long work; a worker does it."""
    from fairlead.workbench.tasks import defer

    number, kind = ask_for_job(desk.session, request.POST.get("kind", ""))
    defer(desk.session, number, kind)
    messages.success(request, _("It is in the queue. This page shows how far it is."))
    return redirect("operation", operation=desk.operation)


def stop_job(request: HttpRequest, desk: Desk, job: int) -> HttpResponse:
    """Stop work that waits or runs."""
    stop(desk.session, job)
    messages.success(request, _("It stops at its next step. What is done stays done."))
    return redirect("operation", operation=desk.operation)
