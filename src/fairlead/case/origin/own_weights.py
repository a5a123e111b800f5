"""The table of weights that an operation has for itself."""

from __future__ import annotations

from fairlead.case.place.session import Session

WEIGHTS_FILE = "weights.toml"


def weights_text(session: Session) -> str:
    """The operation's own table of weights; empty when it uses the one that comes with Fairlead."""
    path = session.workspace.operation(session.operation) / WEIGHTS_FILE
    return path.read_text("utf-8") if path.is_file() else ""
