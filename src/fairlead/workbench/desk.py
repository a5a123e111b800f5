"""The desk: who works at this request, in which operation, and what the navigation may offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

from fairlead.case.place.keys import needs_secret
from fairlead.case.place.session import Session, utc_now
from fairlead.case.place.workspace import Workspace, find_workspace
from fairlead.register.actions import MAY, WHOLE_OPERATION, Action, Role
from fairlead.register.gate import acting_as, grants_of
from fairlead.register.models import Grant, User
from fairlead.terms.errors import ItemError, UsageError
from fairlead.workbench.policy import Policy
from fairlead.workbench.wording import word

View = Callable[..., HttpResponse]
_NUL = "\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A signed-in user with their grants in one operation, or in none yet."""

    session: Session
    user: User
    grants: tuple[Grant, ...]

    @property
    def operation(self) -> str:
        """The operation's slug; empty outside any."""
        return self.session.operation

    @property
    def whole(self) -> bool:
        """True when the user may see the operation as a whole."""
        return self.may(Action.VIEW)

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries to which the user is limited; empty for somebody who sees the whole."""
        return () if self.whole else tuple(sorted({g.country for g in self.grants} - {WHOLE_OPERATION}))

    @property
    def roles(self) -> str:
        """The user's roles here, in words."""
        listed = dict.fromkeys(word(Role(g.role).value) for g in self.grants)
        return ", ".join(listed)

    @property
    def key_is_locked(self) -> bool:
        """Whether the user signs with a key that takes a passphrase or a token's PIN."""
        return needs_secret(self.session.workspace, self.user.username)

    def may(self, action: Action, country: str = WHOLE_OPERATION) -> bool:
        """Whether a role allows the action for a country or the whole operation."""
        return any(action in MAY[g.role] and g.country in (WHOLE_OPERATION, country) for g in self.grants)

    def offers(self) -> dict[str, bool]:
        """What the navigation and the pages may offer."""
        offered = {action.value: self.may(action) for action in Action}
        return {**offered, "sight": any(Action.VIEW in MAY[g.role] for g in self.grants)}


def workspace() -> Workspace:
    """The workspace this server was started for."""
    return find_workspace(Path(settings.WORKSPACE) if settings.WORKSPACE else None)


def open_desk(user: User, operation: str) -> Desk:
    """The desk of a user in an operation."""
    at = utc_now()
    with acting_as(user):
        grants = tuple(g for g in grants_of(user, at=at) if operation in ("", g.operation_id))
    session = Session(
        workspace=workspace(), user_id=user.pk, user_name=user.username, operation=operation, clock=utc_now
    )
    return Desk(session=session, user=user, grants=grants)


def _given(request: HttpRequest) -> Iterator[str]:
    """Every text that came with a request, in its address or its form."""
    for form in (request.GET, request.POST):
        for name, values in form.lists():
            yield from (name, *values)


def guarded(
    view: View, *, read: Policy | None, write: Policy | None, methods: tuple[str, ...], atomic: bool
) -> View:
    """A view behind its policies, in one transaction in which the database knows who is asking.

    A view that is not ``atomic`` calls verbs that make their own transactions.

    Unknown and forbidden give the same 404. A verb that refuses is with its own sentence.
    """

    @wraps(view)
    def guard(request: HttpRequest, **parts: Any) -> HttpResponse:
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        if not request.user.is_authenticated:
            return redirect("sign_in")
        operation = parts.pop("operation", "")
        policy = write if request.method == "POST" else read
        user: User = request.user
        if policy is not None and not policy.admits(user, operation, parts.get("country"), at=utc_now()):
            raise Http404
        if _NUL in f"{request.path}{''.join(_given(request))}":
            raise Http404  # no text that is kept anywhere holds one, so nothing of that name is here
        request.desk = desk = open_desk(user, operation)
        try:
            if not atomic:
                return view(request, desk, **parts)
            with acting_as(user):
                return view(request, desk, **parts)
        except (UsageError, ItemError) as problem:
            if problem.code == "USAGE-SQL":  # the statement is the program's own: nobody here can correct it
                raise
            from fairlead.workbench.views.errors import explain

            return explain(request, problem)

    return guard
