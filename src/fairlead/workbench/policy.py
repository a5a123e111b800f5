"""Who may open a page: a declared policy for reading and one for writing; without one nothing opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fairlead.register.actions import MAY, WHOLE_OPERATION, Action
from fairlead.register.gate import acting_as, can, grants_of
from fairlead.register.models import User


class Scope(StrEnum):
    """For what part of an operation the action must be allowed."""

    WHOLE = "whole"
    """The whole operation: the page reads tables, which know no countries."""
    COUNTRY = "country"
    """The country that the address names."""
    SOME = "some"
    """Any part: the page shows rows of the register, and the gate leaves only those for this user."""
    MEMBER = "member"
    """Any grant in the operation, whatever the role: the page shows what was released to all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An action, and for what part of the operation it must be allowed."""

    action: Action
    scope: Scope

    def admits(self, user: User, operation: str, country: str | None, *, at: datetime) -> bool:
        """Whether the user passes."""
        with acting_as(user):
            match self.scope:
                case Scope.WHOLE:
                    return can(user, self.action, operation=operation, country=WHOLE_OPERATION, at=at)
                case Scope.COUNTRY:
                    return can(user, self.action, operation=operation, country=country or "", at=at)
                case Scope.SOME:
                    return any(
                        self.action in MAY[grant.role]
                        for grant in grants_of(user, at=at)
                        if grant.operation_id == operation
                    )
                case Scope.MEMBER:
                    return bool(grants_of(user, at=at).filter(operation_id=operation).exists())


def whole(action: Action) -> Policy:
    """The action, for the whole operation."""
    return Policy(action=action, scope=Scope.WHOLE)


def country(action: Action) -> Policy:
    """The action, for the country in the address."""
    return Policy(action=action, scope=Scope.COUNTRY)


def some(action: Action) -> Policy:
    """The action, for any part of the operation."""
    return Policy(action=action, scope=Scope.SOME)


MEMBER = Policy(action=Action.VIEW, scope=Scope.MEMBER)
"""Everybody who takes part, the press desk included."""
EVERYBODY = None
"""Everybody who is signed in: the page is about themselves."""
