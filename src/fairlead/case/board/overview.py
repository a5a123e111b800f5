"""The operation at a glance: what came in, what machines did, what is left for people, what is running."""

from __future__ import annotations

from dataclasses import dataclass, fields

from fairlead.attribution.humans import Humans
from fairlead.case.lists.joined import JOINS_VIEW, Joined, find_joined
from fairlead.case.lists.prepared import open_views
from fairlead.case.lists.views import FIGURES_VIEW
from fairlead.case.looking.queue import TriageFigures, triage_figures
from fairlead.case.place.session import Session

_HUMANS = [field.name for field in fields(Humans)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Figures of the tables as they are now; ``accesses_placed`` are those that name an account."""

    triage: TriageFigures
    exhibits: int
    exhibit_bytes: int
    accounts: int
    humans: Humans
    persons: int
    grades: dict[str, int]
    countries: dict[str, int]
    lines_in: int
    lines_quarantined: int
    values_unread: int
    accesses: int
    accesses_placed: int
    joined: tuple[Joined, ...]


def overview(session: Session) -> Overview:
    """Count; nothing is written."""
    catalogue = open_views(session, (FIGURES_VIEW, JOINS_VIEW))
    try:
        rows = catalogue.rows("SELECT what, name, n::BIGINT AS n FROM desk_figures ORDER BY n DESC, name")
        joined = tuple(find_joined(catalogue))
    finally:
        catalogue.close()
    counted: dict[str, dict[str, int]] = {}
    for row in rows:
        counted.setdefault(row["what"], {})[row["name"]] = row["n"]

    def one(what: str) -> int:
        return counted.get(what, {}).get("", 0)

    return Overview(
        triage=triage_figures(
            states=counted.get("state", {}),
            verdicts=counted.get("verdict", {}),
            media_files=one("media_files"),
            queue=[
                {"queue_rank": int(rank), "queue_reason": reason, "contents": count}
                for name, count in sorted(counted.get("queue", {}).items())
                for rank, _, reason in (name.partition(" "),)
            ],
        ),
        exhibits=one("exhibits"),
        exhibit_bytes=one("exhibit_bytes"),
        accounts=one("accounts"),
        humans=Humans(**(dict.fromkeys(_HUMANS, 0) | counted.get("humans", {}))),
        persons=sum(counted.get("grade", {}).values()),
        grades=counted.get("grade", {}),
        countries=counted.get("country", {}),
        lines_in=one("lines_in"),
        lines_quarantined=one("lines_quarantined"),
        values_unread=one("values_unread"),
        accesses=one("accesses"),
        accesses_placed=one("accesses_placed"),
        joined=joined,
    )
