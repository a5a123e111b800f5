"""Law side by side, one jurisdiction, and what changed. Not legal advice."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy

from fairlead.law.changes import find_changes
from fairlead.law.coverage import coverage_on, newest_day
from fairlead.law.duration import say_range
from fairlead.law.load import layered_records
from fairlead.law.standing import standing_of
from fairlead.terms.law import ImageClass, LegalAct
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import twin

_CHANGES_SHOWN = 40
_BUYERS_FIRST = (LegalAct.PAY, LegalAct.ACCESS, LegalAct.ACQUIRE, LegalAct.POSSESS, LegalAct.WATCH_LIVE)
_SHORT = {
    "may_apply": gettext_lazy("may"),
    "gap_asserted": gettext_lazy("gap"),
    "unclear": gettext_lazy("unclear"),
    "not_assessed": "–",
}


def matrix(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """All jurisdictions and acts on one day, for one class of image."""
    records = layered_records(desk.session.workspace.law)
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


def jurisdiction(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """The answers of today, the acts of buyers first, then provisions and gaps of one jurisdiction."""
    records = layered_records(desk.session.workspace.law)
    home = records.home_of(code)
    if home is None or code not in (*home.codes, home.code):
        raise Http404
    codes = {code, home.code}
    day = newest_day(records)
    asked = code if code in home.codes else home.codes[0]
    rows = []
    for act in (*_BUYERS_FIRST, *(a for a in LegalAct if a not in _BUYERS_FIRST)):
        cells = []
        for image in ImageClass:
            (covered,) = coverage_on(records, day, image=image, acts=(act,), codes=(asked,))
            verdict = covered.answer.verdict.value
            cells.append(
                (
                    verdict,
                    _SHORT[verdict],
                    [f"{v.citation}: {say_range(v.penalty)}" for v in covered.answer.provisions],
                )
            )
        rows.append((act.value, cells))
    context = {
        "day": day,
        "rows": rows,
        "images": list(ImageClass),
        "standing": standing_of(records, asked),
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
