"""Law side by side, one jurisdiction, and what changed. Not legal advice."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy

from fairlead.law import load_records
from fairlead.law.changes import find_changes
from fairlead.law.coverage import coverage_on, newest_day
from fairlead.terms.law import ImageClass, LegalAct
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import twin

_CHANGES_SHOWN = 40
_SHORT = {
    "may_apply": gettext_lazy("may"),
    "gap_asserted": gettext_lazy("gap"),
    "unclear": gettext_lazy("unclear"),
    "not_assessed": "–",
}


def matrix(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """All jurisdictions and acts on one day, for one class of image."""
    records = load_records()
    image = _image(request)
    day = _day(request) or newest_day(records)
    rows: dict[str, list[tuple[str, object]]] = {}
    covering = coverage_on(records, day, image=image)
    listed = [
        {
            "jurisdiction": c.jurisdiction,
            "act": c.act.value,
            "image": image.value,
            "day": day,
            "verdict": c.answer.verdict.value,
        }
        for c in covering
    ]
    if (answer := twin(request, desk, "law", tuple(listed[0]), listed)) is not None:
        return answer
    for covered in covering:
        verdict = covered.answer.verdict.value
        rows.setdefault(covered.jurisdiction, []).append((verdict, _SHORT[verdict]))
    named = [
        (code, home.name_of(code) if (home := records.home_of(code)) else code, cells)
        for code, cells in rows.items()
    ]
    context = {
        "rows": named,
        "acts": list(LegalAct),
        "images": list(ImageClass),
        "image": image,
        "day": day,
        "changes": list(reversed(find_changes(records)))[:_CHANGES_SHOWN],
    }
    return TemplateResponse(request, "workbench/law.html", context)


def jurisdiction(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:  # noqa: ARG001
    """The recorded provisions and gaps of one jurisdiction."""
    records = load_records()
    home = records.home_of(code)
    if home is None or code not in (*home.codes, home.code):
        raise Http404
    codes = {code, home.code}
    context = {
        "code": code,
        "home": home,
        "name": home.name_of(code),
        "provisions": [v for v in records.versions if codes & set(v.jurisdictions)],
        "gaps": [g for g in records.gaps if codes & set(g.jurisdictions)],
        "powers": [p for p in records.powers if codes & set(p.jurisdictions)],
        "title": home.name_of(code),
    }
    return TemplateResponse(request, "workbench/jurisdiction.html", context)


def _image(request: HttpRequest) -> ImageClass:
    try:
        return ImageClass(request.GET.get("image", ImageClass.SYNTH.value))
    except ValueError:
        return ImageClass.SYNTH


def _day(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None
