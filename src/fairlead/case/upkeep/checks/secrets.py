"""Can anybody but their owner read what is secret?"""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.case.place.keys import is_locked
from fairlead.case.place.made_up import is_made_up
from fairlead.case.place.workspace import Workspace
from fairlead.case.upkeep.checks.check import Check, check_of

_OTHERS = 0o077


def check_secrets(workspace: Workspace) -> Check:
    """The workspace's folder; private keys, the register's secret and the salts of operations; open keys.

    A folder that is closed closes everything in it; what is in an open one is named, too.
    """
    return check_of(
        "Is the workspace readable by its owner only?",
        (*_open_to_others(workspace), *_open_keys(workspace)),
        "Encrypt officers' keys with `fairlead key protect NAME`. "
        "Take the rights of others away with `chmod -R go=` on the workspace, and find out who could read it until now.",
    )


def _open_keys(workspace: Workspace) -> Iterator[str]:
    """Officers' keys that no passphrase locks; a made-up operation may have them."""
    if is_made_up(workspace):
        return
    for path in sorted(workspace.keys.glob("officer-*.key")):
        if not is_locked(path):
            yield f"{path.relative_to(workspace.root).as_posix()}: not encrypted, whoever reads it signs as the officer"


def _open_to_others(workspace: Workspace) -> Iterator[str]:
    if workspace.root.stat().st_mode & _OTHERS:
        yield "the workspace's folder: others may open it"
        for path in workspace.root.rglob("*"):
            if not path.is_symlink() and path.lstat().st_mode & _OTHERS:
                yield f"{path.relative_to(workspace.root).as_posix()}: others may read it"
        return
    secret = [
        *(p for p in workspace.keys.glob("*") if p.suffix in {".key", ".age"}),
        workspace.register / "secret",
        *workspace.root.glob("operations/*/salt"),
    ]
    for path in secret:
        if path.is_file() and path.stat().st_mode & _OTHERS:
            yield f"{path.relative_to(workspace.root).as_posix()}: others may read it"
