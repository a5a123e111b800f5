"""Finds words in everything the user may see: nothing of what the gate holds back is even looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead.case.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.register.actions import WHOLE_OPERATION, Action
from fairlead.tables.attribution import IDENTIFIERS, PERSONS
from fairlead.tables.evidence import FILES
from fairlead.tables.media import CONTENTS
from fairlead.terms.custody import Operation

_SHOWN = 25
_SHORTEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, by kind; at most 25 of each. ``too_short`` when fewer than three characters were asked."""

    persons: list[dict[str, Any]]
    contents: list[dict[str, Any]]
    leads: list[dict[str, Any]]
    packages: list[dict[str, Any]]
    too_short: bool = False

    @property
    def total(self) -> int:
        """How many rows are shown."""
        return len(self.persons) + len(self.contents) + len(self.leads) + len(self.packages)


def find(session: Session, words: str) -> Found:
    """Search; tables only for somebody who sees the whole operation, the register through the gate."""
    wanted = words.strip().lower()
    if len(wanted) < _SHORTEST:
        return Found(persons=[], contents=[], leads=[], packages=[], too_short=True)
    persons, contents = _in_tables(session, wanted) if _sees_whole(session) else ([], [])
    leads, packages = _in_register(session, wanted)
    found = Found(persons=persons, contents=contents, leads=leads, packages=packages)
    session.record(Operation.CONSULTATION, "find", (wanted[:80],), "search", facts={"found": found.total})
    return found


def _sees_whole(session: Session) -> bool:
    from fairlead.register.gate import acting_as, can
    from fairlead.register.models import User

    user = User(pk=session.user_id)
    with acting_as(user):
        return can(
            user,
            Action.VIEW,
            operation=session.operation,
            country=WHOLE_OPERATION,
            at=session.clock(),
        )


def _in_tables(session: Session, wanted: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    catalogue = Catalogue(session.store, (PERSONS, IDENTIFIERS, CONTENTS, FILES))
    try:
        persons = catalogue.rows(
            f"""WITH member AS (SELECT person, grade, country, unnest(members) AS owner FROM persons),
                 found AS (
                   SELECT person, grade, country, owner AS said FROM member
                    WHERE contains(lower(owner), $q) OR contains(lower(person), $q)
                   UNION ALL
                   SELECT m.person, m.grade, m.country, i.kind || ' ' || i.value
                     FROM identifiers i JOIN member m USING (owner)
                    WHERE contains(lower(i.value), $q) OR contains(lower(i.original), $q))
                SELECT person, any_value(grade) AS grade, any_value(country) AS country,
                       list_sort(list(DISTINCT said))[1:4] AS said
                FROM found GROUP BY person ORDER BY person LIMIT {_SHOWN}""",
            {"q": wanted},
        )
        contents = catalogue.rows(
            f"""SELECT c.sha256, c.media_type, c.family, f.exhibit, f.path FROM files f JOIN contents c USING (sha256)
                WHERE contains(lower(f.path), $q) OR starts_with(c.sha256, $q) OR starts_with(c.md5, $q)
                ORDER BY f.exhibit, f.path LIMIT {_SHOWN}""",
            {"q": wanted},
        )
    finally:
        catalogue.close()
    return persons, contents


def _in_register(session: Session, wanted: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    from fairlead.register.leads import find_packages, search_leads

    at = session.clock()
    leads = []
    for row in search_leads(session.user_id, session.operation, wanted, limit=_SHOWN, at=at):
        said = [s["text"] for s in row["body"]["statements"] if wanted in f"{s['text']} {s['value']}".lower()]
        leads.append({**{k: row[k] for k in ("lead", "country", "grade")}, "said": said[:3]})
    packages = [
        {k: row[k] for k in ("package", "country", "built_at")}
        for row in find_packages(session.user_id, session.operation, at=at)
        if wanted in row["package"].lower()
    ]
    return leads, packages[:_SHOWN]
