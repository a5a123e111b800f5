"""The first page: the operations that are yours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from fairlead.register.people import find_operations
from fairlead.workbench.desk import Desk


def home(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The operations of a user; with one only, straight to it."""
    slugs = find_operations(desk.user, at=desk.session.clock())
    if len(slugs) == 1:
        return redirect("operation", operation=slugs[0])
    return render(request, "workbench/home.html", {"operations": slugs})
