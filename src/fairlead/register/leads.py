"""Published leads and packages in the register, behind the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Value
from django.db.models.functions import StrIndex

from fairlead.leads.body import LeadBody
from fairlead.leads.material import HashRow
from fairlead.register.browse import Asked, Found, browse_rows
from fairlead.register.gate import acting_as, visible
from fairlead.register.models import LeadRow, LeadVersionRow, PackageRow, User
from fairlead.register.reading import read_rows
from fairlead.register.rows import (
    KeptReceipt,
    LeadAbout,
    LeadEntry,
    LeadFound,
    LeadHead,
    PackageEntry,
    PackageFound,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLead:
    """A lead to publish: who, where, its digest of substance, its document, every person's records, and its hash rows."""

    lead: str
    country: str
    person: str
    grade: str
    digest: str
    body: LeadBody
    records: dict[str, tuple[str, ...]]
    material: tuple[HashRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOutcome:
    """How many leads are new, changed, unchanged, and withdrawn since nothing supports them any more."""

    new: int
    changed: int
    unchanged: int
    withdrawn: tuple[str, ...]


def publish_leads(
    user_id: int, operation: str, leads: Sequence[PublishedLead], *, at: datetime, above: int = 0
) -> PublishOutcome:
    """Make the register's leads equal to these; a changed one gets the next version, and one that is more than ``above``."""
    user = User(pk=user_id)
    new = changed = unchanged = 0
    with acting_as(user):
        present = {row.lead: row for row in visible(user, LeadRow, at=at).filter(operation_id=operation)}
        past = visible(user, LeadVersionRow, at=at).filter(operation_id=operation)
        highest = dict(past.values_list("lead").annotate(Max("version")))
        for lead in leads:
            row = present.pop(lead.lead, None)
            if row is None:
                # A lead that was withdrawn and comes back goes on counting, so that no version means two things.
                version = max(highest.get(lead.lead, 0), above) + 1
                row = LeadRow(operation_id=operation, lead=lead.lead, version=version)
                new += 1
            elif row.digest == lead.digest:
                unchanged += 1
                # An older version kept neither; persons joined otherwise may stand behind the same words.
                row.records, row.material = lead.records, [r.to_json() for r in lead.material]
                row.save(update_fields=["records", "material"])
                continue
            else:
                row.version = max(row.version, above) + 1
                changed += 1
            row.country, row.person, row.grade = lead.country, lead.person, lead.grade
            row.digest, row.published_at = lead.digest, at
            row.records, row.material = lead.records, [r.to_json() for r in lead.material]
            row.body = {**lead.body, "version": row.version}
            row.words = words_of(row.lead, row.person, row.body)
            row.save()
            LeadVersionRow.objects.create(
                operation_id=operation,
                country=lead.country,
                lead=lead.lead,
                version=row.version,
                body=row.body,
                material=row.material,
                published_at=at,
            )
        withdrawn = tuple(sorted(present))
        for row in present.values():
            row.delete()
    return PublishOutcome(new=new, changed=changed, unchanged=unchanged, withdrawn=withdrawn)


def find_leads(
    user_id: int,
    operation: str,
    *,
    at: datetime,
    country: str | None = None,
    lead: str | None = None,
    limit: int | None = None,
) -> list[LeadEntry]:
    """The leads a user may see, by country and id; the first ``limit`` of them."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, LeadRow, at=at).filter(operation_id=operation)
        if country is not None:
            rows = rows.filter(country=country)
        if lead is not None:
            rows = rows.filter(lead=lead)
        return read_rows(rows.order_by("country", "lead"), LeadEntry, limit=limit)


def find_leads_about(user_id: int, operation: str, person: str, *, at: datetime) -> list[LeadAbout]:
    """The published leads a user may see in which a person is, as its own or beside another."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, LeadRow, at=at).filter(operation_id=operation, records__has_key=person)
        return read_rows(rows.order_by("lead"), LeadAbout)


def last_package_version(user_id: int, operation: str, country: str, *, at: datetime) -> int:
    """The highest number of a package for a country; 0 when none was built."""
    user = User(pk=user_id)
    with acting_as(user):
        sent = visible(user, PackageRow, at=at).filter(operation_id=operation, country=country)
        return int(sent.aggregate(highest=Max("version"))["highest"] or 0)


def record_package(
    user_id: int,
    operation: str,
    *,
    country: str,
    package: str,
    version: int,
    leads: dict[str, int],
    sha256: str,
    prepared_by: str,
    released_by: str,
    at: datetime,
) -> None:
    """Note that a package was built: which version of which lead it carries."""
    with acting_as(User(pk=user_id)):
        PackageRow.objects.create(
            operation_id=operation,
            country=country,
            package=package,
            version=version,
            leads=leads,
            sha256=sha256,
            prepared_by=prepared_by,
            released_by=released_by,
            built_at=at,
        )


def find_packages(user_id: int, operation: str, *, at: datetime) -> list[PackageEntry]:
    """The packages a user may see."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, PackageRow, at=at).filter(operation_id=operation)
        return read_rows(rows.order_by("country", "version"), PackageEntry)


def record_receipt(user_id: int, package: str, receipt: KeptReceipt, *, at: datetime) -> bool:
    """Keep a recipient's receipt with its package; False when the user may not see such a package."""
    user = User(pk=user_id)
    with acting_as(user):
        return bool(visible(user, PackageRow, at=at).filter(package=package).update(receipt=receipt))


def words_of(lead: str, person: str, body: LeadBody) -> str:
    """What a lead says, in lower case, as searching looks through it."""
    said = (f"{s.get('text', '')} {s.get('value', '')}" for s in body.get("statements", ()))
    return " ".join((lead, person, *said)).lower()


def lead_versions(user_id: int, operation: str, *, at: datetime) -> list[tuple[str, str, int]]:
    """Country, lead and version of every lead a user may see."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, LeadRow, at=at).filter(operation_id=operation)
        return list(rows.values_list("country", "lead", "version"))


def browse_leads(
    user_id: int,
    operation: str,
    asked: Asked,
    *,
    facets: tuple[str, ...],
    searched: tuple[str, ...],
    order: tuple[str, ...],
    at: datetime,
) -> Found:
    """The leads a user may see, without their bodies, filtered and one page at a time."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, LeadRow, at=at).filter(operation_id=operation).defer("body", "words")
        found = browse_rows(rows, asked, facets=facets, searched=searched, order=order)
        shown = visible(user, LeadRow, at=at).filter(operation_id=operation)
        bodies: dict[str, LeadBody] = {
            row.lead: row.body for row in shown.filter(lead__in=[row.lead for row in found.rows])
        }
    listed: list[LeadHead] = [
        {
            "lead": row.lead,
            "country": row.country,
            "grade": row.grade,
            "version": row.version,
            "person": row.person,
            "names_person": bodies[row.lead]["names_person"],
            "handling": bodies[row.lead]["handling"],
            "statements": len(bodies[row.lead]["statements"]),
        }
        for row in found.rows
    ]
    return Found(rows=listed, total=found.total, facets=found.facets)


def search_leads(user_id: int, operation: str, words: str, *, limit: int, at: datetime) -> list[LeadFound]:
    """Leads that say some words."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, LeadRow, at=at).filter(operation_id=operation)
        rows = rows.annotate(found=StrIndex("words", Value(words.lower()))).filter(found__gt=0)
        return read_rows(rows.order_by("country", "lead"), LeadFound, limit=limit)


def search_packages(
    user_id: int, operation: str, words: str, *, limit: int, at: datetime
) -> list[PackageFound]:
    """Packages whose name holds some words, the newest first."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, PackageRow, at=at).filter(operation_id=operation, package__icontains=words)
        return read_rows(rows.order_by("-built_at"), PackageFound, limit=limit)
