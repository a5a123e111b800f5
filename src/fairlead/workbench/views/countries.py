"""Countries: what each would receive, and the release by two officers."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from hashlib import sha256

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from fairlead.case.lists.for_everybody import COUNTRIES
from fairlead.case.receiving.incoming import take_in
from fairlead.case.sending.building import Terms
from fairlead.case.sending.changes import preview
from fairlead.case.sending.freshness import recalls_to_consider
from fairlead.case.sending.outgoing import notice_text, notices, package_file, recall
from fairlead.case.sending.reading import read_package, waiting_row
from fairlead.case.sending.release import country_states, prepare_release, release, return_release, settle
from fairlead.leads.recipients import fingerprints_of
from fairlead.register.actions import Action
from fairlead.register.followup import find_outcomes, find_recalls
from fairlead.register.leads import find_packages
from fairlead.register.releases import find_prepared
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import list_rows
from fairlead.workbench.uploads import uploaded_text
from fairlead.workbench.wording import word

_LEADS_SHOWN, _OUTCOMES_SHOWN, _ROWS_SHOWN = 50, 50, 100
_READER_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""What a browser's own PDF reader needs: it shows the document as an object of the same address."""
_READ_HERE = ("selectors.csv", "hashes.csv", "evidence.csv")


def listing(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Where every country stands."""
    rows = [asdict(state) for state in country_states(desk.session)]
    return list_rows(
        request,
        desk,
        COUNTRIES,
        rows,
        link=lambda row: reverse("country", args=[desk.operation, row["country"]]),
    )


def country(request: HttpRequest, desk: Desk, country: str) -> HttpResponse:
    """One country: who would receive what, what was sent, what waits."""
    at = desk.session.clock()
    settle(desk.session)
    state = next((s for s in country_states(desk.session) if s.country == country), None)
    if state is None:
        raise Http404
    releases = find_prepared(desk.user.pk, desk.operation, at=at, country=country)
    packages = find_packages(desk.user.pk, desk.operation, at=at)
    outcomes = find_outcomes(desk.user.pk, desk.operation, at=at, country=country)
    recalls = find_recalls(desk.user.pk, desk.operation, at=at)
    defaults = Terms()
    listed = preview(desk.session, country, limit=_LEADS_SHOWN)
    kept_back = sum(bool(row["held"] or row["recalled"]) for row in listed)
    waiting = next((r for r in releases if r["state"] in ("waiting", "releasing")), None)
    context = {
        "state": state,
        "preview": listed,
        "going": state.leads - kept_back,
        "more": max(0, state.leads - _LEADS_SHOWN),
        "waiting": waiting,
        "waiting_manifest": sha256(waiting["manifest"].encode()).hexdigest() if waiting else "",
        "waiting_fingerprints": fingerprints_of(waiting["recipients"]) if waiting else (),
        "releases": releases,
        "packages": [p for p in packages if p["country"] == country],
        "outcomes": list(reversed(outcomes[-_OUTCOMES_SHOWN:])),
        "outcomes_total": len(outcomes),
        "recalls": [r for r in recalls if r["country"] == country],
        "defaults": defaults,
        "consider": recalls_to_consider(desk.session, country=country),
        "notices": notices(desk.session, country),
        "may_bring": desk.may(Action.ANSWER, country) or desk.may(Action.RELEASE, country),
        "may_prepare": desk.may(Action.PREPARE, country),
        "may_release": desk.may(Action.RELEASE, country),
        "title": country,
    }
    return TemplateResponse(request, "workbench/country.html", context)


def incoming(request: HttpRequest, desk: Desk, country: str) -> HttpResponse:
    """A receipt, outcomes or an acknowledgement, as the country signed it."""
    taken = take_in(desk.session, uploaded_text(request, "file"), country=country)
    messages.success(
        request,
        _("Taken in: %(kind)s for %(package)s.") % {"kind": word(taken.kind.value), "package": taken.package},
    )
    if taken.replaced:
        messages.warning(
            request,
            _("The newest report of a lead takes the place of those before. Not counted any more: %(lines)s")
            % {"lines": "; ".join(taken.replaced)},
        )
    if taken.again:
        messages.info(request, word("taken in before: nothing changed"))
    if taken.older:
        messages.info(request, word("a newer answer still holds"))
    return redirect("country", operation=desk.operation, country=country)


def package(request: HttpRequest, desk: Desk, country: str, package: str) -> HttpResponseBase:  # noqa: ARG001
    """The encrypted package itself: only the country can open it."""
    try:
        path = package_file(desk.session, country, package)
    except LookupError as problem:
        raise Http404 from problem
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=path.name, content_type="application/octet-stream"
    )


def recall_form(request: HttpRequest, desk: Desk, country: str) -> HttpResponse:
    """Recall a package, or some of its leads: the notice is signed with the user's own key."""
    name = recall(
        desk.session,
        country,
        request.POST.get("package", ""),
        leads=tuple(request.POST.getlist("lead")),
        reason=request.POST.get("reason", "")[:1000],
    )
    messages.success(
        request, _("The recall notice is signed: %(name)s. Hand it to the country.") % {"name": name}
    )
    return redirect("country", operation=desk.operation, country=country)


def notice(request: HttpRequest, desk: Desk, country: str, name: str) -> HttpResponse:  # noqa: ARG001
    """A recall notice as a file."""
    try:
        text = notice_text(desk.session, country, name)
    except LookupError as problem:
        raise Http404 from problem
    answer = HttpResponse(text, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def prepare(request: HttpRequest, desk: Desk, country: str) -> HttpResponse:
    """The first officer asks for a release."""
    drawn = prepare_release(
        desk.session,
        country,
        legal_basis=request.POST.get("legal_basis", "")[:500],
        purpose=request.POST.get("purpose", "")[:500],
        seen=request.POST.getlist("recipient") or None,
    )
    messages.success(request, _("Prepared. Another officer has to release it."))
    if drawn.nothing_changed_since:
        messages.warning(
            request, _("Nothing changed since package %(name)s.") % {"name": drawn.nothing_changed_since}
        )
    return redirect("country", operation=desk.operation, country=country)


def reading(request: HttpRequest, desk: Desk, country: str) -> HttpResponse:
    """Every finished file of the package that waits, as the country will read it; here the second officer decides."""
    row = waiting_row(desk.session, country)
    if row is None:
        raise Http404
    read = read_package(desk.session, country)
    context = {
        "country": country,
        "reading": read,
        "leads": preview(desk.session, country, limit=_LEADS_SHOWN),
        "more": max(0, len(read.leads) - _LEADS_SHOWN),
        "cover": read.files["data/cover.txt"].decode(),
        "tables": [_table(name, read.files[f"data/{name}"]) for name in _READ_HERE],
        "files": [(path, *told) for path, told in read.sizes.items()],
        "decides": desk.may(Action.RELEASE, country) and row["prepared_by_id"] != desk.user.pk,
        "title": read.package,
    }
    return TemplateResponse(request, "workbench/reading.html", context)


def _table(name: str, data: bytes) -> dict[str, object]:
    """A table of a package with its first rows, and how many there are in all."""
    head, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
    return {"name": name, "head": head, "rows": rows[:_ROWS_SHOWN], "all": len(rows)}


def reading_file(request: HttpRequest, desk: Desk, country: str, path: str) -> HttpResponse:  # noqa: ARG001
    """One finished file of the package that waits. What is served is a PDF or plain text, whatever its name says."""
    if waiting_row(desk.session, country) is None:
        raise Http404
    data = read_package(desk.session, country, file=path).files.get(path)
    if data is None:
        raise Http404
    kind = "application/pdf" if path.endswith(".pdf") else "text/plain; charset=utf-8"
    headers = {"Content-Disposition": "inline", "Content-Security-Policy": _READER_POLICY}
    return HttpResponse(data, content_type=kind, headers=headers)


def decide(request: HttpRequest, desk: Desk, country: str, waiting: int) -> HttpResponse:
    """The second officer releases what they read, or returns it with a reason."""
    if request.POST.get("decision") == "release":
        package = release(desk.session, waiting, manifest_sha256=request.POST.get("manifest", "")[:64])
        messages.success(request, _("Released: %(package)s") % {"package": package})
    else:
        return_release(desk.session, waiting, reason=request.POST.get("reason", "")[:500])
        messages.success(request, _("Returned to who prepared it."))
    return redirect("country", operation=desk.operation, country=country)
