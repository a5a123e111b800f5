"""Finds words in everything the user may see: nothing of what the gate holds back is even looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fairlead.case.lists.prepared import open_views
from fairlead.case.lists.views import DIGESTS_VIEW, PATHS_VIEW, SAID_VIEW
from fairlead.case.place.session import Session
from fairlead.register.actions import WHOLE_OPERATION, Action
from fairlead.terms.custody import Operation

_SHOWN = 25
_SHORTEST = 3
_SAID_EACH = 4
_LOOKS_LIKE_A_DIGEST = re.compile("[0-9a-f]{8,64}")


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
    catalogue = open_views(session, (SAID_VIEW, PATHS_VIEW, DIGESTS_VIEW))
    try:
        said = catalogue.rows(
            f"""SELECT person, grade, country, said FROM desk_said
                WHERE contains(text, $q) ORDER BY person, said LIMIT {_SHOWN * _SAID_EACH}""",
            {"q": wanted},
        )
        if _LOOKS_LIKE_A_DIGEST.fullmatch(wanted):
            contents = catalogue.rows(
                f"SELECT sha256, media_type, family, exhibit, path FROM desk_digests "
                f"WHERE digest >= $q AND digest < $q || 'g' LIMIT {_SHOWN}",
                {"q": wanted},
            )
        else:
            contents = catalogue.rows(
                f"SELECT sha256, media_type, family, exhibit, path FROM desk_paths "
                f"WHERE contains(text, $q) LIMIT {_SHOWN}",
                {"q": wanted},
            )
    finally:
        catalogue.close()
    persons: dict[str, dict[str, Any]] = {}
    for row in said:
        known = persons.setdefault(row["person"], {**row, "said": []})
        if row["said"] not in known["said"] and len(known["said"]) < _SAID_EACH:
            known["said"].append(row["said"])
    return list(persons.values())[:_SHOWN], contents


def _in_register(session: Session, wanted: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    from fairlead.register.leads import search_leads, search_packages

    at = session.clock()
    leads = []
    for row in search_leads(session.user_id, session.operation, wanted, limit=_SHOWN, at=at):
        said = [s["text"] for s in row["body"]["statements"] if wanted in f"{s['text']} {s['value']}".lower()]
        leads.append({**{k: row[k] for k in ("lead", "country", "grade")}, "said": said[:3]})
    packages = search_packages(session.user_id, session.operation, wanted, limit=_SHOWN, at=at)
    return leads, packages
