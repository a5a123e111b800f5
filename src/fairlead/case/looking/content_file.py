"""What is known about one content, without showing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from fairlead.case.lists.states import (
    ALL_SIGNALS_SQL,
    SHARED_SCENES_SQL,
    TRIAGE_SQL,
    TRIAGE_TABLES,
    SharedScene,
    TriageRow,
)
from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.evidence import SIDECARS
from fairlead.tables.known import SCENES
from fairlead.tables.provenance import SEARCHED, SIGNALS
from fairlead.tables.rows import ClusterRow, ContentRow, OriginsOfRow, SearchedRow
from fairlead.terms.custody import Operation


class ContentPlace(TypedDict):
    """One file that holds a content."""

    exhibit: str
    locator: str
    path: str
    device_path: str | None
    size_bytes: int | None
    modified_at: datetime | None
    time_source: str | None
    allocation: str


class BesideIt(TypedDict):
    """What a file beside it, in a provider's export, says of a content."""

    exhibit: str
    statement: str
    value: str | None
    sidecar: str


class ContentMatch(TypedDict):
    """One entry of a hash set that agrees with a content."""

    set: str
    kind: str
    algorithm: str
    distance: int
    threshold: int
    transform: str
    category: str | None
    meaning: str
    frame: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFile:
    """One content with its files, what stands beside them in an export, matches, signals, cluster and shared scenes."""

    row: TriageRow
    content: ContentRow
    files: list[ContentPlace]
    beside: list[BesideIt]
    matches: list[ContentMatch]
    signals: list[SearchedRow]
    origin: OriginsOfRow | None
    cluster: list[ClusterRow]
    scenes: list[SharedScene]

    @property
    def uncovered(self) -> list[ClusterRow]:
        """Members of the cluster with times that a view of the representative does not cover."""
        return [member for member in self.cluster if member["uncovered"]]


def open_content(session: Session, sha256: str) -> ContentFile:
    """Gather what the tables say of a content; a consultation. LookupError when there is none."""
    session.require_sight()
    asked = {"s": sha256}
    catalogue = Catalogue(session.store, (*TRIAGE_TABLES, SCENES, SIDECARS, SIGNALS, SEARCHED))
    try:
        rows = catalogue.rows_as(TriageRow, f"SELECT * FROM ({TRIAGE_SQL}) WHERE sha256 = $s", asked)
        if not rows:
            raise LookupError(sha256)
        file = ContentFile(
            row=rows[0],
            content=catalogue.rows_as(
                ContentRow,
                "SELECT * EXCLUDE (pdq, pdq_alternate, pdq_inner) FROM contents WHERE sha256 = $s",
                asked,
            )[0],
            files=catalogue.rows_as(
                ContentPlace,
                "SELECT exhibit, locator, path, device_path, size_bytes, modified_at, time_source, allocation "
                "FROM files WHERE sha256 = $s ORDER BY exhibit, locator LIMIT 200",
                asked,
            ),
            beside=catalogue.rows_as(
                BesideIt,
                "SELECT DISTINCT c.exhibit, c.statement, c.value, c.sidecar FROM sidecars c "
                "JOIN files f USING (exhibit, locator) WHERE f.sha256 = $s ORDER BY ALL LIMIT 200",
                asked,
            ),
            matches=catalogue.rows_as(
                ContentMatch,
                'SELECT "set", kind, algorithm, distance, threshold, transform, category, meaning, frame FROM matches '
                'WHERE sha256 = $s ORDER BY kind, distance, "set" LIMIT 200',
                asked,
            ),
            signals=catalogue.rows_as(SearchedRow, ALL_SIGNALS_SQL, asked),
            origin=next(
                iter(catalogue.rows_as(OriginsOfRow, "SELECT * FROM origins_of WHERE sha256 = $s", asked)),
                None,
            ),
            cluster=catalogue.rows_as(
                ClusterRow,
                "SELECT * FROM clusters WHERE cluster = (SELECT cluster FROM clusters WHERE sha256 = $s) "
                "ORDER BY representative DESC, distance, sha256",
                asked,
            ),
            scenes=catalogue.rows_as(SharedScene, SHARED_SCENES_SQL, asked),
        )
    finally:
        catalogue.close()
    session.record(Operation.CONSULTATION, "content.open", (sha256,), "content consulted, not shown")
    return file
