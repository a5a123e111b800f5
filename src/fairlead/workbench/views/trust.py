"""The ledger for eyes, and administration."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from fairlead.case.administration import give_role, open_administration, take_role
from fairlead.case.ledger_state import ledger_state, take_cosigned
from fairlead.case.log import make_checkpoint
from fairlead.register.actions import WHOLE_OPERATION, Role
from fairlead.register.audit import count_entries, find_entries
from fairlead.terms.custody import Operation
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import Column, Listing, export
from fairlead.workbench.uploads import uploaded_text

_ROWS, _ROWS_EXPORTED = 60, 100_000
_LEDGER = Listing(
    name="ledger",
    title="Ledger",
    columns=tuple(
        Column(name=name, label=name)
        for name in (
            "index",
            "at",
            "operation_name",
            "what",
            "actor",
            "objects",
            "recipient",
            "justification",
        )
    ),
)


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
        desk.operation,
        reader=desk.user.username,
        limit=_ROWS if form == "html" else _ROWS_EXPORTED,
        before=int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None,
    )
    if form in ("csv", "json"):
        return export(desk, _LEDGER, form, rows, len(rows))
    context = {
        "rows": rows,
        "counts": count_entries(desk.operation),
        "state": ledger_state(desk.session),
        "older": rows[-1]["index"] if len(rows) == _ROWS else None,
    }
    desk.session.record(Operation.CONSULTATION, "ledger.open", (desk.operation,), "log consulted")
    return TemplateResponse(request, "workbench/ledger.html", context)


def administration(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Users, roles and recipients. POST gives or takes a role."""
    if request.method == "POST":
        taken = request.POST.get("take", "")
        if taken.isascii() and taken.isdecimal():
            take_role(desk.session, int(taken))
            messages.success(request, _("The role is taken away."))
        else:
            give_role(
                desk.session,
                request.POST.get("name", ""),
                role=request.POST.get("role", ""),
                country=request.POST.get("country", WHOLE_OPERATION),
            )
            messages.success(request, _("The role is given."))
        return redirect("administration", operation=desk.operation)
    context = {
        "admin": open_administration(desk.session),
        "roles": list(Role),
        "everything": WHOLE_OPERATION,
    }
    return TemplateResponse(request, "workbench/administration.html", context)
