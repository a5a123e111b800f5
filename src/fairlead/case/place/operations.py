"""Makes workspaces and operations."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from fairlead.case.place.keys import create_ledger_key
from fairlead.case.place.session import Clock, Session, operator_name, utc_now
from fairlead.case.place.tables_place import choose_place
from fairlead.case.place.workspace import Workspace, create_workspace
from fairlead.engine.places import Place
from fairlead.register.database import open_register, runs_elsewhere
from fairlead.terms.countries import PARTICIPANTS
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import OperationSlug


def init_workspace(root: Path, *, user_name: str | None = None, clock: Clock = utc_now) -> Workspace:
    """Make a workspace, start its register, and make its first user and the ledger's key.

    Where a server that is named does not let it in, nothing is left of the folder, and the same command may be given again.
    """
    existed = root.exists()
    try:
        workspace = create_workspace(root, at=clock())
    except OSError as problem:
        raise UsageError(
            f"no workspace can be made there ({type(problem).__name__})",
            "Name a folder on a disk where you may write, of a name that the disk takes.",
            code="USAGE-WORKSPACE",
        ) from problem
    create_ledger_key(workspace)
    with ExitStack() as undo:
        if runs_elsewhere():
            undo.callback(_unmake, workspace.root, keep=existed)
        open_register(workspace.register)
        undo.pop_all()
    from fairlead.register.people import add_user

    user = add_user(operator_name(user_name))
    session = Session(
        workspace=workspace, user_id=user.pk, user_name=user.username, operation="", clock=clock
    )
    session.record(Operation.COLLECTION, "workspace.init", (workspace.identity,), "workspace made")
    return workspace


def _unmake(root: Path, *, keep: bool) -> None:
    """Remove what was just made in a folder that was empty or absent."""
    shutil.rmtree(root, ignore_errors=True)
    if keep:
        root.mkdir(exist_ok=True)


def new_operation(
    workspace: Workspace,
    slug: str,
    *,
    lead: str,
    partners: Sequence[str],
    tables: Place | None = None,
    user_name: str | None = None,
    clock: Clock = utc_now,
) -> Session:
    """Make an operation and return a session in it. Countries are ISO 3166-1 alpha-2 codes.

    ``tables`` is an unused place in object storage for the operation's tables; without it they lie in its folder.
    """
    slug = OperationSlug.given(slug)
    for country in (lead, *partners):
        if country not in PARTICIPANTS:
            raise UsageError(
                f"{country} is not a country code known here",
                f"Use codes from: {' '.join(sorted(PARTICIPANTS))}.",
                code="USAGE-COUNTRY",
            )
    if tables is not None:
        choose_place(workspace, slug, tables)
    open_register(workspace.register)
    from fairlead.register.people import add_operation, get_user

    user = get_user(operator_name(user_name))
    add_operation(slug, lead=lead, partners=partners, creator=user, at=clock())
    workspace.operation(slug).mkdir(parents=True, exist_ok=True)
    session = Session(
        workspace=workspace, user_id=user.pk, user_name=user.username, operation=slug, clock=clock
    )
    session.record(Operation.COLLECTION, "operation.new", (slug, lead, *partners), "operation opened")
    return session
