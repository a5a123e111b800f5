"""The one gate: what a person may see and do. Deny by default; PostgreSQL checks it a second time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.lookups import Exact

from fairlead.register.actions import AFTER_RELEASE, MAY, WHOLE_OPERATION, WITHOUT_SIGHT, Action
from fairlead.register.models import (
    CategoryRow,
    ExposureRow,
    Grant,
    HoldRow,
    IncidentRow,
    JudgementRow,
    LeadRow,
    LeadVersionRow,
    Membered,
    OperationRow,
    Participant,
    PreparedRow,
    Scoped,
    User,
)
from fairlead.register.proof import session_key

_BEFORE_RELEASE = (PreparedRow, HoldRow, CategoryRow, JudgementRow)
"""What people decide on the way to a release: not for who is shown what was released."""
_ACTING, _GRANTS = "fairlead_acting", "fairlead_grants"


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """One transaction in which the database, too, knows who is asking.

    The setting is local to the transaction, so a pooled connection never carries it over, and it is proven with the
    workspace's secret, so that no SQL can name another user. Inside another one of
    the same user it is there already; inside one of another user it is put back at the end.
    """
    outer = getattr(connection, _ACTING, None) if connection.in_atomic_block else None
    if outer == user.pk:
        yield
        return
    with transaction.atomic():
        _tell(user.pk)
        setattr(connection, _ACTING, user.pk)
        try:
            yield
            if outer is not None:
                _tell(outer)
        finally:
            setattr(connection, _ACTING, outer)
            setattr(connection, _GRANTS, None)


def _tell(user_id: int) -> None:
    with connection.cursor() as cursor:
        tell_user(cursor, user_id)


def tell_user(cursor: CursorWrapper, user_id: int) -> None:
    """Prove to the database for whom the rest of a cursor's transaction asks."""
    cursor.execute("SELECT pg_backend_pid(), (extract(epoch FROM now()) * 1000000)::bigint")
    process, moment = cursor.fetchone()
    proof = session_key(settings.SECRET_KEY).prove(user_id, process=process, moment=moment)
    cursor.execute("SELECT set_config('fairlead.user', %s, true)", [proof])


def grants_of(user: User, *, at: datetime) -> QuerySet[Grant]:
    """The grants that hold at a time."""
    return Grant.objects.filter(user=user).filter(Q(expires_at=None) | Q(expires_at__gt=at))


def _grants_now(user: User, *, at: datetime) -> list[Grant]:
    """The grants that hold at a time, read once in a transaction of ``acting_as`` and never kept beyond it."""
    if not connection.in_atomic_block or getattr(connection, _ACTING, None) != user.pk:
        return list(grants_of(user, at=at))
    kept: list[Grant] | None = getattr(connection, _GRANTS, None)
    if kept is None:
        kept = list(Grant.objects.filter(user=user))
        setattr(connection, _GRANTS, kept)
    return [grant for grant in kept if grant.expires_at is None or grant.expires_at > at]


def visible(user: User, model: type[models.Model], *, at: datetime) -> QuerySet[models.Model]:
    """The rows of a model that the user needs to know; nothing for a model without a rule."""
    grants = _grants_now(user, at=at)
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
        if grant.role in AFTER_RELEASE and model in _BEFORE_RELEASE:
            continue
        shown = _released() if grant.role in AFTER_RELEASE and model in (LeadRow, LeadVersionRow) else Q()
        if grant.country == WHOLE_OPERATION:
            countries = Participant.objects.filter(operation_id=grant.operation_id).values("country")
            condition |= (
                Q(operation_id=grant.operation_id)
                & (Q(country=WHOLE_OPERATION) | Q(country__in=countries))
                & shown
            )
        else:
            condition |= Q(operation_id=grant.operation_id, country=grant.country) & shown
            if model is IncidentRow:  # what concerns every country is read in every command post
                condition |= Q(operation_id=grant.operation_id, country=WHOLE_OPERATION)
    return model._default_manager.filter(condition)


def _released() -> Q:
    """Versions of leads that a package carried to their country, and that was not recalled since."""
    named = Func(
        *(F(name) for name in ("operation_id", "country", "lead", "version")),
        function="fairlead_released",
        output_field=models.BooleanField(),
    )
    return Q(Exact(named, Value(value=True)))


def can(user: User, action: Action, *, operation: str, country: str = WHOLE_OPERATION, at: datetime) -> bool:
    """Whether a role of the user, in this operation and for this country, allows the action."""
    return any(
        action in MAY[grant.role]
        for grant in _grants_now(user, at=at)
        if grant.operation_id == operation and grant.country in (WHOLE_OPERATION, country)
    )
