"""Looking, as little as possible: the queue, decisions, and the sample of what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import pyarrow as pa

from fairlead.case.lists.prepared import open_views
from fairlead.case.lists.states import TRIAGE_TABLES
from fairlead.case.lists.views import QUEUE_VIEW, Sampled, Waiting, sample_view
from fairlead.case.looking.content_file import ContentFile
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.register.actions import Action
from fairlead.tables.known import KNOWN
from fairlead.tables.rows import ClusterRow
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.intervals import wilson_interval
from fairlead.terms.review import (
    HEAVY_IN_A_ROW,
    KeptAway,
    ReviewDecision,
)

_ROWS_SHOWN = 20
_DECIDED = pa.schema(
    [
        pa.field("sha256", pa.string()),
        pa.field("decision", pa.string()),
        pa.field("sample", pa.bool_()),
        pa.field("user_id", pa.int64()),
    ]
)
_WAITING = """(
  SELECT * FROM desk_queue ANTI JOIN decided USING (sha256) WHERE turn = 1
  UNION ALL
  SELECT * REPLACE (count(*) OVER (PARTITION BY looks_at) AS cluster_size)
  FROM desk_queue ANTI JOIN decided USING (sha256)
       SEMI JOIN (SELECT looks_at FROM desk_queue SEMI JOIN decided USING (sha256) WHERE turn = 1) USING (looks_at)
  QUALIFY row_number() OVER (PARTITION BY looks_at ORDER BY turn) = 1)"""
"""What nobody has decided: one content of every cluster, and one of those that joined a cluster after its decision."""
_SECOND = f"""(
  SELECT * REPLACE (count(*) OVER (PARTITION BY looks_at) AS cluster_size)
  FROM desk_queue SEMI JOIN (SELECT sha256 FROM decided
                             WHERE decision = '{ReviewDecision.UNSURE}' AND user_id <> {{user}}) USING (sha256)
  QUALIFY row_number() OVER (PARTITION BY looks_at ORDER BY turn) = 1)"""
"""What another person was unsure of: one content of every cluster of which any is."""
_AWAY = {
    KeptAway.VIDEO: "family <> 'video'",
    KeptAway.CAMERA: "NOT camera",
    KeptAway.DERIVED: "NOT derived",
}


class SampleDecided(Sampled):
    """A row of the sample, and what was decided about it."""

    decision: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Where reviewing stands: what is left, what a second person must see, what was decided, and the sample.

    ``waiting`` and ``second`` are the first rows of ``waiting_left`` and ``second_left``; what a person has kept away
    from them is in neither, and is for others.
    """

    waiting: list[Waiting]
    waiting_left: int
    second: list[Waiting]
    second_left: int
    decided: int
    views_saved_by_clusters: int
    sample: list[SampleDecided]
    sample_done: int
    sample_missed: int
    aside: int

    @property
    def missed_rate(self) -> tuple[float, float, float] | None:
        """Share of the sample that was relevant, with its 95 % interval, in percent; None before any look."""
        return _rate(self.sample_missed, self.sample_done)


def _rate(missed: int, looked_at: int) -> tuple[float, float, float] | None:
    if not looked_at:
        return None
    low, high = wilson_interval(missed, looked_at)
    return 100 * missed / looked_at, 100 * low, 100 * high


def _open(session: Session) -> tuple[Catalogue, int]:
    """The views of reviewing, with the decisions that hold beside them; and how many contents are decided."""
    from fairlead.register.reviews import find_decisions

    rows = find_decisions(session.user_id, session.operation, at=session.clock())
    columns = list(zip(*rows, strict=True)) or [()] * len(_DECIDED)
    catalogue = open_views(session, (QUEUE_VIEW, sample_view(session.operation)))
    catalogue.hold("decided", pa.table([list(column) for column in columns], schema=_DECIDED))
    return catalogue, sum(not sample for _, _, sample, _ in rows)


def estimate_missed(session: Session) -> tuple[float, float, float] | None:
    """The missed rate of the sample so far, with its interval, in percent; None before any look."""
    catalogue, _ = _open(session)
    try:
        looked = catalogue.rows("SELECT decision FROM desk_sample JOIN decided USING (sha256)")
    finally:
        catalogue.close()
    return _rate(sum(row["decision"] == ReviewDecision.RELEVANT for row in looked), len(looked))


def open_queue(session: Session) -> Queue:
    """The queue for this user: by the place that provenance gives, then large clusters first.

    One entry stands for a whole cluster, and has the place of the member to be looked at first.
    """
    session.require(Action.REVIEW)
    wanted = _wanted(session)
    again = _SECOND.format(user=session.user_id)
    catalogue, decided = _open(session)
    try:
        saved = catalogue.scalar(
            "SELECT coalesce(sum(cluster_size - 1), 0)::BIGINT FROM desk_queue WHERE turn = 1"
        )
        waiting_left, second_left = (
            catalogue.scalar(f"SELECT count(*) FROM {which} WHERE {wanted}") for which in (_WAITING, again)
        )
        waiting, second = (
            catalogue.rows_as(
                Waiting, f"SELECT * FROM {which} WHERE {wanted} ORDER BY place LIMIT {_ROWS_SHOWN}"
            )
            if left
            else []
            for which, left in ((_WAITING, waiting_left), (again, second_left))
        )
        sample = catalogue.rows_as(
            SampleDecided, "SELECT desk_sample.*, decision FROM desk_sample LEFT JOIN decided USING (sha256)"
        )
    finally:
        catalogue.close()
    looked = [row for row in sample if row["decision"] is not None]
    return Queue(
        waiting=waiting,
        waiting_left=waiting_left,
        second=second,
        second_left=second_left,
        decided=decided,
        views_saved_by_clusters=saved,
        sample=[row for row in sample if row["decision"] is None],
        sample_done=len(looked),
        sample_missed=sum(row["decision"] == ReviewDecision.RELEVANT for row in looked),
        aside=sample[0]["aside"] if sample else 0,
    )


def waiting_rows(session: Session) -> list[Waiting]:
    """Everything that waits for this user, in order."""
    session.require(Action.REVIEW)
    catalogue, _ = _open(session)
    try:
        return catalogue.rows_as(Waiting, f"SELECT * FROM {_WAITING} WHERE {_wanted(session)} ORDER BY place")
    finally:
        catalogue.close()


def _wanted(session: Session) -> str:
    """The condition that leaves out what this person has kept away from them."""
    from fairlead.register.own import own_settings

    kept_away = own_settings(session.user_id).kept_away
    return " AND ".join(["true", *(_AWAY[kind] for kind in KeptAway if kind in kept_away)])


def next_item(session: Session, *, sample: bool) -> str | None:
    """The content to look at next, or None when nothing is left.

    After three in a row that were expected to be heavy, one that is not comes first, as long as there is one.
    """
    queue = open_queue(session)
    if sample:
        return queue.sample[0]["sha256"] if queue.sample else None
    rows = queue.waiting or queue.second
    if not rows:
        return None
    if rows[0]["heavy"] and _heavy_streak(session):
        return _first_lighter(session) or rows[0]["sha256"]
    return rows[0]["sha256"]


def _heavy_streak(session: Session) -> bool:
    """Whether the last contents this person decided about were all expected to be heavy."""
    from fairlead.register.reviews import latest_subjects

    last = latest_subjects(session.user_id, session.operation, limit=HEAVY_IN_A_ROW, at=session.clock())
    if len(last) < HEAVY_IN_A_ROW:
        return False
    catalogue = open_views(session, (QUEUE_VIEW,))
    try:
        found = catalogue.rows(
            "SELECT count(*) AS n FROM desk_queue WHERE heavy AND list_contains($s, sha256)", {"s": last}
        )
    finally:
        catalogue.close()
    return bool(found[0]["n"] == len(last))


def _first_lighter(session: Session) -> str | None:
    catalogue, _ = _open(session)
    try:
        found = catalogue.rows(
            f"SELECT sha256 FROM {_WAITING} WHERE NOT heavy AND {_wanted(session)} ORDER BY place LIMIT 1"
        )
    finally:
        catalogue.close()
    return str(found[0]["sha256"]) if found else None


def categories(session: Session) -> list[str]:
    """Categories of the schemes that came with the imported lists, as ``scheme: category``."""
    catalogue = Catalogue(session.store, (KNOWN,))
    try:
        rows = catalogue.rows(
            "SELECT DISTINCT scheme || ': ' || category AS c FROM known WHERE scheme IS NOT NULL AND scheme <> '' "
            "AND category IS NOT NULL ORDER BY 1 LIMIT 60"
        )
    finally:
        catalogue.close()
    return [row["c"] for row in rows]


class Clustered(TypedDict):
    """A content, whether it represents its cluster, and what of it a view of the representative does not cover."""

    sha256: str
    representative: bool | None
    uncovered: str | None


class _InCluster(Clustered):
    cluster: str | None


@dataclass(frozen=True, slots=True)
class Reach:
    """What a decision about one content holds for, that content first, and how many of its cluster it leaves alone.

    ``left`` counts those that somebody looked at and decided about themselves.
    """

    rows: list[Clustered]
    left: int


def reach_of(
    own: Clustered, cluster: Sequence[Clustered], decided: dict[str, bool], *, sample: bool
) -> Reach:
    """What a decision about one of a cluster holds for: of a group of videos, all for the representative only.

    What a member shows and another does not was worked out against the representative, so nobody could say it of others.
    ``decided`` says which are, and whether that stands by itself: what somebody decided with that very content before
    them is changed by nobody who looked at another. A decision about a content that came after its cluster was decided
    leaves all earlier ones as they are.
    """
    alone = sample or (own["uncovered"] is not None and not own["representative"])
    if alone:
        return Reach([own], 0)
    later = own["sha256"] not in decided
    others = [row for row in cluster if row["sha256"] != own["sha256"]]
    stands = {row["sha256"] for row in others if decided.get(row["sha256"])}
    held = [r for r in others if r["sha256"] not in stands and not (later and r["sha256"] in decided)]
    return Reach([own, *held], len(stands))


def reach_now(session: Session, file: ContentFile, *, sample: bool) -> Reach:
    """What a decision about this content would hold for now."""
    cluster = [_clustered(row) for row in file.cluster]
    own = next((row for row in cluster if row["sha256"] == file.row["sha256"]), None)
    if own is None:
        alone: Clustered = {"sha256": file.row["sha256"], "representative": None, "uncovered": None}
        return Reach([alone], 0)
    return _reach(session, own, cluster, sample=sample)


def _clustered(row: ClusterRow) -> Clustered:
    return {
        "sha256": row["sha256"],
        "representative": row["representative"],
        "uncovered": row["uncovered"],
    }


def _reach(session: Session, own: Clustered, cluster: Sequence[Clustered], *, sample: bool) -> Reach:
    from fairlead.register.reviews import decided_among

    members = [row["sha256"] for row in cluster]
    decided = decided_among(session.user_id, session.operation, members, at=session.clock())
    return reach_of(own, cluster, decided, sample=sample)


@verb(
    "review.decide",
    Action.REVIEW,
    becomes=Operation.ALTERATION,
    command="none: pictures are looked at in the workbench only",
    page="workbench:look",
    whole=True,
)
def decide(session: Session, sha256: str, *, decision: str, category: str, note: str, sample: bool) -> int:
    """Keep a decision for a content and its cluster; returns for how many contents it holds (see ``reach_of``)."""
    from fairlead.register.reviews import highest_level, record_review

    if decision not in {d.value for d in ReviewDecision}:
        raise UsageError("that is no decision", "Choose one of the three.", code="USAGE-REVIEW")
    if category and category not in categories(session):
        raise UsageError(
            "that category is in no scheme imported here", "Choose one of the list.", code="USAGE-REVIEW"
        )
    catalogue = Catalogue(session.store, TRIAGE_TABLES)
    try:
        rows = catalogue.rows_as(
            _InCluster,
            """SELECT c.sha256, k.cluster, k.representative, k.uncovered FROM contents c LEFT JOIN clusters k USING (sha256)
               WHERE c.sha256 = $s OR k.cluster = (SELECT cluster FROM clusters WHERE sha256 = $s)""",
            {"s": sha256},
        )
    finally:
        catalogue.close()
    if sha256 not in {row["sha256"] for row in rows}:
        raise UsageError("there is no such content", "Go back to the queue.", code="USAGE-REVIEW")
    own = next(row for row in rows if row["sha256"] == sha256)
    reach = _reach(session, own, rows, sample=sample)
    subjects = [row["sha256"] for row in reach.rows]
    record_review(
        session.user_id,
        session.operation,
        subjects,
        shown=sha256,
        cluster=own["cluster"] or "",
        decision=decision,
        category=category,
        note=note[:1000],
        sample=sample,
        highest_level=highest_level(session.user_id, session.operation, sha256, at=session.clock()),
        at=session.clock(),
    )
    session.record(
        Operation.ALTERATION,
        "review.decide",
        (sha256,),
        decision,
        facts={
            "contents": len(subjects),
            "sample": int(sample),
            "left_as_decided": reach.left,
            "not_wholly_covered": sum(bool(row["uncovered"]) for row in reach.rows[1:]),
        },
    )
    return len(subjects)
