"""Figures of the operation, derived from the outcomes that countries reported."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from fairlead.case.log.restoration import next_number
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.leads.statistics import DEFINITIONS, Figures, ReportedOutcome, delta, derive_figures
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation


def figures(session: Session, *, as_of: datetime | None = None, internal: bool = False) -> Figures:
    """The figures of the operation, derived from the outcomes reported so far."""
    from fairlead.register.followup import find_outcomes
    from fairlead.register.people import countries_of, get_user

    at = session.clock()
    rows = find_outcomes(session.user_id, session.operation, at=at)
    reported = [ReportedOutcome.of(row) for row in rows]
    countries = countries_of(get_user(session.user_name), session.operation, at=at)
    return derive_figures(reported, countries, as_of=as_of or at, internal=internal)


@verb(
    "statistics.publish",
    Action.RELEASE,
    becomes=Operation.DISCLOSURE,
    command="statistics",
    page="none: figures for the press are released on their page by figures.release",
    about=("as_of",),
)
def publish_figures(session: Session, *, as_of: datetime | None = None) -> tuple[Path, dict[str, int]]:
    """Write the released figures as the next version, never to be changed; returns the file and what is new."""
    counted = figures(session, as_of=as_of)
    folder = session.workspace.operation(session.operation) / "statistics"
    folder.mkdir(parents=True, exist_ok=True)
    earlier = sorted(folder.glob("*.json"), key=lambda path: int(path.stem))
    before = json.loads(earlier[-1].read_text())["totals"] if earlier else {}
    changed = delta(before, counted.totals)
    version = next_number(session.workspace, int(earlier[-1].stem) if earlier else 0)
    value = {
        "format": "fairlead-statistics/1",
        "version": version,
        "operation": session.operation,
        "as_of": counted.as_of.isoformat(),
        "totals": counted.totals,
        "delta": changed,
        "by_country": counted.by_country,
        "cut_off": {country: at.isoformat() for country, at in counted.cut_off.items()},
        "definitions": DEFINITIONS,
    }
    path = folder / f"{version:04d}.json"
    with path.open("x") as handle:
        handle.write(json.dumps(value, indent=1) + "\n")
    session.record(
        Operation.DISCLOSURE,
        "statistics.publish",
        (hashlib.sha256(path.read_bytes()).hexdigest(),),
        "figures released",
        facts={"version": version},
    )
    return path, changed
