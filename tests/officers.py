"""Officers of made-up operations: their keys lie open, so that no test has to answer for a passphrase."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from fairlead.case.place.keys import create_officer_key
from fairlead.case.place.made_up import mark_made_up
from fairlead.case.place.workspace import Workspace


def make_officer(workspace: Workspace, name: str, *, valid_until: datetime | None = None) -> Path:
    """A signing key that takes no passphrase, in a workspace that is marked as made up."""
    mark_made_up(workspace)
    return create_officer_key(workspace, name, passphrase=None, valid_until=valid_until)
