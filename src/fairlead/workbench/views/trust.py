"""The ledger for eyes, and administration."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from fairlead.case.jobs import JobKind, ask_for_job
from fairlead.case.lists.for_the_lead import LEDGER, REVIEWS_DUE
from fairlead.case.log.ledger import erase_entry, make_checkpoint
from fairlead.case.log.standing import ledger_state, set_witness_key, take_cosigned
from fairlead.case.receiving.partners import keep_partner_keys, partner_officers
from fairlead.case.sending.leads import find_due
from fairlead.case.upkeep.administration import give_role, open_administration, take_role
from fairlead.case.upkeep.backups import open_backups
from fairlead.leads.retention import review_rules
from fairlead.register.actions import WHOLE_OPERATION, Role
from fairlead.register.audit import count_entries, find_entries
from fairlead.register.reviews import group_exposure
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import export, listed_twin
from fairlead.workbench.tasks import defer
from fairlead.workbench.uploads import uploaded_text

_ROWS, _ROWS_EXPORTED, _ROWS_DUE = 60, 100_000, 200


def ledger(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The newest entries, where the log stands, and the checkpoint a partner can keep.

    POST signs a new one, or takes in one that partners have cosigned.
    """
    if request.method == "POST":
        if "cosigned" in request.FILES:
            signed = take_cosigned(desk.session, uploaded_text(request, "cosigned"))
            messages.success(request, _("Cosigned by: %(names)s") % {"names": ", ".join(signed)})
        else:
            make_checkpoint(desk.session.workspace)
            messages.success(request, _("A new checkpoint is signed. Give it to your partners."))
        return redirect("ledger", operation=desk.operation)
    before = request.GET.get("before", "")
    form = request.GET.get("format", "html")
    rows = find_entries(
        desk.user.pk,
        desk.operation,
        reader=desk.user.username,
        limit=_ROWS if form == "html" else _ROWS_EXPORTED,
        before=int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None,
    )
    if form in ("csv", "json"):
        return export(desk, LEDGER, form, rows, len(rows))
    context = {
        "rows": rows,
        "counts": count_entries(desk.operation),
        "state": ledger_state(desk.session),
        "older": rows[-1]["index"] if len(rows) == _ROWS else None,
    }
    desk.session.record(Operation.CONSULTATION, "ledger.open", (desk.operation,), "log consulted")
    return TemplateResponse(request, "workbench/ledger.html", context)


def administration(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Users, roles, recipients, keys, reviewers together. POST gives or takes a role, or keeps a country's keys."""
    if request.method == "POST":
        messages.success(request, _administer(request, desk))
        return redirect("administration", operation=desk.operation)
    admin = open_administration(desk.session)
    context = {
        "admin": admin,
        "roles": list(Role),
        "everything": WHOLE_OPERATION,
        "known": {c["country"]: partner_officers(desk.session, c["country"]) for c in admin.countries},
        "together": group_exposure(desk.user.pk, desk.operation),
    }
    return TemplateResponse(request, "workbench/administration.html", context)


def _administer(request: HttpRequest, desk: Desk) -> str:
    """Do what the form asks for; returns what to say."""
    country = request.POST.get("country", WHOLE_OPERATION)
    taken = request.POST.get("take", "")
    if taken.isascii() and taken.isdecimal():
        take_role(desk.session, int(taken))
        return str(_("The role is taken away."))
    if "keys" in request.FILES:
        keep_partner_keys(desk.session, country, uploaded_text(request, "keys"))
        return str(_("The country's keys are kept."))
    if "witness_key" in request.POST:
        set_witness_key(desk.session, country, request.POST["witness_key"][:400])
        return str(_("The witness key is kept."))
    give_role(desk.session, request.POST.get("name", ""), role=request.POST.get("role", ""), country=country)
    return str(_("The role is given."))


def retention(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Leads whose review is due. POST erases the personal part of a ledger entry and gives the signed certificate."""
    if request.method == "POST":
        number = request.POST.get("entry", "")
        if not (number.isascii() and number.isdecimal() and len(number) < 16):
            raise UsageError(
                "an erasure names an entry by its number", "Give the number.", code="USAGE-LEDGER"
            )
        certificate = erase_entry(
            desk.session,
            int(number),
            reason=request.POST.get("reason", "")[:1000],
            officer_name=desk.user.username,
        )
        answer = HttpResponse(certificate, content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="erasure-of-entry-{number}.json"'
        return answer
    asked = request.GET.get("on", "")
    try:
        on = date.fromisoformat(asked) if asked else desk.session.clock().date()
    except ValueError:
        on = desk.session.clock().date()
    rows = find_due(desk.session, on=on)
    if (twinned := listed_twin(request, desk, REVIEWS_DUE, rows)) is not None:
        return twinned
    context = {"rows": rows[:_ROWS_DUE], "total": len(rows), "on": on, "rules": review_rules()}
    return TemplateResponse(request, "workbench/retention.html", context)


def backups(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What is set up for backups and what lies there. POST asks a worker for one."""
    if request.method == "POST":
        number, kind = ask_for_job(desk.session, JobKind.BACKUP)
        defer(desk.session, number, kind)
        messages.success(request, _("It is in the queue. The operation's page shows how far it is."))
        return redirect("backups", operation=desk.operation)
    return TemplateResponse(request, "workbench/backups.html", {"backups": open_backups(desk.session)})
