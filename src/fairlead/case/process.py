"""Runs everything that machines can say about the exhibits: walk, digest, examine, match, provenance."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fairlead.case.known.sets import match_stages
from fairlead.case.looking.queue import TriageFigures, triage
from fairlead.case.origin.weighing import weighing_stages
from fairlead.case.place.exhibits import check_rows, check_unchanged, list_exhibits, opener_of
from fairlead.case.place.session import Session
from fairlead.case.running.engines import Cluster, engine_for
from fairlead.case.running.runs import sole_run
from fairlead.case.verbs.verb import verb
from fairlead.engine.engine import StageOutcome
from fairlead.engine.progress import Progress
from fairlead.engine.sandbox import STRICT, SandboxPolicy, SandboxReport, self_test
from fairlead.engine.stage import MapStage, Stage
from fairlead.evidence.opener import ExhibitOpener
from fairlead.evidence.sidecars import SidecarStage
from fairlead.evidence.stages import DigestStage, VolumesStage, WalkStage
from fairlead.known.recognised import RecogniseStage
from fairlead.media.examine import ExamineStage
from fairlead.media.limits import MediaLimits
from fairlead.media.stages import ContentsStage, FramesStage, MetadataStage, WorklistStage
from fairlead.provenance.links import AssessedActsStage, LinksStage
from fairlead.provenance.stages import FactsStage
from fairlead.provenance.tools import ToolFilesStage
from fairlead.provenance.trace_stage import TraceStage
from fairlead.register.actions import Action
from fairlead.tables.evidence import EXHIBITS
from fairlead.tables.known import HASH_SETS, KNOWN, REJECTED
from fairlead.tables.provenance import REFERENCES, SEARCHED
from fairlead.terms.custody import Operation
from fairlead.terms.errors import RunError

_GIVEN = (EXHIBITS, HASH_SETS, KNOWN, REJECTED, SEARCHED, REFERENCES)  # tables that no stage writes again


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOutcome:
    """What a run did, stage by stage, in which sandbox, and where that leaves the operation."""

    stages: tuple[StageOutcome, ...]
    sandbox: SandboxReport
    figures: TriageFigures


@verb("process", Action.PROCESS, becomes=Operation.COLLECTION, command="process", page="workbench:job")
def process(
    session: Session,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    verify_exhibits: bool = True,
    sandbox: SandboxPolicy = STRICT,
    fast: bool = False,
    cluster: Cluster | None = None,
) -> ProcessOutcome:
    """Bring the tables of the operation up to date; killed anywhere, the next run goes on from there.

    First the short path: every file is listed and digested, and what a hash set has byte for byte is there to be seen.
    Refuses exhibits that changed since they were received (RunError) before anything is decoded, and compares them once
    more at the end.
    Refuses to run without a working sandbox unless ``sandbox`` says otherwise, which the ledger then shows. ``fast``
    looks at key frames of videos only. A policy of one process per file gives every picture and video a decoder of
    its own, so that one taken over by a file cannot answer for the next: the same tables, hundreds of times slower.
    With ``cluster`` the tasks are done there, without it by ``workers`` processes of this computer.
    """
    report = self_test(policy=sandbox)
    with (
        sole_run(session, "process", progress) as followed,
        engine_for(session, workers=workers, cluster=cluster, progress=followed) as engine,
        ThreadPoolExecutor(1) as beside,
    ):
        # What is compared with the digest it was received with is read beside the first stages, which decode nothing.
        unchanged = beside.submit(check_rows, list_exhibits(session)) if verify_exhibits else None
        engine.check(*_GIVEN)
        opener = opener_of(session, sandbox)
        short = _short_path(session, opener, sandbox)
        outcomes = [engine.run(stage, meanwhile=following) for stage, following in short]
        if unchanged is not None:
            unchanged.result()
        outcomes += [engine.run(stage) for stage in _long_path(session, opener, sandbox, fast=fast)]
    compared, problem = "not compared", None
    if verify_exhibits:
        compared = "equal to their digests before and after"
        try:
            check_unchanged(session)
        except RunError as changed:
            compared, problem = "CHANGED during the run", changed
    session.record(
        Operation.COLLECTION,
        "process",
        tuple(o.stage for o in outcomes),
        "exhibits processed by machine",
        facts={
            "tasks": sum(o.done for o in outcomes),
            "sandbox": report.summary + (", one process per file" if sandbox.one_process_per_file else ""),
            "exhibits": compared,
        },
    )
    if problem is not None:
        raise problem
    return ProcessOutcome(stages=tuple(outcomes), sandbox=report, figures=triage(session))


def stages_of(session: Session, *, sandbox: SandboxPolicy = STRICT, fast: bool = False) -> list[Stage]:
    """The stages in the order in which each finds what it reads."""
    opener = opener_of(session, sandbox)
    return [
        *(stage for stage, _ in _short_path(session, opener, sandbox)),
        *_long_path(session, opener, sandbox, fast=fast),
    ]


def _short_path(
    session: Session, opener: ExhibitOpener, sandbox: SandboxPolicy
) -> list[tuple[Stage, MapStage | None]]:
    """The first stages, up to what is recognised byte for byte, with those that are done meanwhile."""
    recognise = RecogniseStage(place=session.store.place)
    return [
        (WalkStage(limits=opener.limits, sandbox=sandbox), None),
        (VolumesStage(), None),
        (DigestStage(sources=opener.sources, limits=opener.limits, sandbox=sandbox), recognise),
        (recognise, None),
    ]


def _long_path(session: Session, opener: ExhibitOpener, sandbox: SandboxPolicy, *, fast: bool) -> list[Stage]:
    """The stages behind them, which decode and compare."""
    return [
        SidecarStage(opener=opener),
        WorklistStage(),
        ExamineStage(
            opener=opener,
            limits=MediaLimits(key_frames=fast),
            sandbox=sandbox,
        ),
        ContentsStage(),
        MetadataStage(),
        FramesStage(),
        *match_stages(session.store),
        TraceStage(opener=opener, sandbox=sandbox),
        FactsStage(),
        ToolFilesStage(opener=opener, sandbox=sandbox),
        LinksStage(),
        AssessedActsStage(),
        *weighing_stages(session, opener, sandbox),
    ]
