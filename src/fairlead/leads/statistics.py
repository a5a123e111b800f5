"""Figures for the press: derived from outcomes, released numbers only, small cells kept in, with definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from fairlead.leads.outcome import OutcomeState
from fairlead.leads.suppression import Published, suppress

_PRESUPPOSE = tuple((name, "suspects_identified") for name in ("arrests", "house_searches", "interviews"))
"""Whoever was arrested, searched or interviewed counts among the identified, too."""

DEFINITIONS: dict[str, str] = {
    "countries": "Countries that take part in the operation, the lead country included.",
    "suspects_identified": "Leads whose country reports `identified`, or a later step that presupposes it.",
    "arrests": "Leads whose country reports `arrested`.",
    "house_searches": "Leads whose country reports `searched`.",
    "interviews": "Leads whose country reports `interviewed`.",
    "devices_seized": "Sum of devices that countries report as seized.",
    "victims_safeguarded": "Sum of victims that countries report as safeguarded.",
}
_IDENTIFIED = {
    OutcomeState.IDENTIFIED,
    OutcomeState.INTERVIEWED,
    OutcomeState.WARNED,
    OutcomeState.SEARCHED,
    OutcomeState.ARRESTED,
    OutcomeState.CHARGED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedOutcome:
    """One outcome of one lead, as its country reported it; ``report`` and ``at`` tell the file that it came in."""

    lead: str
    country: str
    states: frozenset[str]
    devices_seized: int
    victims_safeguarded: int
    released: bool
    at: datetime
    report: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From the register's row of an outcome."""
        return cls(
            lead=row["lead"],
            country=row["country"],
            states=frozenset(row["states"]),
            devices_seized=row["devices_seized"],
            victims_safeguarded=row["victims_safeguarded"],
            released=row["released"],
            at=row["at"],
            report=row["package"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Totals over released outcomes, the table by country, and what was left out. None stands for what is not shown."""

    as_of: datetime
    totals: dict[str, int | None]
    by_country: dict[str, dict[str, int | None]]
    cut_off: dict[str, datetime]
    not_released: int


def derive_figures(
    outcomes: Iterable[ReportedOutcome], countries: Iterable[str], *, as_of: datetime, internal: bool = False
) -> Figures:
    """Count outcomes reported up to ``as_of``.

    Without ``internal`` only released outcomes count, and cells of a country below 5 are None, with as many others as it
    takes that they cannot be worked out from the totals.
    """
    latest = latest_of(o for o in outcomes if o.at <= as_of).values()
    counted = [o for o in latest if o.released or internal]
    listed = sorted(set(countries))
    table = {
        country: _count(own) for country in listed if (own := [o for o in counted if o.country == country])
    }
    if internal:
        published = Published(cells={c: dict(row) for c, row in table.items()}, totals=dict(_count(counted)))
    else:
        published = suppress(table, at_most=_PRESUPPOSE)
    by_country = published.cells
    return Figures(
        as_of=as_of,
        totals={"countries": len(listed), **_count([]), **published.totals},
        by_country=by_country,
        cut_off={c: max(o.at for o in counted if o.country == c) for c in by_country},
        not_released=len(latest) - len(counted),
    )


def latest_of(outcomes: Iterable[ReportedOutcome]) -> dict[str, ReportedOutcome]:
    """What each lead's last report says of it: a report may hold several outcomes of one lead, and all of them count."""
    last: dict[str, ReportedOutcome] = {}
    for outcome in sorted(outcomes, key=lambda o: o.at):
        before = last.get(outcome.lead)
        if (
            before is not None
            and before.report
            and (before.report, before.at) == (outcome.report, outcome.at)
        ):
            last[outcome.lead] = replace(
                outcome,
                states=before.states | outcome.states,
                devices_seized=before.devices_seized + outcome.devices_seized,
                victims_safeguarded=before.victims_safeguarded + outcome.victims_safeguarded,
                released=before.released and outcome.released,
            )
        else:
            last[outcome.lead] = outcome
    return last


def no_longer_said(before: ReportedOutcome, now: ReportedOutcome) -> list[str]:
    """What an earlier report of a lead said, and the later one, which takes its place, does not say any more."""
    counts = [
        f"{name} {getattr(before, name)} → {getattr(now, name)}"
        for name in ("devices_seized", "victims_safeguarded")
        if getattr(now, name) < getattr(before, name)
    ]
    return [*sorted(before.states - now.states), *counts]


def _count(outcomes: list[ReportedOutcome]) -> dict[str, int]:
    return {
        "suspects_identified": sum(bool(o.states & _IDENTIFIED) for o in outcomes),
        "arrests": sum(OutcomeState.ARRESTED in o.states for o in outcomes),
        "house_searches": sum(OutcomeState.SEARCHED in o.states for o in outcomes),
        "interviews": sum(OutcomeState.INTERVIEWED in o.states for o in outcomes),
        "devices_seized": sum(o.devices_seized for o in outcomes),
        "victims_safeguarded": sum(o.victims_safeguarded for o in outcomes),
    }


def delta(before: Mapping[str, Any], after: Mapping[str, int | None]) -> dict[str, int]:
    """What changed between two published versions of the totals, where both show them; both stay as they were published."""
    return {
        name: value - int(earlier)
        for name, value in after.items()
        if value is not None and (earlier := before.get(name, 0)) is not None and value != earlier
    }
