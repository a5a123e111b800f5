"""A place in object storage for an operation's tables: chosen once, marked, and held to ever after."""

from __future__ import annotations

from fairlead.case.place.workspace import Workspace
from fairlead.engine.places import ObjectPlace, Place
from fairlead.engine.storage import storage_at
from fairlead.terms.errors import RunError, UsageError

_MARK = ".fairlead"


def choose_place(workspace: Workspace, slug: str, place: Place) -> None:
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
    if storage_at(place).holds_anything() and not _is_marked(workspace, slug, place):
        raise UsageError(
            "something lies at the place for the tables already",
            "Give a prefix that nothing else uses.",
            code="USAGE-FOLDER",
        )
    storage_at(place).write(_MARK, _mark(workspace, slug))
    folder = workspace.operation(slug)
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        workspace.place_tables(slug, place)
    if workspace.tables(slug) != place:
        raise UsageError(
            f"operation {slug} has its tables elsewhere", "Choose another name.", code="USAGE-OPERATION"
        )


def require_own_place(workspace: Workspace, slug: str) -> None:
    """Stop with RUN-OBJECTS-OTHER when the tables would be looked for in another object storage.

    The endpoint comes from the environment. Where nothing lies, every table would seem empty.
    """
    place = workspace.tables(slug)
    if isinstance(place, ObjectPlace) and not _is_marked(workspace, slug, place):
        raise RunError(
            f"this is not the object storage in which the tables of operation {slug} were begun "
            f"(bucket {place.bucket})",
            "Check that AWS_ENDPOINT_URL and the keys are those of the object storage that was chosen, and that nobody "
            "removed anything there; then run the same command again.",
            code="RUN-OBJECTS-OTHER",
        )


def _is_marked(workspace: Workspace, slug: str, place: ObjectPlace) -> bool:
    try:
        return storage_at(place).read(_MARK) == _mark(workspace, slug)
    except FileNotFoundError:
        return False


def _mark(workspace: Workspace, slug: str) -> bytes:
    return f"{workspace.identity}/{slug}".encode()
