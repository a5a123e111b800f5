"""The table of weights of an operation: shown, written out for editing, and put to use."""

from __future__ import annotations

import hashlib

from fairlead.case.origin.own_weights import WEIGHTS_FILE, weights_text
from fairlead.case.origin.searches import reweigh_searched
from fairlead.case.origin.weighing import weigh_again
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.provenance.weights import Weight, shipped_text, weights_of
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation


def list_weights(session: Session) -> tuple[str, list[Weight]]:
    """Digest and rows of the table in use."""
    table = weights_of(weights_text(session))
    return table.digest, list(table.weights.values())


def export_weights(session: Session) -> str:
    """The table in use, as text to edit."""
    return weights_text(session) or shipped_text()


@verb(
    "provenance.weights",
    Action.PROCESS,
    becomes=Operation.ALTERATION,
    command="provenance weights",
    page="none: a table is edited as a file",
    reason=True,
)
def use_weights(session: Session, text: str, *, reason: str) -> str:
    """Give the operation its own table of weights, checked first, and weigh again; returns its digest.

    The digest and the reason are in the ledger.
    """
    table = weights_of(text)
    path = session.workspace.operation(session.operation) / WEIGHTS_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    session.record(Operation.ALTERATION, "provenance.weights", (digest,), reason)
    reweigh_searched(session)
    weigh_again(session)
    return table.digest
