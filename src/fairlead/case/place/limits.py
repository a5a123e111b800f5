"""The limits for reading exhibits that hold in a workspace: one file, which a person can see and change."""

from __future__ import annotations

from pathlib import Path

from fairlead.case.place.workspace import Workspace
from fairlead.evidence.limits import EvidenceLimits, load_limits, render_limits
from fairlead.terms.errors import UsageError

_FILE = "limits.toml"


def evidence_limits(workspace: Workspace) -> EvidenceLimits:
    """The limits of the workspace's settings file, the built-in ones where there is none. Raises UsageError."""
    return load_limits(workspace.root / _FILE)


def write_limits(workspace: Workspace) -> Path:
    """Write the limits that hold now as a settings file to edit; never over one that is there."""
    path = workspace.root / _FILE
    if path.exists():
        raise UsageError(
            f"{_FILE} is there already",
            "Edit it; `fairlead exhibit limits` shows what holds.",
            code="USAGE-FILE",
        )
    path.write_text(render_limits(EvidenceLimits()))
    return path
