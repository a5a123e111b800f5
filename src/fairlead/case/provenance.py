"""Weighs origins: in an operation with its own lists and weights, and for one loose file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from fairlead.case.session import Session
from fairlead.case.trust import find_trust
from fairlead.case.workspace import Workspace
from fairlead.engine.local import LocalEngine, StageOutcome
from fairlead.engine.lock import sole_writer
from fairlead.engine.stage import Stage
from fairlead.media.examine import examine_file
from fairlead.provenance.file import weigh_file
from fairlead.provenance.stages import SignalStage, WeighStage
from fairlead.provenance.trace_stage import Opener
from fairlead.provenance.weights import Weight, shipped_text, weights_of
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation

_WEIGHTS = "weights.toml"


def weigh_loose_file(path: Path, *, workspace: Workspace | None = None) -> dict[str, Any]:
    """Conclusion and signals of a file that is in no exhibit; needs the sandbox, changes nothing.

    With a workspace its trust lists count; without one no signer is trusted.
    """
    examined = examine_file(path)
    trust = find_trust(workspace) if workspace else None
    return {
        "file": path.name,
        "media_type": examined["media_type"],
        **weigh_file(path, examined, trust=trust),
    }


def weighing_stages(session: Session, opener: Opener, *, allow_unsandboxed: bool = False) -> list[Stage]:
    """The stages that make signals and conclusions, with the lists and weights as they are now."""
    weights = weights_text(session)
    return [
        SignalStage(
            opener=opener,
            trust=find_trust(session.workspace),
            weights=weights,
            allow_unsandboxed=allow_unsandboxed,
        ),
        WeighStage(weights=weights),
    ]


def weigh_again(session: Session) -> list[StageOutcome]:
    """Bring signals, conclusions and the order of looking up to date after lists, weights or searches changed."""
    from fairlead.case.exhibits import opener_of

    session.require(Action.PROCESS)
    with (
        sole_writer(session.workspace.operation(session.operation)),
        LocalEngine(session.store, workers=1) as engine,
    ):
        return [engine.run(stage) for stage in weighing_stages(session, opener_of(session))]


def weights_text(session: Session) -> str:
    """The operation's own table of weights; empty when it uses the one that comes with Fairlead."""
    path = session.workspace.operation(session.operation) / _WEIGHTS
    return path.read_text("utf-8") if path.is_file() else ""


def list_weights(session: Session | None) -> tuple[str, list[Weight]]:
    """Digest and rows of the table in use."""
    table = weights_of(weights_text(session) if session else "")
    return table.digest, list(table.weights.values())


def export_weights(session: Session | None) -> str:
    """The table in use, as text to edit."""
    return (weights_text(session) if session else "") or shipped_text()


def use_weights(session: Session, text: str, *, reason: str) -> str:
    """Give the operation its own table of weights, checked first; returns its digest. In the ledger."""
    session.require(Action.PROCESS)
    table = weights_of(text)
    path = session.workspace.operation(session.operation) / _WEIGHTS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    session.record(Operation.ALTERATION, "provenance.weights", (digest,), reason)
    weigh_again(session)
    return table.digest
