"""Judgements about two records: what one would change, and making it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from fairlead.case.persons.attribution import judge
from fairlead.case.persons.person_file import preview_judgement
from fairlead.terms.errors import UsageError
from fairlead.terms.platform import Judgement
from fairlead.workbench.desk import Desk


def judgement(request: HttpRequest, desk: Desk, person: str) -> HttpResponse:
    """GET shows what a judgement would change, POST keeps it."""
    asked = request.POST if request.method == "POST" else request.GET
    left, right = asked.get("left", "").strip(), asked.get("right", "").strip()
    verdict = asked.get("judgement", "")
    if request.method == "POST":
        try:
            known = Judgement(verdict)
        except ValueError as problem:
            raise UsageError(
                "a judgement is same, different or unsure", "Choose one.", code="USAGE-JUDGEMENT"
            ) from problem
        judge(desk.session, left, right, known, request.POST.get("reason", "")[:1000])
        messages.success(
            request, _("Your judgement is kept. It takes effect when the links are computed again.")
        )
        return redirect("person", operation=desk.operation, person=person)
    effect = preview_judgement(desk.session, left, right) if left and right and left != right else None
    context = {"effect": effect, "left": left, "right": right, "judgement": verdict}
    return TemplateResponse(request, "workbench/effect.html", context)
