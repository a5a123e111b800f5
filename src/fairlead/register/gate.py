"""The one gate: what a person may see and do. Deny by default; PostgreSQL checks it a second time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, models, transaction
from django.db.models import Q, QuerySet

from fairlead.register.actions import MAY, WHOLE_OPERATION, WITHOUT_SIGHT, Action
from fairlead.register.models import (
    ExposureRow,
    Grant,
    Membered,
    OperationRow,
    Participant,
    Scoped,
    User,
)


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """One transaction in which the database, too, knows who is asking.

    The setting is local to the transaction, so a pooled connection never carries it over.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('fairlead.user', %s, true)", [str(user.pk)])
        yield


def grants_of(user: User, *, at: datetime) -> QuerySet[Grant]:
    """The grants that hold at a time."""
    return Grant.objects.filter(user=user).filter(Q(expires_at=None) | Q(expires_at__gt=at))


def visible(user: User, model: type[models.Model], *, at: datetime) -> QuerySet[models.Model]:
    """The rows of a model that the user needs to know; nothing for a model without a rule."""
    grants = list(grants_of(user, at=at))
    if model is OperationRow:
        return OperationRow.objects.filter(slug__in=[g.operation_id for g in grants])
    if model is Participant:
        return Participant.objects.filter(operation_id__in=[g.operation_id for g in grants])
    if model is ExposureRow:
        return ExposureRow.objects.filter(user=user)
    if issubclass(model, Membered):
        return model._default_manager.filter(operation_id__in=[g.operation_id for g in grants])
    if not issubclass(model, Scoped):
        return model._default_manager.none()
    condition = Q(pk__in=[])
    for grant in grants:
        if grant.role in WITHOUT_SIGHT:
            continue
        if grant.country == WHOLE_OPERATION:
            countries = Participant.objects.filter(operation_id=grant.operation_id).values("country")
            condition |= Q(operation_id=grant.operation_id) & (
                Q(country=WHOLE_OPERATION) | Q(country__in=countries)
            )
        else:
            condition |= Q(operation_id=grant.operation_id, country=grant.country)
    return model._default_manager.filter(condition)


def can(user: User, action: Action, *, operation: str, country: str = WHOLE_OPERATION, at: datetime) -> bool:
    """Whether a role of the user, in this operation and for this country, allows the action."""
    return any(
        action in MAY[grant.role]
        for grant in grants_of(user, at=at)
        if grant.operation_id == operation and grant.country in (WHOLE_OPERATION, country)
    )
