"""A statement: one thing a lead says, with grade, handling and the way back to its bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fairlead.terms.grades import Handling, InformationGrade, SourceGrade, StatementKind


class Section(StrEnum):
    """The parts of a lead, in the order in which an officer reads them."""

    SUMMARY = "summary"
    SUBJECT = "subject"
    SELECTORS = "selectors"
    RELATED = "related"
    CONDUCT = "conduct"
    MATERIAL = "material"
    LEGAL = "legal"
    RISK = "risk"
    AGAINST = "against"


class RiskState(StrEnum):
    """Risk items are never left blank and never guessed."""

    KNOWN = "known"
    NOT_KNOWN = "not known"
    NOT_ASSESSED = "not assessed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One typed statement. A fact is what a record says; an assessment is what we make of it.

    ``about`` is the id of the person it concerns. ``origins`` are ``exhibit:locator`` texts; a fact has at least
    one. ``of`` names the identifier kind or topic, ``value`` is what a machine can use, ``text`` the sentence.
    """

    about: str
    section: Section
    kind: StatementKind
    of: str
    value: str
    text: str
    source_grade: SourceGrade
    information_grade: InformationGrade
    handling: Handling
    origins: tuple[str, ...]
    first_at: datetime | None = None
    last_at: datetime | None = None
    related: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """Stable id of the statement: the same section, topic and value have the same id in every version."""
        text = "\x00".join((self.about, self.section, self.kind, self.of, self.value))
        return "S-" + hashlib.sha256(text.encode()).hexdigest()[:10]
