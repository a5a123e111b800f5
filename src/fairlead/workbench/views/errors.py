"""What people see when something is not there, not allowed, or broken."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from fairlead.terms.errors import ItemError, UsageError


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django calls it so
    """Unknown and forbidden look the same."""
    context = {
        "title": _("Nothing here for you"),
        "fact": _("There is no such page, or it is not yours to see."),
    }
    return render(request, "workbench/problem.html", context, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Something failed here."""
    context = {
        "title": _("Something failed here"),
        "fact": _("What you did before is kept. Whoever runs this server finds the cause in its log."),
    }
    return render(request, "workbench/problem.html", context, status=500)


def forged(request: HttpRequest, **_reason: Any) -> HttpResponse:
    """A form without its token: the page was open too long, or somebody else made the form."""
    context = {
        "title": _("This form is too old"),
        "fact": _("Go back, load the page again and send the form once more."),
    }
    return render(request, "workbench/problem.html", context, status=403)


def _came_from(request: HttpRequest) -> str:
    """The page of this server that sent the form; empty when the browser does not say, or says another place."""
    page = request.headers.get("Referer", "")
    here = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return urlsplit(page).path if here else ""


def explain(request: HttpRequest, problem: UsageError | ItemError) -> HttpResponse:
    """A verb refused: its sentence and its remedy."""
    context = {
        "title": _("That was not done"),
        "fact": problem.fact,
        "remedy": problem.remedy,
        "code": problem.code,
        "back": _came_from(request),
    }
    return render(request, "workbench/problem.html", context, status=422)
