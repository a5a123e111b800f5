"""Finding."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

from fairlead.case.lists.find import Found
from fairlead.case.lists.find import find as look
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import twin

_TWIN = ("kind", "id", "country", "grade", "said")


def find(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Words in everything this user may see."""
    words = request.GET.get("q", "")[:200]
    found = look(desk.session, words) if words.strip() else None
    if found and (answer := twin(request, desk, "find", _TWIN, _rows(found))) is not None:
        return answer
    return TemplateResponse(request, "workbench/find.html", {"words": words, "found": found})


def _rows(found: Found) -> list[Mapping[str, object]]:
    return [
        *({"kind": "person", "id": p["person"], **p} for p in found.persons),
        *({"kind": "lead", "id": lead["lead"], **lead} for lead in found.leads),
        *(
            {"kind": "file", "id": c["sha256"], "said": [f"{c['exhibit']} {c['path']}"]}
            for c in found.contents
        ),
        *({"kind": "package", "id": p["package"], "country": p["country"]} for p in found.packages),
    ]
