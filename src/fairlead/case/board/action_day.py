"""The action day: what every country reports, when it starts, the embargo, incidents, figures for the press."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypedDict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fairlead.case.board.figures import figures as derive
from fairlead.case.lists.prepared import open_views
from fairlead.case.lists.views import CONFLICTS_VIEW, Conflict
from fairlead.case.place.session import Session
from fairlead.case.sending.release import country_states
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.register.actions import WHOLE_OPERATION, Action
from fairlead.register.rows import BoardEntry, FiguresBody, IncidentEntry
from fairlead.terms.board import CELLS, ZONES, Cell, CellKind
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.plain import is_plain

_NUMBER_LIMIT = 10_000
_LONGEST_INCIDENT = 2_000
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?", re.ASCII)
COUNTED = {
    Cell.SEARCHES.value: "house_searches",
    Cell.ARRESTS.value: "arrests",
    Cell.INTERVIEWS.value: "interviews",
    Cell.DEVICES.value: "devices_seized",
    Cell.SAFEGUARDED.value: "victims_safeguarded",
}
"""Cells that outcomes count, too, and under which name."""
_LONGEST_AHEAD = timedelta(days=2 * 366)
_LONGEST_BEFORE = timedelta(days=1)
_CONFLICTS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One country on the board: its cells, and when it starts by its own clock and in UTC.

    A number is what the country's signed outcomes say, as on the press's page; ``called_in`` is what it called in on the
    day that differs from it, or that no outcome says yet.
    """

    country: str
    zone: str
    sent: str
    acknowledged: str
    leads: int
    answered: int
    cells: dict[str, str | int | None]
    called_in: dict[str, int]
    starts_at: datetime | None
    starts_local: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The board as a user may see it now. ``embargo_s`` is None when no embargo holds.

    ``totals`` are of signed outcomes; ``called_in`` are those of what was called in and is not in them.
    """

    at: datetime
    rows: tuple[BoardRow, ...]
    incidents: list[IncidentEntry]
    starts_at: datetime | None
    embargo_until: datetime | None
    embargo_s: int | None
    totals: dict[str, int]
    called_in: dict[str, int]


def open_board(session: Session) -> Board:
    """The board; nothing is written."""
    from fairlead.register.board import find_action_day, find_entries, find_incidents

    at = session.clock()
    entries = find_entries(session.user_id, session.operation, at=at)
    day = find_action_day(session.user_id, session.operation, at=at)
    rows = []
    outcomes = derive(session, internal=True).by_country
    for state in country_states(session):
        cells = {
            cell.value: _shown(entries.get((state.country, cell.value)), CELLS[cell].kind)
            for cell in Cell
            if cell is not Cell.START
        }
        signed = outcomes.get(state.country, {})
        called_in = {
            cell: number
            for cell, figure in COUNTED.items()
            if isinstance(number := cells[cell], int) and number != signed.get(figure)
        }
        cells |= {cell: signed.get(figure) for cell, figure in COUNTED.items()}
        own = entries.get((state.country, Cell.START.value))
        start = (own["starts_at"] if own else None) or (day["starts_at"] if day else None)
        rows.append(
            BoardRow(
                country=state.country,
                zone=ZONES.get(state.country, "UTC"),
                sent="sent" if state.package else "",
                acknowledged=state.receipt,
                leads=state.leads,
                answered=state.answered,
                cells=cells,
                called_in=called_in,
                starts_at=start,
                starts_local=_local(start, state.country),
            )
        )
    embargo = day["embargo_until"] if day else None
    left = int((embargo - at).total_seconds()) if embargo else 0
    totals = {
        cell.value: sum(n for row in rows if isinstance(n := row.cells[cell.value], int))
        for cell in Cell
        if CELLS[cell].kind is CellKind.NUMBER
    }
    return Board(
        at=at,
        rows=tuple(rows),
        incidents=find_incidents(session.user_id, session.operation, at=at),
        starts_at=day["starts_at"] if day else None,
        embargo_until=embargo,
        embargo_s=left if left > 0 else None,
        totals=totals,
        called_in={cell: n for cell in totals if (n := sum(row.called_in.get(cell, 0) for row in rows))},
    )


def _shown(entry: BoardEntry | None, kind: CellKind) -> str | int | None:
    if entry is None:
        return None
    return entry["number"] if kind is CellKind.NUMBER else entry["state"]


def _local(at: datetime | None, country: str) -> datetime | None:
    if at is None:
        return None
    try:
        return at.astimezone(ZoneInfo(ZONES.get(country, "UTC")))
    except (ZoneInfoNotFoundError, OverflowError):  # an older version took any year
        return None


@verb(
    "board.report",
    Action.ANSWER,
    Action.COORDINATE,
    becomes=Operation.ALTERATION,
    command="none: the board is a page",
    page="workbench:entry",
    about=("country",),
    of=in_country("country"),
    whole=True,
)
def report_cells(session: Session, country: str, untrusted_values: dict[str, str]) -> int:
    """Enter values in a country's cells; empty ones stay as they are. Returns how many were entered.

    A cell takes a state of its list, a number, or a local time of start. One wrong value enters nothing.
    """
    from fairlead.register.board import record_entry

    given = {
        cell: _parse_value(session, cell, text.strip(), country)
        for cell in Cell
        if (text := untrusted_values.get(cell.value, "")).strip()
    }
    for cell, value in given.items():
        record_entry(
            session.user_id, session.operation, country, cell=cell.value, at=session.clock(), **value
        )
    if given:
        session.record(Operation.ALTERATION, "board.report", (country, *sorted(given)), "action day")
    return len(given)


class _Value(TypedDict, total=False):
    state: str
    number: int
    starts_at: datetime


def _parse_value(session: Session, cell: Cell, text: str, country: str) -> _Value:
    described = CELLS[cell]
    match described.kind:
        case CellKind.STATE:
            if text not in described.states:
                raise _wrong(cell)
            return {"state": text}
        case CellKind.NUMBER:
            if not (text.isascii() and text.isdecimal() and int(text) <= _NUMBER_LIMIT):
                raise _wrong(cell)
            return {"number": int(text)}
        case CellKind.TIME:
            return {"starts_at": _parse_moment(session, text, ZoneInfo(ZONES.get(country, "UTC")))}


def _parse_moment(session: Session, text: str, zone: tzinfo) -> datetime:
    """A moment as somebody wrote it, in UTC: by its own offset, or by ``zone`` without one.

    Raises UsageError for what is no time with date and hour, for an hour that the clocks there skip or have twice, and for
    a time outside the operation's span: from a day before it began to two years from now.
    """
    from fairlead.register.people import began_at

    if not _MOMENT.fullmatch(text):
        raise _wrong(Cell.START)
    try:
        written = datetime.fromisoformat(text)
        at = (written if written.tzinfo else written.replace(tzinfo=zone)).astimezone(UTC)
        twice = written.replace(tzinfo=zone, fold=1).astimezone(UTC) if not written.tzinfo else at
    except (ValueError, OverflowError) as problem:
        raise _wrong(Cell.START) from problem
    if at != twice:
        raise UsageError(
            "the clocks there are changed in that hour: it does not exist, or twice",
            "Write the time with its offset from UTC, such as 2026-10-25T02:30+01:00.",
            code="USAGE-BOARD",
        )
    if not began_at(session.operation) - _LONGEST_BEFORE <= at <= session.clock() + _LONGEST_AHEAD:
        raise UsageError(
            "the time lies outside the operation: before it began, or more than two years ahead",
            "Look at the year.",
            code="USAGE-BOARD",
        )
    return at


def _wrong(cell: Cell) -> UsageError:
    wanted = {
        CellKind.STATE: f"It takes one of: {', '.join(CELLS[cell].states)}.",
        CellKind.NUMBER: f"It takes a whole number from 0 to {_NUMBER_LIMIT:,}.",
        CellKind.TIME: "It takes a date and a time, such as 2026-12-01T06:00, by the country's clock or with its offset.",
    }
    return UsageError(
        f"the cell {cell} does not take this value", wanted[CELLS[cell].kind], code="USAGE-BOARD"
    )


@verb(
    "board.incident",
    Action.ANSWER,
    Action.COORDINATE,
    becomes=Operation.ALTERATION,
    command="none: the board is a page",
    page="workbench:incident",
    about=("country",),
    of=in_country("country"),
    whole=True,
)
def report_incident(session: Session, country: str, text: str) -> None:
    """Add a line to the incident log, for one country or the whole operation."""
    from fairlead.register.board import record_incident

    if country == WHOLE_OPERATION:
        session.require(Action.COORDINATE)
    if not text.strip():
        raise UsageError("an incident needs a text", "Say what happened.", code="USAGE-REASON")
    if not is_plain(text, longest=_LONGEST_INCIDENT):
        raise UsageError(
            f"the text is longer than {_LONGEST_INCIDENT:,} characters, or has some that turn others round",
            "Write what a command post has to read, and no more.",
            code="USAGE-BOARD",
        )
    record_incident(session.user_id, session.operation, country, text=text.strip(), at=session.clock())
    session.record(Operation.ALTERATION, "board.incident", (country,), "action day")


@verb(
    "board.plan",
    Action.COORDINATE,
    becomes=Operation.ALTERATION,
    command="none: the board is a page",
    page="workbench:plan",
    whole=True,
)
def plan_day(session: Session, *, starts: str, embargo: str) -> None:
    """Set the common start and the end of the embargo, in UTC or with an offset; an empty text means not set."""
    from fairlead.register.board import set_action_day

    starts_at = _parse_moment(session, starts.strip(), UTC) if starts.strip() else None
    embargo_until = _parse_moment(session, embargo.strip(), UTC) if embargo.strip() else None
    if starts_at and embargo_until and embargo_until < starts_at:
        raise UsageError(
            "the embargo would end before the action starts", "Look at both dates.", code="USAGE-BOARD"
        )
    set_action_day(
        session.operation,
        starts_at=starts_at,
        embargo_until=embargo_until,
        name=session.user_name,
        at=session.clock(),
    )
    session.record(Operation.ALTERATION, "board.plan", (starts or "-", embargo or "-"), "action day planned")


def find_conflicts(session: Session) -> list[Conflict]:
    """Personal identifiers that persons of two or more countries hold: two teams might meet at one door."""
    catalogue = open_views(session, (CONFLICTS_VIEW,))
    try:
        return catalogue.rows_as(
            Conflict, f"SELECT * FROM desk_conflicts ORDER BY kind, value LIMIT {_CONFLICTS_SHOWN}"
        )
    finally:
        catalogue.close()


@verb(
    "figures.release",
    Action.COORDINATE,
    becomes=Operation.DISCLOSURE,
    command="none: figures are released on their page",
    page="workbench:press",
    whole=True,
)
def release_press_figures(session: Session) -> None:
    """Let the press desk have the figures as they are derived now: released outcomes, small cells hidden."""
    from fairlead.register.board import release_figures

    current = derive(session)
    body: FiguresBody = {
        "as_of": current.as_of.isoformat(),
        "totals": current.totals,
        "by_country": current.by_country,
        "not_released": current.not_released,
    }
    release_figures(session.operation, body, name=session.user_name, at=session.clock())
    session.record(Operation.DISCLOSURE, "figures.release", (session.operation,), "press", recipient="press")


@dataclass(frozen=True, slots=True, kw_only=True)
class PressDesk:
    """What the press desk may have: the figures released last, and the embargo."""

    figures: FiguresBody | None
    released_by: str
    released_at: datetime | None
    embargo_until: datetime | None
    under_embargo: bool


def open_press_desk(session: Session) -> PressDesk:
    """The press desk's page; every member of the operation sees the same."""
    from fairlead.register.board import find_action_day, find_released_figures

    at = session.clock()
    released = find_released_figures(session.user_id, session.operation, at=at)
    day = find_action_day(session.user_id, session.operation, at=at)
    until = day["embargo_until"] if day else None
    return PressDesk(
        figures=released["body"] if released else None,
        released_by=released["released_by"] if released else "",
        released_at=released["at"] if released else None,
        embargo_until=until,
        under_embargo=bool(until and until > at),
    )
