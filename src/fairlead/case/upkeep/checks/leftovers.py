"""What killed runs left behind: files under temporary names, which nobody reads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from fairlead.case.place.workspace import Workspace
from fairlead.case.upkeep.checks.check import Check, check_of
from fairlead.engine.catalogue import SPILL

_PATTERNS = (
    "tables/*/.part-*",
    "tables/*/..gathered.json.*",
    "tables/.digests/*/.part-*",
    "tables/.import-*",
    "tables/.records-next/*/*part-*",
    "tables/.records-aside/*/*part-*",
    "packages/.*.tar.age",
    "prepared/.*.parquet",
    "indexes/.*",
    f"{SPILL}*",
)


def find_leftovers(workspace: Workspace, operation: str) -> Iterator[Path]:
    """Files and folders that an ended run wrote under a temporary name; only while nobody writes the tables."""
    for pattern in _PATTERNS:
        yield from workspace.operation(operation).glob(pattern)
    yield from workspace.root.glob("received/*/*/.*")


def check_leftovers(workspace: Workspace, operation: str) -> Check:
    """Names every one of them."""
    return check_of(
        "Is the workspace free of what killed runs left?",
        (path.relative_to(workspace.root).as_posix() for path in find_leftovers(workspace, operation)),
        "Run `fairlead doctor --tidy`: nothing reads these files.",
    )


def remove_leftovers(workspace: Workspace, operation: str) -> int:
    """Remove them; returns how many there were."""
    found = list(find_leftovers(workspace, operation))
    for path in found:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return len(found)
