"""Rows of the register as types. The names of a row's keys are the columns that are asked for; they stand here alone.

``fairlead.register.reading`` asks for them. Nothing here needs the database.
"""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

from fairlead.leads.body import HashBody, LeadBody


class CustodyEntry(TypedDict):
    """One custody event of one exhibit."""

    id: int
    operation_id: str
    country: str
    exhibit: str
    event: str
    at: datetime
    location: str
    actor: str
    counter_party: str
    reason: str
    authority: str
    sha256: str
    condition: str
    change_made: str
    change_justification: str


class JudgementEntry(TypedDict):
    """One decision about two records, and who made it."""

    left: str
    right: str
    judgement: str
    reason: str
    at: datetime
    by: str


class LeadEntry(TypedDict):
    """A published lead; ``records`` of every person in it, ``material`` None in rows of before it was kept."""

    lead: str
    country: str
    person: str
    grade: str
    version: int
    body: LeadBody
    published_at: datetime
    records: dict[str, list[str]]
    material: list[HashBody] | None


class LeadHead(TypedDict):
    """A lead without its statements; ``statements`` is how many there are."""

    lead: str
    country: str
    grade: str
    version: int
    person: str
    names_person: bool
    handling: str
    statements: int


class LeadAbout(TypedDict):
    """A lead in which a person is, and the records of every person in it."""

    lead: str
    records: dict[str, list[str]]


class LeadFound(TypedDict):
    """A lead that says some words."""

    lead: str
    country: str
    grade: str
    body: LeadBody


class KeptReceipt(TypedDict):
    """A recipient's receipt; ``taken`` are the digests of the files that said so."""

    state: str
    at: str
    signer: str
    reason: str
    taken: NotRequired[list[str]]


class PackageEntry(TypedDict):
    """A package that was built; ``leads`` says which version of which lead it carries."""

    id: int
    operation_id: str
    country: str
    package: str
    version: int
    leads: dict[str, int]
    sha256: str
    prepared_by: str
    released_by: str
    built_at: datetime
    receipt: KeptReceipt | None


class PackageFound(TypedDict):
    """A package whose name holds some words."""

    package: str
    country: str
    built_at: datetime


class OutcomeEntry(TypedDict):
    """What a country did with a lead."""

    id: int
    operation_id: str
    country: str
    lead: str
    package: str
    states: list[str]
    reason: str
    devices_seized: int
    victims_safeguarded: int
    new_exhibits: list[str]
    released: bool
    at: datetime
    signer: str
    sha256: str


class NewOutcome(TypedDict):
    """What a report says of one lead; ``sha256`` is the digest of what it says."""

    lead: str
    states: list[str]
    reason: str
    devices_seized: int
    victims_safeguarded: int
    new_exhibits: list[str]
    released: bool
    at: datetime
    sha256: str


class Lift(TypedDict, total=False):
    """Who asked for a recalled lead to be let go, why, and who agreed."""

    asked_by: str
    reason: str
    lifted_by: str
    lifted_at: str


class RecallEntry(TypedDict):
    """A notice that something sent was wrong; ``lifts`` by lead."""

    id: int
    operation_id: str
    country: str
    package: str
    leads: list[str]
    reason: str
    at: datetime
    acknowledged_at: datetime | None
    notice: str
    lifts: dict[str, Lift]
    lifted_by: str
    lifted_at: datetime | None


class WaitingRelease(TypedDict):
    """A release that waits for a second officer, with the name of the first."""

    id: int
    country: str
    leads: dict[str, int]
    recipients: list[str]
    legal_basis: str
    purpose: str
    h3_release: str
    statement: str
    manifest: str
    state: str
    package: str
    prepared_at: datetime
    decided_at: datetime | None
    reason: str
    prepared_by_id: int
    preparer: str


class ReleaseEntry(WaitingRelease):
    """A release, whatever became of it, with the names of both officers."""

    decider: str | None


class ReviewEntry(TypedDict):
    """One decision about one content."""

    decision: str
    category: str
    note: str
    at: datetime
    user_id: int
    by: str


class Opened(TypedDict):
    """A content that a person asked to see, at which level, for what."""

    subject: str
    level: int
    purpose: str


class ExposureEntry(TypedDict):
    """What one person had to see, for how long."""

    operation_id: str
    subject: str
    level: int
    purpose: str
    at: datetime
    seconds: float


class GroupExposure(TypedDict):
    """People, views and seconds of an operation's reviewers together."""

    people: int
    views: int
    seconds: float


class BoardEntry(TypedDict):
    """What holds in a country's cell of the action-day board."""

    country: str
    cell: str
    state: str
    number: int
    starts_at: datetime | None
    at: datetime
    by: str


class IncidentEntry(TypedDict):
    """One line of the incident log."""

    country: str
    text: str
    at: datetime
    by: str


class ActionDayEntry(TypedDict):
    """When the action day starts, and until when nothing may be published."""

    starts_at: datetime | None
    embargo_until: datetime | None
    set_by: str
    at: datetime


class FiguresBody(TypedDict):
    """Figures as they were derived on a day: in all, by country, and how many outcomes were not released."""

    as_of: str
    totals: dict[str, int | None]
    by_country: dict[str, dict[str, int | None]]
    not_released: int


class FiguresEntry(TypedDict):
    """Figures released to the press desk."""

    body: FiguresBody
    released_by: str
    at: datetime


class JobEntry(TypedDict):
    """A long piece of work that somebody asked for, and how far it is."""

    id: int
    kind: str
    state: str
    stage: str
    done: int
    total: int
    code: str
    asked_at: datetime
    changed_at: datetime


class JobShown(JobEntry):
    """The same with who asked."""

    by: str


class JobAsked(JobEntry):
    """The same with the id of who asked, and where."""

    operation_id: str
    country: str
    user_id: int


class GrantEntry(TypedDict):
    """A grant of an operation."""

    id: int
    country: str
    role: str
    expires_at: datetime | None
    name: str


class GrantEnded(TypedDict):
    """A grant that was taken away."""

    country: str
    role: str
    name: str


class LedgerEntryRow(TypedDict):
    """The part of a ledger entry that is no personal data."""

    index: int
    operation_name: str
    what: str
    at: datetime


class LedgerShown(LedgerEntryRow):
    """A ledger entry for eyes; ``differs`` says how its row differs from what was recorded, and is empty otherwise."""

    actor: str
    objects: str
    justification: str
    recipient: str
    differs: str
