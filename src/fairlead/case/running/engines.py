"""Who does the tasks of a run: processes of this computer, or a Spark cluster."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.case.place.session import Session
from fairlead.engine.engine import Engine
from fairlead.engine.local import LocalEngine
from fairlead.engine.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A Spark cluster: its master's URL (empty when ``spark-submit`` states it), and settings for Spark."""

    master: str = ""
    settings: tuple[tuple[str, str], ...] = ()


def engine_for(
    session: Session,
    *,
    workers: int | None = None,
    alone_up_to: int = 0,
    cluster: Cluster | None = None,
    progress: Progress | None = None,
) -> Engine:
    """The engine over the operation's tables; ``workers`` and ``alone_up_to`` hold without a cluster only."""
    spill = session.workspace.operation(session.operation)
    if cluster is None:
        return LocalEngine(
            session.store, workers=workers, alone_up_to=alone_up_to, spill=spill, progress=progress
        )
    from fairlead.engine.spark import SparkEngine

    return SparkEngine(
        session.store,
        master=cluster.master,
        settings=dict(cluster.settings),
        spill=spill,
        progress=progress,
    )
