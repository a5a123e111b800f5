"""What happens to officers' keys is in the ledger: a key that is made, locked, or replaced under an officer's name."""

from __future__ import annotations

from fairlead.case.place.keys import public_key_of
from fairlead.case.place.session import Clock, Session, operator_name, utc_now
from fairlead.case.place.workspace import Workspace
from fairlead.register.database import open_register
from fairlead.terms.custody import Operation


def note_key(workspace: Workspace, name: str, how: str, *, clock: Clock = utc_now) -> None:
    """Enter what was done with an officer's key, and its public half in hex, under the login name of who did it."""
    open_register(workspace.register)
    session = Session(
        workspace=workspace, user_id=0, user_name=operator_name(None), operation="", clock=clock
    )
    public = public_key_of(workspace, name).public_bytes_raw().hex()
    session.record(Operation.ALTERATION, "key.officer", (name, public), how)
