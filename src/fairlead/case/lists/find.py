"""Finds words in everything the user may see: nothing of what the gate holds back is even looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from fairlead.case.lists.prepared import open_views
from fairlead.case.lists.views import DIGESTS_VIEW, PATHS_VIEW, SAID_VIEW
from fairlead.case.place.session import Session
from fairlead.register.actions import WHOLE_OPERATION, Action
from fairlead.register.rows import PackageFound
from fairlead.terms.custody import Operation

_SHOWN = 25
_SHORTEST = 3
_SAID_EACH = 4
_LOOKS_LIKE_A_DIGEST = re.compile("[0-9a-f]{8,64}")


class PersonFound(TypedDict):
    """A person of whom the words are said, and what else is said there."""

    person: str
    grade: str
    country: str | None
    said: list[str]


class _Said(TypedDict):
    person: str
    grade: str
    country: str | None
    said: str


class ContentFound(TypedDict):
    """A content whose digest or path holds the words."""

    sha256: str
    media_type: str | None
    family: str | None
    exhibit: str
    path: str


class LeadSaid(TypedDict):
    """A lead that says the words, and up to three of its sentences."""

    lead: str
    country: str
    grade: str
    said: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, by kind; at most 25 of each. ``too_short`` when fewer than three characters were asked."""

    persons: list[PersonFound]
    contents: list[ContentFound]
    leads: list[LeadSaid]
    packages: Sequence[PackageFound]
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


def _in_tables(session: Session, wanted: str) -> tuple[list[PersonFound], list[ContentFound]]:
    catalogue = open_views(session, (SAID_VIEW, PATHS_VIEW, DIGESTS_VIEW))
    try:
        said = catalogue.rows_as(
            _Said,
            f"""SELECT person, grade, country, said FROM desk_said
                WHERE contains(text, $q) ORDER BY person, said LIMIT {_SHOWN * _SAID_EACH}""",
            {"q": wanted},
        )
        if _LOOKS_LIKE_A_DIGEST.fullmatch(wanted):
            contents = catalogue.rows_as(
                ContentFound,
                f"SELECT sha256, media_type, family, exhibit, path FROM desk_digests "
                f"WHERE digest >= $q AND digest < $q || 'g' LIMIT {_SHOWN}",
                {"q": wanted},
            )
        else:
            contents = catalogue.rows_as(
                ContentFound,
                f"SELECT sha256, media_type, family, exhibit, path FROM desk_paths "
                f"WHERE contains(text, $q) LIMIT {_SHOWN}",
                {"q": wanted},
            )
    finally:
        catalogue.close()
    persons: dict[str, PersonFound] = {}
    for row in said:
        known = persons.setdefault(
            row["person"],
            {"person": row["person"], "grade": row["grade"], "country": row["country"], "said": []},
        )
        if row["said"] not in known["said"] and len(known["said"]) < _SAID_EACH:
            known["said"].append(row["said"])
    return list(persons.values())[:_SHOWN], contents


def _in_register(session: Session, wanted: str) -> tuple[list[LeadSaid], Sequence[PackageFound]]:
    from fairlead.register.leads import search_leads, search_packages

    at = session.clock()
    leads: list[LeadSaid] = []
    for row in search_leads(session.user_id, session.operation, wanted, limit=_SHOWN, at=at):
        said = [s["text"] for s in row["body"]["statements"] if wanted in f"{s['text']} {s['value']}".lower()]
        leads.append(
            {"lead": row["lead"], "country": row["country"], "grade": row["grade"], "said": said[:3]}
        )
    packages = search_packages(session.user_id, session.operation, wanted, limit=_SHOWN, at=at)
    return leads, packages
