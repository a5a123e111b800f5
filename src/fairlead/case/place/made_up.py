"""Workspaces of the made-up operation, where things are allowed that would hurt somebody anywhere else."""

from __future__ import annotations

from fairlead.case.place.workspace import Workspace

DEMO_MARK = ".made-by-fairlead-demo"
"""The file by which `fairlead demo` knows a folder as its own; it lies beside the workspaces."""


def is_made_up(workspace: Workspace) -> bool:
    """Whether the workspace lies in a folder that `fairlead demo` made."""
    return (workspace.root.parent / DEMO_MARK).is_file()
