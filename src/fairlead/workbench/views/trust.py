"""The ledger for eyes, and administration."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from fairlead.case.administration import give_role, open_administration, take_role
from fairlead.case.log import make_checkpoint, verify_ledger
from fairlead.register.actions import WHOLE_OPERATION, Role
from fairlead.register.audit import count_entries, find_entries
from fairlead.terms.custody import Operation
from fairlead.workbench.desk import Desk

_ROWS = 60


def ledger(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The newest entries, whether the log holds, and the checkpoint a partner can keep. POST signs a new one."""
    workspace = desk.session.workspace
    if request.method == "POST":
        make_checkpoint(workspace)
        messages.success(request, _("A new checkpoint is signed. Give it to your partners."))
        return redirect("ledger", operation=desk.operation)
    before = request.GET.get("before", "")
    rows = find_entries(
        desk.operation,
        reader=desk.user.username,
        limit=_ROWS,
        before=int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None,
    )
    kept = workspace.root / "checkpoint.txt"
    context = {
        "rows": rows,
        "counts": count_entries(desk.operation),
        "report": verify_ledger(workspace),
        "checkpoint": kept.read_text() if kept.is_file() else "",
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
