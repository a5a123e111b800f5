"""What people decide about leads and what comes after sending, behind the gate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count

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


def find_version(
    user_id: int, operation: str, lead: str, version: int, *, at: datetime
) -> dict[str, Any] | None:
    """The body of one version of a lead, or None."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, LeadVersionRow, at=at).filter(operation_id=operation, lead=lead, version=version)
        row = rows.first()
        return dict(row.body) if row else None


def last_sent_version(user_id: int, operation: str, lead: str, *, at: datetime) -> tuple[str, int] | None:
    """The package that last carried a lead, and in which version; None when it was never sent."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, PackageRow, at=at).filter(operation_id=operation, leads__has_key=lead)
        row = rows.order_by("-version").first()
        return (row.package, int(row.leads[lead])) if row else None


def record_outcomes(
    user_id: int, operation: str, country: str, rows: list[dict[str, Any]], *, package: str, signer: str
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
) -> list[dict[str, Any]]:
    """All reported outcomes a user may see, or those of one country, oldest first."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, OutcomeRow, at=at).filter(operation_id=operation)
        if country is not None:
            rows = rows.filter(country=country)
        return list(rows.order_by("at", "pk").values())


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
) -> dict[str, dict[str, Any]]:
    """The bodies of leads as they stood in one version each, by lead; in one query."""
    if not versions:
        return {}
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, LeadVersionRow, at=at).filter(operation_id=operation, lead__in=list(versions))
        found = rows.values_list("lead", "version", "body")
        return {lead: body for lead, version, body in found if versions[lead] == version}


def record_recall(
    user_id: int, operation: str, country: str, *, package: str, leads: list[str], reason: str, at: datetime
) -> None:
    """Note that a recall notice was signed."""
    with acting_as(User(pk=user_id)):
        RecallRow.objects.create(
            operation_id=operation, country=country, package=package, leads=leads, reason=reason, at=at
        )


def acknowledge_recalls(user_id: int, operation: str, package: str, *, at: datetime) -> int:
    """Note that a recipient acknowledged the recall of a package; returns how many notices that closes."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, RecallRow, at=at).filter(
            operation_id=operation, package=package, acknowledged_at=None
        )
        return int(rows.update(acknowledged_at=at))


def find_recalls(user_id: int, operation: str, *, at: datetime) -> list[dict[str, Any]]:
    """Recall notices a user may see."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, RecallRow, at=at).filter(operation_id=operation)
        return list(rows.order_by("at", "pk").values())


def place_hold(user_id: int, operation: str, *, person: str, reason: str, name: str, at: datetime) -> None:
    """Let nothing be sent about a person."""
    with acting_as(User(pk=user_id)):
        HoldRow.objects.create(operation_id=operation, person=person, reason=reason, placed_by=name, at=at)


def lift_hold(user_id: int, operation: str, *, person: str, name: str, at: datetime) -> int:
    """End the holds on a person; returns how many there were."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, HoldRow, at=at).filter(operation_id=operation, person=person, lifted_at=None)
        return int(rows.update(lifted_at=at, lifted_by=name))


def holds_on(user_id: int, operation: str, person: str, *, at: datetime) -> list[dict[str, Any]]:
    """The holds on a person, those that have ended too, newest first."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, HoldRow, at=at).filter(operation_id=operation, person=person)
        return list(rows.order_by("-at", "-pk").values("reason", "placed_by", "at", "lifted_at", "lifted_by"))


def held_persons(user_id: int, operation: str, *, at: datetime) -> set[str]:
    """Persons whom nothing may be sent about now."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, HoldRow, at=at).filter(operation_id=operation, lifted_at=None)
        return set(rows.values_list("person", flat=True))


def record_category(
    user_id: int,
    operation: str,
    country: str,
    *,
    lead: str,
    category: str,
    reason: str,
    name: str,
    at: datetime,
) -> None:
    """Note which category of data subject a named person put a lead into."""
    with acting_as(User(pk=user_id)):
        CategoryRow.objects.create(
            operation_id=operation,
            country=country,
            lead=lead,
            category=category,
            reason=reason,
            decided_by=name,
            at=at,
        )


def categories(user_id: int, operation: str, *, at: datetime) -> dict[str, str]:
    """The category that holds for every lead somebody has decided about."""
    user = User(pk=user_id)
    with acting_as(user):
        rows = visible(user, CategoryRow, at=at).filter(operation_id=operation)
        return dict(rows.order_by("at", "pk").values_list("lead", "category"))
