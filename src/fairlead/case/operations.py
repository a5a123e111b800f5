"""Makes workspaces and operations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fairlead.case.keys import create_ledger_key
from fairlead.case.session import Clock, Session, operator_name, utc_now
from fairlead.case.workspace import Workspace, create_workspace
from fairlead.engine.places import ObjectPlace, Place
from fairlead.engine.storage import storage_at
from fairlead.register.database import open_register
from fairlead.terms.countries import PARTICIPANTS
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

_MARK = ".fairlead"


def init_workspace(root: Path, *, user_name: str | None = None, clock: Clock = utc_now) -> Workspace:
    """Make a workspace, start its register, and make its first user and the ledger's key."""
    workspace = create_workspace(root, at=clock())
    create_ledger_key(workspace)
    open_register(workspace.register)
    from fairlead.register.people import add_user

    user = add_user(operator_name(user_name))
    session = Session(
        workspace=workspace, user_id=user.pk, user_name=user.username, operation="", clock=clock
    )
    session.record(Operation.COLLECTION, "workspace.init", (workspace.identity,), "workspace made")
    return workspace


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
    for country in (lead, *partners):
        if country not in PARTICIPANTS:
            raise UsageError(
                f"{country} is not a country code known here",
                f"Use codes from: {' '.join(sorted(PARTICIPANTS))}.",
                code="USAGE-COUNTRY",
            )
    if tables is not None:
        _place_tables(workspace, slug, tables)
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


def _place_tables(workspace: Workspace, slug: str, place: Place) -> None:
    """Keep where the tables of an operation lie, and mark the place, so that no other one ever removes its parts.

    This comes before the operation is in the register: killed in between, the same command goes on from there.
    Raises UsageError when something lies there already; RunError when the object storage refuses.
    """
    if not isinstance(place, ObjectPlace):
        raise UsageError(
            "tables lie in the operation's own folder, or in object storage",
            "Give --tables s3://BUCKET/PREFIX, or leave it out.",
            code="USAGE-PLACE",
        )
    storage = storage_at(place)
    mark = f"{workspace.identity}/{slug}".encode()
    if storage.holds_anything() and not (storage.has(_MARK) and storage.read(_MARK) == mark):
        raise UsageError(
            "something lies at the place for the tables already",
            "Give a prefix that nothing else uses.",
            code="USAGE-FOLDER",
        )
    storage.write(_MARK, mark)
    folder = workspace.operation(slug)
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        workspace.place_tables(slug, place)
    if workspace.tables(slug) != place:
        raise UsageError(
            f"operation {slug} has its tables elsewhere", "Choose another name.", code="USAGE-OPERATION"
        )
