"""Workspaces of the made-up operation, where things are allowed that would hurt somebody anywhere else."""

from __future__ import annotations

from pathlib import Path

from fairlead.case.place.workspace import Workspace

DEMO_MARK = ".made-by-fairlead-demo"
"""The file by which `fairlead demo` knows a folder as its own; it lies beside the workspaces and names them by their ids."""


def is_made_up(workspace: Workspace) -> bool:
    """Whether `fairlead demo` made the workspace: the mark beside it names it, and belongs to who owns the workspace."""
    mark = workspace.root.parent / DEMO_MARK
    if not mark.is_file() or mark.is_symlink() or mark.stat().st_uid != workspace.root.stat().st_uid:
        return False
    return workspace.identity in mark.read_text().split()


def mark_folder(folder: Path) -> None:
    """Note that `fairlead demo` made a folder; which workspaces of it are made up is noted as they are made."""
    (folder / DEMO_MARK).touch(mode=0o600)


def mark_made_up(workspace: Workspace) -> None:
    """Note beside a workspace that everything in it is made up."""
    mark_folder(workspace.root.parent)
    with (workspace.root.parent / DEMO_MARK).open("a") as mark:
        mark.write(f"{workspace.identity}\n")
