"""A lead as JSON: what `lead.json` holds, and what the register keeps. The shape is that of ``LeadDocument``."""

from __future__ import annotations

from typing import TypedDict


class StatementBody(TypedDict):
    """One statement."""

    id: str
    about: str
    section: str
    kind: str
    of: str
    value: str
    text: str
    source_grade: str
    information_grade: int
    handling: str
    restriction: str
    origins: list[str]
    first_at: str | None
    last_at: str | None
    related: list[str]


class EvidenceBody(TypedDict):
    """One exhibit that a lead rests on."""

    exhibit: str
    kind: str
    sha256: str
    authority: str
    handling: str
    received_at: str
    description: str


class RelatedBody(TypedDict):
    """A person whose records are kept apart."""

    person: str
    grade: str
    names_person: bool
    relation: str


class LeadBody(TypedDict):
    """One person in one country."""

    format: str
    lead: str
    version: int
    operation: str
    from_country: str
    country: str
    person: str
    grade: str
    names_person: bool
    related: list[RelatedBody]
    subject_category: str
    handling: str
    restriction: str
    verified_on: str
    statements: list[StatementBody]
    evidence: list[EvidenceBody]
    requests: list[str]
    not_said: str


class HashBody(TypedDict):
    """Digest of a content behind a lead, as it is kept with the lead."""

    sha256: str
    sets: list[str]
    releases: list[str]
