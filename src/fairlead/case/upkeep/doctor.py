"""Checks a workspace: what was written, counts that must add up, tables against the register, the ledger."""

from __future__ import annotations

from fairlead.case.log.ledger import verify_ledger
from fairlead.case.place.session import Session
from fairlead.case.place.workspace import Workspace
from fairlead.case.upkeep.checks.check import Check, check_of
from fairlead.case.upkeep.checks.counts import check_counts
from fairlead.case.upkeep.checks.intents import check_intents
from fairlead.case.upkeep.checks.leftovers import check_leftovers, remove_leftovers
from fairlead.case.upkeep.checks.parts import adopt_parts, check_parts
from fairlead.case.upkeep.checks.register import check_released, check_tables
from fairlead.case.upkeep.checks.restored import check_restored
from fairlead.case.upkeep.checks.secrets import check_secrets
from fairlead.engine.catalogue import Catalogue, spilling
from fairlead.engine.lock import sole_writer
from fairlead.register.actions import Action


def examine(session: Session, *, tidy: bool = False, adopt: bool = False) -> list[Check]:
    """All checks of one operation and of the workspace's ledger; reads every part, package and entry.

    Stops with RUN-LOCK while somebody writes the tables: half of a run adds up to nothing. ``tidy`` removes
    leftovers of killed runs first; ``adopt`` keeps digests of parts that have none yet.
    """
    session.require(Action.PROCESS)
    workspace = session.workspace
    with sole_writer(workspace.operation(session.operation)):
        if tidy:
            remove_leftovers(workspace, session.operation)
        if adopt:
            adopt_parts(session.store)
        checks = check_parts(session.store)
        checks += _check_rows(session, checks) + check_released(session)
        checks += [
            _check_ledger(workspace),
            *check_restored(workspace),
            check_secrets(workspace),
            check_leftovers(workspace, session.operation),
            check_intents(session),
        ]
    return checks


def _check_rows(session: Session, parts: list[Check]) -> list[Check]:
    """What stands in the tables; not looked at while a part is altered, since any count would mislead."""
    if not (parts[0].passed and parts[1].passed):
        return [
            check_of(
                "Could the rows be counted?",
                ["all tables: not counted, since parts are altered or cannot be read"],
                "Bring the parts named above in order, then run `fairlead doctor` again.",
            )
        ]
    folder = session.workspace.operation(session.operation)
    with spilling(folder) as spill:
        catalogue = Catalogue(session.store, spill=spill, frugal=True)
        try:
            return [*check_counts(catalogue), *check_tables(session, catalogue)]
        finally:
            catalogue.close()


def _check_ledger(workspace: Workspace) -> Check:
    return check_of(
        "Does the ledger hold, against the tree and the checkpoint kept here?",
        verify_ledger(workspace).findings,
        "Stop work and compare with a checkpoint that a partner keeps.",
    )
