"""Finding."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from fairlead.case.find import find as look
from fairlead.workbench.desk import Desk


def find(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Words in everything this user may see."""
    words = request.GET.get("q", "")[:200]
    found = look(desk.session, words) if words.strip() else None
    return TemplateResponse(request, "workbench/find.html", {"words": words, "found": found})
