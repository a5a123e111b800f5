"""Weighs origins: in an operation with its own lists and weights, and for one loose file."""

from __future__ import annotations

from pathlib import Path

from fairlead.case.origin.certificates import find_trust
from fairlead.case.origin.own_weights import weights_text
from fairlead.case.place.session import Session
from fairlead.case.place.workspace import Workspace
from fairlead.case.running.engines import engine_for
from fairlead.engine.engine import StageOutcome
from fairlead.engine.lock import sole_writer
from fairlead.engine.sandbox import STRICT, SandboxPolicy
from fairlead.engine.stage import Opener, Stage
from fairlead.media.examine import examine_file
from fairlead.provenance.file import FileOrigin, weigh_file
from fairlead.provenance.stages import SignalStage, WeighStage


class LooseOrigin(FileOrigin):
    """Conclusion and signals of a file that is in no exhibit."""

    file: str
    media_type: str


def weigh_loose_file(path: Path, *, workspace: Workspace | None = None) -> LooseOrigin:
    """Conclusion and signals of a file that is in no exhibit; needs the sandbox, changes nothing.

    With a workspace its trust lists count; without one no signer is trusted.
    """
    examined = examine_file(path)
    trust = find_trust(workspace) if workspace else None
    return {
        "file": path.name,
        "media_type": examined.get("media_type", ""),
        **weigh_file(path, examined, trust=trust),
    }


def weighing_stages(session: Session, opener: Opener, sandbox: SandboxPolicy = STRICT) -> list[Stage]:
    """The stages that make signals and conclusions, with the lists and weights as they are now."""
    weights = weights_text(session)
    return [
        SignalStage(
            opener=opener,
            trust=find_trust(session.workspace),
            weights=weights,
            sandbox=sandbox,
        ),
        WeighStage(weights=weights),
    ]


def weigh_again(session: Session) -> list[StageOutcome]:
    """Bring signals, conclusions and the order of looking up to date after lists, weights or searches changed.

    Part of an act only: what changed them is the verb.
    """
    from fairlead.case.place.exhibits import opener_of

    session.require_act()
    with (
        sole_writer(session.workspace.operation(session.operation)),
        engine_for(session, workers=1) as engine,
    ):
        return [engine.run(stage) for stage in weighing_stages(session, opener_of(session))]
