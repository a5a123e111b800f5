"""People and operations: administration runs as the owner, everything else through the gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from fairlead.register.actions import MAY, WHOLE_OPERATION, Action, Role
from fairlead.register.gate import acting_as, visible
from fairlead.register.models import Grant, OperationRow, Participant, User
from fairlead.register.reading import read_first, read_rows
from fairlead.register.rows import GrantEnded, GrantEntry
from fairlead.terms.errors import UsageError

_OWNER = "owner"


def add_user(name: str) -> User:
    """Make a user who may see nothing yet; the same name again gives the same user."""
    user: User
    user, created = User.objects.using(_OWNER).get_or_create(username=name)
    if created:
        user.set_unusable_password()
        user.save(using=_OWNER)
    return user


def get_user(name: str) -> User:
    """The user of a name; UsageError when there is none."""
    user: User | None = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise UsageError(
            "you are not a user of this workspace",
            "Ask whoever made it for a grant, or give --user.",
            code="USAGE-USER",
        )
    return user


def add_operation(slug: str, *, lead: str, partners: Sequence[str], creator: User, at: datetime) -> None:
    """Make an operation with its countries; the creator becomes its lead officer."""
    with transaction.atomic(using=_OWNER):
        if OperationRow.objects.using(_OWNER).filter(slug=slug).exists():
            raise UsageError(
                f"there is an operation {slug} already", "Choose another name.", code="USAGE-OPERATION"
            )
        operation = OperationRow.objects.using(_OWNER).create(slug=slug, lead=lead, created_at=at)
        for country in dict.fromkeys((lead, *partners)):
            Participant.objects.using(_OWNER).create(
                operation=operation, country=country, role="lead" if country == lead else "partner"
            )
        grant(creator, slug, role=Role.LEAD_OFFICER)


def grant(user: User, operation: str, *, role: Role, country: str = WHOLE_OPERATION) -> None:
    """Let a user see and do what a role may, for one country or the whole operation."""
    Grant.objects.using(_OWNER).get_or_create(
        user_id=user.pk, operation_id=operation, country=country, role=role
    )


def find_operations(user: User, *, at: datetime) -> list[str]:
    """Operations the user needs to know of."""
    with acting_as(user):
        return sorted(row.pk for row in visible(user, OperationRow, at=at))


def find_operation_names() -> list[str]:
    """The names of all operations, also of those a user may not see: to compare them with the folders."""
    return list(OperationRow.objects.using(_OWNER).order_by("slug").values_list("slug", flat=True))


def lead_of(operation: str) -> str:
    """The lead country of an operation of this workspace, or an empty text: to know whose packages are expected."""
    row = OperationRow.objects.using(_OWNER).filter(slug=operation).first()
    return str(row.lead) if row else ""


def countries_of(user: User, operation: str, *, at: datetime) -> dict[str, Participant]:
    """The participating countries of an operation, by code."""
    with acting_as(user):
        rows = visible(user, Participant, at=at).filter(operation_id=operation)
        return {row.country: row for row in rows.order_by("country")}


def set_recipients(operation: str, country: str, recipients: Sequence[str]) -> None:
    """Keep the age recipients (public keys) to which a country's packages are encrypted."""
    changed = (
        Participant.objects.using(_OWNER)
        .filter(operation_id=operation, country=country)
        .update(age_recipients=list(recipients))
    )
    if not changed:
        raise UsageError(
            f"{country} takes no part in this operation",
            "Check the country code with `fairlead operation show`.",
            code="USAGE-COUNTRY",
        )


def keep_witness_key(operation: str, country: str, key: str) -> None:
    """Keep the key under which a country's cosignatures are checked."""
    changed = (
        Participant.objects.using(_OWNER)
        .filter(operation_id=operation, country=country)
        .update(witness_key=key)
    )
    if not changed:
        raise UsageError(
            f"{country} takes no part in this operation",
            "Check the country code with `fairlead operation show`.",
            code="USAGE-COUNTRY",
        )


def get_user_by_id(user_id: int) -> User:
    """The user of an id."""
    user: User = User.objects.get(pk=user_id)
    return user


def find_grants(operation: str) -> list[GrantEntry]:
    """All grants of an operation, for who administers it."""
    rows = Grant.objects.using(_OWNER).filter(operation_id=operation).order_by("user__username", "role")
    return read_rows(rows, GrantEntry, name=F("user__username"))


def end_grant(operation: str, grant_id: int) -> GrantEnded | None:
    """Take a grant away; returns what it was, or None when there is none of that id in the operation."""
    rows = Grant.objects.using(_OWNER).filter(operation_id=operation, pk=grant_id)
    found = read_first(rows, GrantEnded, name=F("user__username"))
    rows.delete()
    return found


def began_at(operation: str) -> datetime:
    """When an operation was opened; nothing about it can be older."""
    began: datetime = OperationRow.objects.using(_OWNER).get(slug=operation).created_at
    return began


def may_act(user_id: int, action: Action, operation: str, *, country: str, at: datetime) -> bool:
    """Whether a role of another person allows an action for a country at a time; asked with the owner's rights."""
    grants = Grant.objects.using(_OWNER).filter(user_id=user_id, operation_id=operation)
    return any(
        action in MAY[grant.role]
        for grant in grants.filter(country__in=(WHOLE_OPERATION, country))
        if grant.expires_at is None or grant.expires_at > at
    )
