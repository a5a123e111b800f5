"""Which contents a machine has recognised, and which are left for a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TypedDict

from fairlead.case.lists.states import QUEUE_SQL, STATES_SQL, QueuePlace
from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.evidence import FILES
from fairlead.tables.known import MATCHES
from fairlead.tables.media import CONTENTS
from fairlead.tables.provenance import ORIGINS_OF
from fairlead.terms.custody import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageFigures:
    """Counts of files and of distinct contents.

    ``views_avoided`` counts files that are pictures or videos and that nobody has to look at: all of them,
    less one look at each content in the queue. Of these, ``for_people`` are to be looked at first and
    ``machine_made`` last; ``queue`` counts them by their place and its reason.
    """

    files: int
    verdicts: dict[str, int]
    contents: int
    exact: int
    near: int
    known_benign: int
    machine_made: int
    not_media: int
    for_people: int
    media_files: int
    views_avoided: int
    queue: list[QueuePlace]

    def to_dict(self) -> dict[str, object]:
        """The figures as JSON has them."""
        return asdict(self)


def triage(session: Session) -> TriageFigures:
    """Count states over the operation's tables as they are now."""
    session.require_sight()
    catalogue = Catalogue(session.store, (FILES, CONTENTS, MATCHES, ORIGINS_OF))
    try:
        states = {
            row["state"]: row["n"]
            for row in catalogue.rows(f"SELECT state, count(*) AS n FROM ({STATES_SQL}) GROUP BY state")
        }
        verdicts = {
            row["verdict"]: row["n"]
            for row in catalogue.rows("SELECT verdict, count(*) AS n FROM files GROUP BY verdict ORDER BY 1")
        }
        queue = catalogue.rows_as(QueuePlace, QUEUE_SQL)
        media_files = catalogue.scalar(
            "SELECT count(*) FROM files f JOIN contents c USING (sha256) WHERE c.family IN ('picture', 'video')"
        )
    finally:
        catalogue.close()
    return triage_figures(states=states, verdicts=verdicts, media_files=media_files, queue=queue)


def triage_figures(
    *, states: dict[str, int], verdicts: dict[str, int], media_files: int, queue: list[QueuePlace]
) -> TriageFigures:
    """The figures from counts by state (contents), by verdict (files) and by place in the queue (contents)."""
    for_people, machine_made = states.get("for_people", 0), states.get("machine_made", 0)
    return TriageFigures(
        files=sum(verdicts.values()),
        verdicts=verdicts,
        contents=sum(states.values()),
        exact=states.get("exact", 0),
        near=states.get("near", 0),
        known_benign=states.get("known_benign", 0),
        machine_made=machine_made,
        not_media=states.get("not_media", 0),
        for_people=for_people,
        media_files=media_files,
        views_avoided=max(0, media_files - for_people - machine_made),
        queue=queue,
    )


class InOrder(TypedDict):
    """A content in the order of looking."""

    queue_rank: int
    sha256: str
    conclusion: str | None
    strength: str | None
    files: int
    cluster_size: int
    reason: str


def list_queue(session: Session, most: int) -> list[InOrder]:
    """The contents that people look at, in their order, each with its place and the reason for it; a consultation."""
    session.require_sight()
    from fairlead.case.lists.states import TRIAGE_SQL, TRIAGE_TABLES

    catalogue = Catalogue(session.store, TRIAGE_TABLES)
    try:
        rows = catalogue.rows_as(
            InOrder,
            f"""SELECT queue_rank, sha256, conclusion, strength, files, cluster_size, reason FROM ({TRIAGE_SQL})
                WHERE state IN ('for_people', 'machine_made') AND family IN ('picture', 'video')
                ORDER BY queue_rank, cluster_size DESC, files DESC, sha256 LIMIT $most""",
            {"most": most},
        )
    finally:
        catalogue.close()
    session.record(
        Operation.CONSULTATION, "provenance.queue", (), "order of looking", facts={"rows": len(rows)}
    )
    return rows
