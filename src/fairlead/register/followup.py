"""What people decide about leads and what comes after sending, behind the gate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from fairlead.leads.anchored import CategoryDecision, still_held
from fairlead.leads.body import LeadBody
from fairlead.leads.document import SubjectCategory
from fairlead.register.gate import acting_as, visible
from fairlead.register.models import (
    CategoryRow,
    HoldRow,
    LeadVersionRow,
    OutcomeRow,
    PackageRow,
    RecallRow,
    User,
)
from fairlead.register.reading import read_rows
from fairlead.register.rows import Lift, NewOutcome, OutcomeEntry, RecallEntry

_OWNER = "owner"


def find_version(user_id: int, operation: str, lead: str, version: int, *, at: datetime) -> LeadBody | None:
    """The body of one version of a lead, or None."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, LeadVersionRow, at=at).filter(operation_id=operation, lead=lead, version=version)
        row = rows.first()
        body: LeadBody | None = row.body if row else None
        return body


def last_sent_version(user_id: int, operation: str, lead: str, *, at: datetime) -> tuple[str, int] | None:
    """The package that last carried a lead, and in which version; None when it was never sent."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, PackageRow, at=at).filter(operation_id=operation, leads__has_key=lead)
        row = rows.order_by("-version").first()
        return (row.package, int(row.leads[lead])) if row else None


def record_outcomes(
    user_id: int, operation: str, country: str, rows: Sequence[NewOutcome], *, package: str, signer: str
) -> int:
    """Keep reported outcomes; the same report again changes nothing. Returns how many are new."""
    new = 0
    with acting_as(User(pk=user_id)):
        for row in rows:
            _, created = OutcomeRow.objects.get_or_create(
                sha256=row["sha256"],
                defaults={
                    **row,
                    "operation_id": operation,
                    "country": country,
                    "package": package,
                    "signer": signer,
                },
            )
            new += created
    return new


def find_outcomes(
    user_id: int, operation: str, *, at: datetime, country: str | None = None
) -> list[OutcomeEntry]:
    """All reported outcomes a user may see, or those of one country, oldest first."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, OutcomeRow, at=at).filter(operation_id=operation)
        if country is not None:
            rows = rows.filter(country=country)
        return read_rows(rows.order_by("at", "pk"), OutcomeEntry)


def count_answered(user_id: int, operation: str, *, at: datetime) -> dict[str, int]:
    """For how many leads of each country an outcome was reported."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, OutcomeRow, at=at).filter(operation_id=operation)
        return dict(rows.order_by().values_list("country").annotate(Count("lead", distinct=True)))


def last_sent(user_id: int, operation: str, country: str, *, at: datetime) -> dict[str, tuple[str, int]]:
    """Every lead of a country that was sent: the package that carried it last, and in which version."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, PackageRow, at=at).filter(operation_id=operation, country=country)
        carried: dict[str, tuple[str, int]] = {}
        for package, leads in rows.order_by("version").values_list("package", "leads"):
            carried.update({lead: (package, int(version)) for lead, version in leads.items()})
    return carried


def find_versions(
    user_id: int, operation: str, versions: dict[str, int], *, at: datetime
) -> dict[str, LeadBody]:
    """The bodies of leads as they stood in one version each, by lead; in one query."""
    if not versions:
        return {}
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, LeadVersionRow, at=at).filter(operation_id=operation, lead__in=list(versions))
        found = rows.values_list("lead", "version", "body")
        return {lead: body for lead, version, body in found if versions[lead] == version}


def record_recall(
    user_id: int,
    operation: str,
    country: str,
    *,
    package: str,
    leads: list[str],
    reason: str,
    notice: str,
    at: datetime,
) -> None:
    """Note that a recall notice was signed; ``notice`` is its SHA-256."""
    with acting_as(User(pk=user_id)):
        RecallRow.objects.create(
            operation_id=operation,
            country=country,
            package=package,
            leads=leads,
            reason=reason,
            notice=notice,
            at=at,
        )


def ask_to_lift(user_id: int, recalls: Collection[int], lead: str, *, name: str, reason: str) -> None:
    """Note that somebody asks for a lead to be let go that recalls name, and why."""
    _keep_lift(user_id, recalls, lead, {"asked_by": name, "reason": reason})


def lift_recalls(user_id: int, recalls: Collection[int], lead: str, *, name: str, at: datetime) -> None:
    """Note that a second person agreed: the lead may be sent again. Other leads of the notices stay recalled."""
    _keep_lift(user_id, recalls, lead, {"lifted_by": name, "lifted_at": at.isoformat()})


def _keep_lift(user_id: int, recalls: Collection[int], lead: str, said: Lift) -> None:
    with acting_as(User(pk=user_id)):
        for row in RecallRow.objects.select_for_update().filter(pk__in=recalls):
            row.lifts = {**row.lifts, lead: {**row.lifts.get(lead, {}), **said}}
            row.save(update_fields=["lifts"])


def still_recalled(row: RecallEntry, lead: str) -> bool:
    """Whether a recall that names a lead still keeps it from being sent."""
    return row["lifted_at"] is None and "lifted_by" not in row["lifts"].get(lead, {})


def acknowledge_recalls(user_id: int, recalls: Collection[int], *, at: datetime) -> int:
    """Note that a recipient acknowledged recalls that were open; returns how many that closes."""
    with acting_as(User(pk=user_id)):
        rows = RecallRow.objects.filter(pk__in=recalls, acknowledged_at=None)
        return int(rows.update(acknowledged_at=at))


def find_recalls(user_id: int, operation: str, *, at: datetime) -> list[RecallEntry]:
    """Recall notices a user may see."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, RecallRow, at=at).filter(operation_id=operation)
        return read_rows(rows.order_by("at", "pk"), RecallEntry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold, lasting or ended: whom it was placed on, and the records it rests on."""

    person: str
    records: tuple[str, ...]
    reason: str
    placed_by: str
    at: datetime
    lifted_at: datetime | None
    lifted_by: str


def place_hold(
    user_id: int,
    operation: str,
    *,
    person: str,
    records: Collection[str],
    reason: str,
    name: str,
    at: datetime,
) -> None:
    """Let nothing be sent about records, nor about any person who has one of them."""
    with acting_as(User(pk=user_id)):
        HoldRow.objects.create(
            operation_id=operation,
            person=person,
            records=sorted(records),
            reason=reason,
            placed_by=name,
            at=at,
        )


def lift_holds(
    user_id: int, operation: str, *, person: str, records: Collection[str], name: str, at: datetime
) -> int:
    """End the holds on a person's records; returns how many there were. Records of others in a hold stay held.

    A hold whose records nobody knows ends when it was placed on the person.
    """
    user = User(pk=user_id)
    ended = 0
    with acting_as(user):
        rows = visible(user, HoldRow, at=at).filter(operation_id=operation, lifted_at=None)
        for row in rows.select_for_update():
            if set(row.records).isdisjoint(records) and (row.records or row.person != person):
                continue
            row.lifted_at, row.lifted_by = at, name
            row.save(update_fields=["lifted_at", "lifted_by"])
            ended += 1
            if rest := still_held(row.records, records):
                HoldRow.objects.create(
                    operation_id=operation,
                    person=row.person,
                    records=list(rest),
                    reason=row.reason,
                    placed_by=row.placed_by,
                    at=row.at,
                )
    return ended


def find_holds(
    user_id: int,
    operation: str,
    *,
    at: datetime,
    lasting: bool = False,
    records: Collection[str] | None = None,
) -> list[Hold]:
    """Holds, newest first: all, those that last, or those on any of some records."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, HoldRow, at=at).filter(operation_id=operation)
        if lasting:
            rows = rows.filter(lifted_at=None)
        found = [
            Hold(
                person=row.person,
                records=tuple(row.records),
                reason=row.reason,
                placed_by=row.placed_by,
                at=row.at,
                lifted_at=row.lifted_at,
                lifted_by=row.lifted_by,
            )
            for row in rows.order_by("-at", "-pk")
        ]
    return [hold for hold in found if records is None or not set(hold.records).isdisjoint(records)]


def record_category(
    user_id: int,
    operation: str,
    country: str,
    *,
    lead: str,
    records: Collection[str],
    category: str,
    reason: str,
    name: str,
    at: datetime,
) -> None:
    """Note which category of data subject a named person put the person of a lead into, who has these records."""
    with acting_as(User(pk=user_id)):
        CategoryRow.objects.create(
            operation_id=operation,
            country=country,
            lead=lead,
            records=sorted(records),
            category=category,
            reason=reason,
            decided_by=name,
            at=at,
        )


def find_categories(user_id: int, operation: str, *, at: datetime) -> list[CategoryDecision]:
    """Every decision about a category that a user may see, in the order in which they were made."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, CategoryRow, at=at).filter(operation_id=operation)
        return [
            CategoryDecision(
                records=frozenset(row.records),
                category=SubjectCategory(row.category),
                decided_by=row.decided_by,
                at=row.at,
            )
            for row in rows.order_by("at", "pk")
        ]


def find_unanchored(operation: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Lasting holds by person, and categories by lead, that older versions kept without records."""
    holds = HoldRow.objects.using(_OWNER).filter(operation_id=operation, records=[], lifted_at=None)
    categories = CategoryRow.objects.using(_OWNER).filter(operation_id=operation, records=[])
    return list(holds.values_list("pk", "person")), list(categories.values_list("pk", "lead"))


def anchor_hold(hold: int, records: Collection[str]) -> None:
    """Tie a hold of an older version to records. As the owner: nobody else may change what was decided."""
    HoldRow.objects.using(_OWNER).filter(pk=hold, records=[]).update(records=sorted(records))


def anchor_category(category: int, records: Collection[str]) -> None:
    """Tie a category of an older version to records, as the owner."""
    CategoryRow.objects.using(_OWNER).filter(pk=category, records=[]).update(records=sorted(records))
