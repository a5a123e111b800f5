"""From whom an exhibit was seized, in terms of the platform's records: a named officer's statement.

What lay on an exhibit says nothing of an account. Only with this statement is what its files suggest asked of the law
for a person, and then as an assessment.
"""

from __future__ import annotations

from fairlead.case.exhibits.custody import get_exhibit
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.lock import sole_writer
from fairlead.engine.parts import part_name
from fairlead.register.actions import Action
from fairlead.tables.evidence import HOLDERS
from fairlead.tables.records import ACCOUNTS
from fairlead.tables.rows import HolderRow
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


@verb(
    "exhibit.holder",
    Action.JUDGE,
    becomes=Operation.COMBINATION,
    command="exhibit holder",
    page="none: it is stated with the exhibit at hand",
    about=("exhibit", "account"),
    reason=True,
)
def state_holder(session: Session, exhibit: str, account: str, *, reason: str) -> None:
    """State that an exhibit was seized from the holder of an account; a later statement replaces an earlier one.

    Raises UsageError when there is no such exhibit or account, or no reason.
    """
    get_exhibit(session, exhibit)
    _require_account(session, account)
    _require_reason(reason)
    row: HolderRow = {"exhibit": exhibit, "account": account, "reason": reason, "stated_at": session.clock()}
    with sole_writer(session.workspace.operation(session.operation)):
        session.store.write(HOLDERS, _part(row), [HOLDERS.batch([row])])
    session.record(Operation.COMBINATION, "exhibit.holder", (exhibit, account), reason)


@verb(
    "exhibit.holder.withdraw",
    Action.JUDGE,
    becomes=Operation.ALTERATION,
    command="exhibit holder",
    page="none: it is stated with the exhibit at hand",
    about=("exhibit", "account"),
    reason=True,
)
def withdraw_holder(session: Session, exhibit: str, account: str, *, reason: str) -> None:
    """Withdraw such a statement. Raises UsageError when there is none, or no reason."""
    _require_reason(reason)
    with sole_writer(session.workspace.operation(session.operation)):
        rows = list_holders(session)
        kept = [row for row in rows if (row["exhibit"], row["account"]) != (exhibit, account)]
        if len(kept) == len(rows):
            raise UsageError(
                f"exhibit {exhibit} is not stated to be from this account",
                "`fairlead exhibit show` names the statements.",
                code="USAGE-HOLDER",
            )
        session.store.keep_only(HOLDERS, {_part(row) for row in kept})
    session.record(Operation.ALTERATION, "exhibit.holder.withdraw", (exhibit, account), reason)


def list_holders(session: Session, exhibit: str = "") -> list[HolderRow]:
    """The statements that hold, of one exhibit or of all."""
    catalogue = Catalogue(session.store, (HOLDERS,))
    try:
        return catalogue.rows_as(
            HolderRow,
            "SELECT * FROM holders WHERE $e IN ('', exhibit) ORDER BY exhibit, account",
            {"e": exhibit},
        )
    finally:
        catalogue.close()


def _require_account(session: Session, account: str) -> None:
    catalogue = Catalogue(session.store, (ACCOUNTS,))
    try:
        known = catalogue.rows("SELECT 1 FROM accounts WHERE account = $a", {"a": account})
    finally:
        catalogue.close()
    if not known:
        raise UsageError(
            "there is no such account in the records",
            "Give its id as `fairlead table accounts` shows it, in the column account.",
            code="USAGE-ACCOUNT",
        )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise UsageError("a statement needs its ground", "Give --reason TEXT.", code="USAGE-REASON")


def _part(row: HolderRow) -> str:
    return part_name("holder", row["exhibit"], row["account"])
