"""Builds and publishes leads, and walks a statement back to its bytes."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypedDict

from fairlead.case.lists.for_the_lead import Due
from fairlead.case.log.restoration import number_floor
from fairlead.case.persons.anchors import anchor_older_decisions, records_of_lead
from fairlead.case.place.exhibits import list_exhibits, opener_of
from fairlead.case.place.session import Session
from fairlead.case.sending.concerned import country_of_lead
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.leads.anchored import category_standing
from fairlead.leads.build import build_lead
from fairlead.leads.document import LeadDocument, StatementDocument, SubjectCategory
from fairlead.leads.facts import gather_country
from fairlead.leads.material import HashRow, digest_with
from fairlead.leads.retention import review_due, review_rules
from fairlead.records.sqlite import read_row
from fairlead.register.actions import Action
from fairlead.register.rows import LeadEntry, LeadHead
from fairlead.terms.custody import Operation
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.origin import Locator, parse_locator

if TYPE_CHECKING:  # the register's modules are imported once it is open
    from fairlead.register.followup import Hold

_EXCERPT_BYTES = 240
_MANY = 5  # so many leads may be withdrawn without asking
_OPEN = SubjectCategory.NOT_CATEGORISED


@verb(
    "lead.publish",
    Action.PREPARE,
    becomes=Operation.COMBINATION,
    command="lead publish",
    page="workbench:job",
)
def publish(session: Session, *, withdraw: bool = False) -> Published:
    """Compute the leads of every participating country and publish them to the register.

    When many of the published leads would go, more than five or one in ten, nothing is changed and UsageError says what
    happened, unless ``withdraw`` says that it is meant.
    """
    from fairlead.register.followup import find_categories
    from fairlead.register.leads import PublishedLead, publish_leads
    from fairlead.register.people import countries_of, get_user

    at = session.clock()
    participants = countries_of(get_user(session.user_name), session.operation, at=at)
    lead_country = next(code for code, row in participants.items() if row.role == "lead")
    anchor_older_decisions(session)
    decided = find_categories(session.user_id, session.operation, at=at)
    again: dict[str, str] = {}
    published = []
    catalogue = Catalogue(session.store)
    try:
        for country in participants:
            facts = gather_country(catalogue, country)
            for lead in facts.leads:
                standing = category_standing(decided, lead.head.person["members"], when_none=_OPEN)
                document = build_lead(
                    lead,
                    facts,
                    operation=session.operation,
                    lead_country=lead_country,
                    at=at,
                    category=standing.category,
                )
                if standing.decide_again:
                    again[document.lead] = standing.decide_again
                material = tuple(HashRow.of(row) for row in lead.head.material)
                published.append(
                    PublishedLead(
                        lead=document.lead,
                        country=country,
                        person=document.person,
                        grade=document.grade,
                        digest=digest_with(document, material),
                        body=document.body(),
                        records={
                            person.identity: tuple(person.person["members"])
                            for person in (lead.head, *lead.related)
                        },
                        material=material,
                    )
                )
    finally:
        catalogue.close()
    if not withdraw:
        _require_few_withdrawn(session, {row.lead for row in published})
    above = number_floor(session.workspace)
    outcome = publish_leads(session.user_id, session.operation, published, at=at, above=above)
    session.record(
        Operation.COMBINATION,
        "lead.publish",
        tuple(sorted(p.lead for p in published)),
        "leads computed from the tables",
        facts={"leads": len(published), "new": outcome.new, "changed": outcome.changed},
    )
    return {
        "leads": len(published),
        "new": outcome.new,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "withdrawn": list(outcome.withdrawn),
        "withdrawn_after_sending": _already_sent(session, outcome.withdrawn),
        "categories_to_decide_again": [f"{lead}: {why}" for lead, why in sorted(again.items())],
    }


def _require_few_withdrawn(session: Session, computed: set[str]) -> None:
    from fairlead.register.leads import lead_versions

    present = {lead for _, lead, _ in lead_versions(session.user_id, session.operation, at=session.clock())}
    going = present - computed
    if len(going) > _MANY or len(going) * 10 > len(present) > _MANY:
        raise UsageError(
            f"{len(going)} of {len(present)} published leads would be withdrawn: nothing supports them any more",
            "Find out what changed: a mapping, an exhibit, a judgement. If it is meant, publish with --withdraw.",
            code="USAGE-WITHDRAW",
        )


def _already_sent(session: Session, leads: tuple[str, ...]) -> list[str]:
    """Leads that nothing supports any more although a country was sent them: candidates for a recall."""
    from fairlead.register.followup import last_sent_version

    listed = []
    for lead in leads:
        sent = last_sent_version(session.user_id, session.operation, lead, at=session.clock())
        if sent is not None:
            listed.append(f"{lead} in {sent[0]}")
    return listed


@verb(
    "lead.categorise",
    Action.JUDGE,
    becomes=Operation.ALTERATION,
    command="lead categorise",
    page="workbench:category",
    about=("lead",),
    of=country_of_lead,
    reason=True,
    whole=True,
)
def categorise(session: Session, lead: str, category: SubjectCategory, *, reason: str) -> None:
    """Decide what category of data subject a lead is about; it stands in the lead from the next publishing on.

    It holds for the person with the records that the lead's person has now, and is asked for again for any other.
    Raises UsageError when there is no such lead, or no reason (Directive (EU) 2016/680, art. 6).
    """
    row = _published(session, lead)
    document = LeadDocument.model_validate(row["body"])
    if not reason.strip():
        raise UsageError("a category needs a reason", "Give --reason.", code="USAGE-REASON")
    from fairlead.register.followup import record_category

    record_category(
        session.user_id,
        session.operation,
        document.country,
        lead=lead,
        records=records_of_lead(session, row)[document.person],
        category=category.value,
        reason=reason,
        name=session.user_name,
        at=session.clock(),
    )
    session.record(
        Operation.ALTERATION, "lead.categorise", (lead,), reason, facts={"category": category.value}
    )


class Published(TypedDict):
    """What came of publishing: how many leads, and what a person has to look at."""

    leads: int
    new: int
    changed: int
    unchanged: int
    withdrawn: list[str]
    withdrawn_after_sending: list[str]
    categories_to_decide_again: list[str]


def find_due(session: Session, *, on: date) -> list[Due]:
    """Leads whose review is due on or before a day, with the rule behind it."""
    from fairlead.register.leads import find_leads

    due: list[Due] = []
    for row in find_leads(session.user_id, session.operation, at=session.clock()):
        category = row["body"]["subject_category"]
        day = review_due(category, row["published_at"].date())
        if day <= on:
            due.append(
                {
                    "lead": row["lead"],
                    "country": row["country"],
                    "category": category,
                    "due_on": day,
                    "rule": review_rules()[category].source,
                }
            )
    session.record(
        Operation.CONSULTATION, "lead.due", (on.isoformat(),), "reviews due", facts={"leads": len(due)}
    )
    return due


def list_leads(session: Session, *, country: str | None = None) -> list[LeadHead]:
    """The leads a user may see, without their statements; a consultation in the ledger."""
    from fairlead.register.leads import find_leads

    rows = find_leads(session.user_id, session.operation, at=session.clock(), country=country)
    session.record(
        Operation.CONSULTATION, "lead.list", (country or "*",), "leads listed", facts={"leads": len(rows)}
    )
    return [
        {
            "lead": row["lead"],
            "country": row["country"],
            "grade": row["grade"],
            "version": row["version"],
            "person": row["person"],
            "names_person": row["body"]["names_person"],
            "handling": row["body"]["handling"],
            "statements": len(row["body"]["statements"]),
        }
        for row in rows
    ]


def get_lead(session: Session, lead: str) -> LeadDocument:
    """One lead; UsageError when there is none, or none for this user."""
    return LeadDocument.model_validate(_published(session, lead)["body"])


def decide_again(session: Session, lead: str) -> str:
    """Why the category of a lead has to be decided again, or an empty text."""
    from fairlead.register.followup import find_categories

    row = _published(session, lead)
    decided = find_categories(session.user_id, session.operation, at=session.clock())
    members = records_of_lead(session, row)[row["person"]]
    return category_standing(decided, members, when_none=_OPEN).decide_again


def holds_on_lead(session: Session, lead: str) -> list[Hold]:
    """The holds on any record of a lead, ended ones too, newest first."""
    from fairlead.register.followup import find_holds

    anchor_older_decisions(session)
    known = records_of_lead(session, _published(session, lead))
    members = {record for records in known.values() for record in records}
    return find_holds(session.user_id, session.operation, at=session.clock(), records=members)


def _published(session: Session, lead: str) -> LeadEntry:
    from fairlead.register.leads import find_leads

    rows = find_leads(session.user_id, session.operation, at=session.clock(), lead=lead)
    if not rows:
        raise UsageError(
            f"there is no lead {lead} for you here",
            "List leads with `fairlead lead list`.",
            code="USAGE-LEAD",
        )
    return rows[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """An origin walked back: the exhibit, the way in it, and the bytes found there."""

    origin: str
    exhibit: str
    exhibit_sha256: str
    locator: str
    bytes_read: int
    sha256: str
    excerpt: str
    problem: str


class Explained(TypedDict):
    """A statement, with every origin walked back."""

    statement: StatementDocument
    origins: list[Traced]


def explain_lead(
    session: Session, lead: str, *, statement: str | None = None, show_text: bool = False
) -> list[Explained]:
    """Each statement of a lead with every origin walked back to its bytes in the exhibit.

    ``show_text`` adds the beginning of text rows, which may hold more than the statement says.
    """
    session.require_sight()
    document = get_lead(session, lead)
    chosen = [s for s in document.statements if statement is None or s.id == statement]
    if not chosen:
        raise UsageError(
            f"lead {lead} has no statement {statement}",
            "`fairlead lead explain LEAD` lists all.",
            code="USAGE-LEAD",
        )
    digests = {row["exhibit"]: row["sha256"] for row in list_exhibits(session)}
    traced = {o: _trace(session, o, digests, show_text=show_text) for s in chosen for o in s.origins}
    session.record(
        Operation.CONSULTATION,
        "lead.explain",
        (lead, *(s.id for s in chosen)),
        "statements walked back to exhibits",
    )
    return [{"statement": s, "origins": [traced[o] for o in s.origins]} for s in chosen]


def _trace(session: Session, origin: str, digests: dict[str, str], *, show_text: bool) -> Traced:
    exhibit = next((n for n in digests if origin.startswith(n + ":")), "")
    text = origin[len(exhibit) + 1 :]
    data, problem = b"", ""
    try:
        data = _read(session, exhibit, parse_locator(text))
    except (ItemError, OSError, ValueError) as error:
        problem = error.fact if isinstance(error, ItemError) else type(error).__name__
    return Traced(
        origin=origin,
        exhibit=exhibit,
        exhibit_sha256=digests.get(exhibit, ""),
        locator=text,
        bytes_read=len(data),
        sha256=hashlib.sha256(data).hexdigest() if not problem else "",
        excerpt=_excerpt(data) if show_text else "",
        problem=problem,
    )


def _read(session: Session, exhibit: str, locator: Locator) -> bytes:
    """The bytes a locator means: an item, a range of it, or a row of a database file as text."""
    with opener_of(session)(exhibit, str(locator.item)) as descriptor:
        if locator.row is not None:
            return read_row(descriptor, *locator.row)
        start, end = locator.byte_range or (0, os.fstat(descriptor).st_size)
        data = b""
        while len(data) < end - start and (
            chunk := os.pread(descriptor, end - start - len(data), start + len(data))
        ):
            data += chunk
        return data


def _excerpt(data: bytes) -> str:
    """The beginning of a text row for eyes; nothing of a picture or any other binary file."""
    head = data[:_EXCERPT_BYTES]
    if b"\x00" in head:
        return ""
    try:
        text = head.decode("utf-8", errors="strict" if len(data) <= _EXCERPT_BYTES else "ignore")
    except UnicodeDecodeError:
        return ""
    return text if len(data) <= _EXCERPT_BYTES else text + " …"
