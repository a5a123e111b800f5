"""The cells of the action-day board, what each takes, and the clock of each country's capital."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cell(StrEnum):
    """What a country reports."""

    LEGAL_CHECK = "legal_check"
    WARRANTS = "warrants"
    TEAMS = "teams"
    START = "start"
    SEARCHES = "searches"
    ARRESTS = "arrests"
    INTERVIEWS = "interviews"
    DEVICES = "devices"
    SAFEGUARDED = "safeguarded"


class CellKind(StrEnum):
    """What a cell takes."""

    STATE = "state"
    NUMBER = "number"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellType:
    """A cell's kind and, for a state, the values it takes in their usual order."""

    kind: CellKind
    states: tuple[str, ...] = ()


CELLS: dict[Cell, CellType] = {
    Cell.LEGAL_CHECK: CellType(
        kind=CellKind.STATE, states=("not begun", "in progress", "done", "not possible")
    ),
    Cell.WARRANTS: CellType(kind=CellKind.STATE, states=("not needed", "requested", "granted", "refused")),
    Cell.TEAMS: CellType(kind=CellKind.STATE, states=("not ready", "ready", "stood down")),
    Cell.START: CellType(kind=CellKind.TIME),
    Cell.SEARCHES: CellType(kind=CellKind.NUMBER),
    Cell.ARRESTS: CellType(kind=CellKind.NUMBER),
    Cell.INTERVIEWS: CellType(kind=CellKind.NUMBER),
    Cell.DEVICES: CellType(kind=CellKind.NUMBER),
    Cell.SAFEGUARDED: CellType(kind=CellKind.NUMBER),
}

ZONES: dict[str, str] = {
    "AU": "Australia/Sydney",
    "AT": "Europe/Vienna",
    "BE": "Europe/Brussels",
    "BA": "Europe/Sarajevo",
    "CZ": "Europe/Prague",
    "DK": "Europe/Copenhagen",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "DE": "Europe/Berlin",
    "HU": "Europe/Budapest",
    "IS": "Atlantic/Reykjavik",
    "NL": "Europe/Amsterdam",
    "NZ": "Pacific/Auckland",
    "NO": "Europe/Oslo",
    "PL": "Europe/Warsaw",
    "ES": "Europe/Madrid",
    "SE": "Europe/Stockholm",
    "CH": "Europe/Zurich",
    "GB": "Europe/London",
}
"""One clock a country. A country with several zones reports a start with its own offset."""
