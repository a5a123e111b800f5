"""The action day: board, entries, incidents, plan, printable sheet, and the press desk."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from fairlead.case.board.action_day import (
    COUNTED,
    find_conflicts,
    open_board,
    open_press_desk,
    plan_day,
    release_press_figures,
    report_cells,
    report_incident,
)
from fairlead.leads.statistics import DEFINITIONS
from fairlead.register.actions import WHOLE_OPERATION, Action
from fairlead.terms.board import CELLS, Cell
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import twin
from fairlead.workbench.svg.tiles import country_tiles
from fairlead.workbench.wording import sentence

_TWIN = (
    "country", "zone", "starts_at", "sent", "acknowledged", "leads", "answered",
    *(cell.value for cell in Cell if cell is not Cell.START), *(f"{name}_called_in" for name in COUNTED),
)  # fmt: skip


def board(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The board, alive: it asks for itself again when a stream says that something changed."""
    shown = open_board(desk.session)
    rows = [
        {
            **{name: getattr(row, name) for name in _TWIN[:7]},
            **row.cells,
            **{f"{name}_called_in": row.called_in.get(name) for name in COUNTED},
        }
        for row in shown.rows
    ]
    if (answer := twin(request, desk, "action-day", _TWIN, rows)) is not None:
        return answer
    context = {
        "board": shown,
        "cells": [(cell.value, CELLS[cell]) for cell in Cell],
        "tiles": country_tiles([(r.country, _progress({**r.cells, **r.called_in})) for r in shown.rows]),
        "conflicts": find_conflicts(desk.session) if desk.whole else [],
        "may_report": [
            r.country
            for r in shown.rows
            if desk.may(Action.COORDINATE, r.country) or desk.may(Action.ANSWER, r.country)
        ],
        "may_coordinate": desk.may(Action.COORDINATE),
        "everybody": WHOLE_OPERATION,
    }
    return TemplateResponse(request, "workbench/board.html", context)


def _progress(cells: dict[str, object]) -> int:
    """0 nothing reported, 1 preparing, 2 teams ready, 3 something was done."""
    if any(cells.get(name) for name in ("searches", "arrests", "interviews")):
        return 3
    if cells.get("teams") == "ready":
        return 2
    return 1 if any(cells.values()) else 0


def entry(request: HttpRequest, desk: Desk, country: str) -> HttpResponse:
    """Values in a country's cells; fields left empty change nothing."""
    report_cells(desk.session, country, {cell.value: request.POST.get(cell.value, "") for cell in Cell})
    messages.success(request, _("The board is up to date."))
    return redirect("board", operation=desk.operation)


def incident(request: HttpRequest, desk: Desk) -> HttpResponse:
    """One line in the incident log."""
    report_incident(desk.session, request.POST.get("country", WHOLE_OPERATION), request.POST.get("text", ""))
    messages.success(request, _("The incident log has a new line."))
    return redirect("board", operation=desk.operation)


def plan(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The common start and the embargo."""
    plan_day(desk.session, starts=request.POST.get("starts", ""), embargo=request.POST.get("embargo", ""))
    messages.success(request, _("The plan of the day is set."))
    return redirect("board", operation=desk.operation)


def sheet(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A sheet for paper: what a command post needs when the network is gone."""
    context = {"board": open_board(desk.session), "cells": [(c.value, CELLS[c]) for c in Cell]}
    return TemplateResponse(request, "workbench/sheet.html", context)


def _quoted(text: str) -> str:
    """A definition for readers: names of states in quotation marks."""
    return re.sub("`([^`]*)`", r"“\1”", text)


def press(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Figures that were released, with their definitions, and nothing else. POST releases the present ones."""
    if request.method == "POST":
        release_press_figures(desk.session)
        messages.success(request, _("The press desk has these figures now."))
        return redirect("press", operation=desk.operation)
    shown = open_press_desk(desk.session)
    totals = shown.figures["totals"] if shown.figures else {}
    context = {
        "press": shown,
        "totals": [
            (name, value, _quoted(sentence(DEFINITIONS.get(name, "")))) for name, value in totals.items()
        ],
        "names": [name for name in totals if name != "countries"],
        "by_country": [
            (code, [row.get(name) for name in totals if name != "countries"])
            for code, row in (shown.figures["by_country"] if shown.figures else {}).items()
        ],
        "may_release": desk.may(Action.COORDINATE),
    }
    return TemplateResponse(request, "workbench/press.html", context)
