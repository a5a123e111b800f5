"""Can anybody but their owner read what is secret?"""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.case.place.workspace import Workspace
from fairlead.case.upkeep.checks.check import Check, check_of

_OTHERS = 0o077


def check_secrets(workspace: Workspace) -> Check:
    """Private keys, the register's secret and the salts of operations."""
    return check_of(
        "Are keys and secrets readable by their owner only?",
        _open_to_others(workspace),
        "Take the rights of others away with `chmod go=`, and find out who could read it until now.",
    )


def _open_to_others(workspace: Workspace) -> Iterator[str]:
    secret = [
        *(p for p in workspace.keys.glob("*") if p.suffix in {".key", ".age"}),
        workspace.register / "secret",
        *workspace.root.glob("operations/*/salt"),
    ]
    for path in secret:
        if path.is_file() and path.stat().st_mode & _OTHERS:
            yield f"{path.relative_to(workspace.root).as_posix()}: others may read it"
