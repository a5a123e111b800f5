"""A session: a person at work in a workspace, with the register open and every step in the ledger."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from fairlead.case.place.tables_place import require_own_place
from fairlead.case.place.workspace import Workspace
from fairlead.engine.lock import sole_writer
from fairlead.engine.parts import PartStore
from fairlead.engine.table_form import bring_up_to_date, is_current
from fairlead.ledger.entry import EntryDetail
from fairlead.register.actions import WHOLE_OPERATION, Action
from fairlead.register.database import open_register
from fairlead.register.pending import Pending
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

Clock = Callable[[], datetime]

SYSTEM = {
    "workspace.init": "there is no operation yet in which somebody could have a right",
    "workspace.restore": "whoever holds a backup and its key can bring the workspace back, before anybody is known there",
    "operation.new": "who opens an operation at the shell of a workspace becomes its lead officer",
    "tables.form": "tables of an older version get the columns they lack whenever an operation is opened",
    "decision.anchor": "decisions of an older version get the records they are about when they are next looked at",
    "key.officer": "whoever has the workspace's account makes keys there, before an operation is opened or after",
    "package.open": "a package is opened in the recipient's own workspace, which has no operation",
}
"""Entries of changes that nobody's right is asked for, and why."""


class Act(Protocol):
    """A change while it is made: it alone may write entries of a change."""

    def writes(self, what: str) -> bool:
        """Whether an entry of that name is the act's own."""
        ...

    def entered(self, pending: Pending, *, at: datetime) -> int:
        """Add an entry of the act; returns its index."""
        ...

    def keep(self, facts: dict[str, str | int]) -> dict[str, str | int]:
        """Keep facts of the state before the change, for whoever has to finish it."""
        ...

    @property
    def finishes(self) -> bool:
        """Whether an earlier act of this kind about the same was cut short."""
        ...

    @property
    def before(self) -> dict[str, str | int]:
        """What the act that was cut short had kept; empty when there is none."""
        ...


def utc_now() -> datetime:
    """The time now; the only clock the program reads, and only where a command starts."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who works, where, on which operation, and what time it is."""

    workspace: Workspace
    user_id: int
    user_name: str
    operation: str
    clock: Clock
    doing: Act | None = None

    @property
    def store(self) -> PartStore:
        """The tables of the operation."""
        return self.workspace.store(self.operation)

    @property
    def act(self) -> Act:
        """The change that is being made; RuntimeError outside of one."""
        if self.doing is None:
            raise RuntimeError("nothing is being changed: only a verb does that")
        return self.doing

    def require_act(self) -> None:
        """Stop with RuntimeError outside of a verb: for work that several verbs share."""
        _ = self.act

    def require(self, *actions: Action, country: str = WHOLE_OPERATION) -> None:
        """Stop with USAGE-RIGHT unless a role of the user allows one of the actions here."""
        from fairlead.register.gate import acting_as, can
        from fairlead.register.models import User

        user = User(pk=self.user_id)
        with acting_as(user):
            allowed = any(
                can(user, action, operation=self.operation, country=country, at=self.clock())
                for action in actions
            )
        if not allowed:
            raise UsageError(
                "your role in this operation does not allow that",
                "Ask the lead officer, who can see what each role may do in docs/reference/roles.md.",
                code="USAGE-RIGHT",
            )

    def require_sight(self) -> None:
        """Stop with USAGE-RIGHT unless the user sees the whole operation: tables know no countries.

        What only reads needs no verb, so it asks here.
        """
        self.require(Action.VIEW)

    def record(
        self,
        operation: Operation,
        what: str,
        objects: tuple[str, ...],
        justification: str,
        *,
        recipient: str = "",
        facts: dict[str, str | int] | None = None,
    ) -> int:
        """Add an entry to the ledger; returns its index.

        Everybody may write that something was consulted; a change is written by the verb that makes it, and
        RuntimeError stops any other.
        """
        detail = EntryDetail(
            actor=self.user_name,
            objects=objects,
            justification=justification,
            recipient=recipient,
            facts=facts,
        )
        pending = Pending(operation=operation, what=what, case=self.operation, detail=detail)
        if (
            what not in SYSTEM
            and self.doing is not None
            and (operation is not Operation.CONSULTATION or self.doing.writes(what))
        ):
            return self.doing.entered(pending, at=self.clock())
        if operation is not Operation.CONSULTATION and what not in SYSTEM:
            raise RuntimeError(f"{what} is a change outside of a verb")
        from fairlead.register.ledger_store import record_entries

        return record_entries([pending], at=self.clock())[0]


def operator_name(given: str | None) -> str:
    """The name under which a person works at the command line: as given, or the login name."""
    return given or getpass.getuser()


def open_session(
    workspace: Workspace,
    *,
    operation: str | None = None,
    user_name: str | None = None,
    clock: Clock = utc_now,
) -> Session:
    """Open the register and find user and operation.

    With one operation in the workspace its name may be left out. Unknown and forbidden operations give
    the same UsageError.
    """
    open_register(workspace.register)
    from fairlead.register.people import find_operations, get_user

    user = get_user(operator_name(user_name))
    visible = find_operations(user, at=clock())
    if operation is None and len(visible) == 1:
        operation = visible[0]
    if operation is None:
        raise UsageError(
            f"this workspace has {len(visible)} operations for you",
            "Give --operation, or make one with `fairlead operation new`.",
            code="USAGE-OPERATION",
        )
    if operation not in visible:
        raise UsageError(
            f"there is no operation {operation} for you here",
            "Check the name with `fairlead operation list`.",
            code="USAGE-OPERATION",
        )
    session = Session(
        workspace=workspace, user_id=user.pk, user_name=user.username, operation=operation, clock=clock
    )
    require_own_place(workspace, operation)
    _bring_up_to_date(session)
    return session


def _bring_up_to_date(session: Session) -> None:
    """Give tables of an older version the columns they lack, once."""
    if is_current(session.store):
        return
    with sole_writer(session.workspace.operation(session.operation)):
        written = bring_up_to_date(session.store)
    if written:
        session.record(
            Operation.ALTERATION,
            "tables.form",
            (),
            "tables of an older version brought up to date",
            facts={"parts": written},
        )
