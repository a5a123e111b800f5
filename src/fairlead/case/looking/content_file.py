"""What is known about one content, without showing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead.case.looking.queue import STATES_SQL
from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.evidence import FILES, SIDECARS
from fairlead.tables.known import CLUSTERS, MATCHES, SCENES
from fairlead.tables.media import CONTENTS
from fairlead.tables.provenance import ORIGINS_OF, SEARCHED, SIGNALS
from fairlead.terms.custody import Operation

TRIAGE_SQL = f"""
WITH state AS ({STATES_SQL}),
 seen AS (SELECT sha256, list_sort(list(DISTINCT "set")) AS lists, min(distance) FILTER (kind = 'near') AS distance
          FROM matches GROUP BY sha256),
 files_of AS (SELECT sha256, count(*) AS files, list_sort(list(DISTINCT exhibit)) AS exhibits FROM files
              WHERE sha256 IS NOT NULL GROUP BY sha256)
SELECT s.sha256, s.state, s.family, s.media_type, s.conclusion, s.derived, s.strength, s.queue_rank, s.queue_reason,
       s.verdict, seen.lists,
       array_to_string(seen.lists, ', ') AS list, seen.distance, coalesce(f.files, 0) AS files, s.exhibit,
       k.cluster, coalesce(k.size, 1) AS cluster_size,
       coalesce(k.representative, false) AS representative, k.covered_percent IS NOT NULL AS by_frames,
       CASE WHEN k.covered_percent IS NOT NULL AND NOT k.representative THEN 1 ELSE coalesce(k.size, 1) END AS decides,
       CASE s.state
         WHEN 'exact' THEN 'same bytes as an entry of ' || array_to_string(seen.lists, ', ')
         WHEN 'near' THEN 'looks like an entry of ' || array_to_string(seen.lists, ', ') || ', ' ||
                          seen.distance || ' of 256 bits differ'
         WHEN 'known_benign' THEN 'same bytes as an entry known to be benign'
         WHEN 'machine_made' THEN s.queue_reason
         WHEN 'not_media' THEN 'neither picture nor video'
         ELSE CASE WHEN s.verdict NOT IN ('decoded', 'partial') AND s.queue_rank > 1
                   THEN 'could not be decoded: ' || s.verdict ELSE s.queue_reason END
       END AS reason
FROM state s LEFT JOIN seen USING (sha256) LEFT JOIN files_of f USING (sha256) LEFT JOIN clusters k USING (sha256)
"""
"""One row a content: state, reason, lists, distance, cluster, files.

``decides`` is for how many contents a decision about this one holds: of a group of videos, the representative's alone
holds for others, since what it covers of them was worked out for it.
"""

ALL_SIGNALS_SQL = """
SELECT '' AS search, * FROM signals WHERE sha256 = $s
UNION ALL BY NAME SELECT * FROM searched WHERE sha256 = $s
ORDER BY search, signal
"""
"""Every signal of one content: those of the first look, then those of searches."""

SHARED_SCENES_SQL = """
SELECT here.times, there.sha256, there.times AS times_there
FROM scenes here JOIN scenes there USING (scene)
WHERE here.sha256 = $s AND there.sha256 <> $s
ORDER BY here.first_s, there.sha256, there.first_s LIMIT 200
"""
"""Where a content shows what another one shows: times in it (null for a picture), and the other's."""

TRIAGE_TABLES = (CONTENTS, FILES, MATCHES, ORIGINS_OF, CLUSTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFile:
    """One content with its files, what stands beside them in an export, matches, signals, cluster and shared scenes."""

    row: dict[str, Any]
    content: dict[str, Any]
    files: list[dict[str, Any]]
    beside: list[dict[str, Any]]
    matches: list[dict[str, Any]]
    signals: list[dict[str, Any]]
    origin: dict[str, Any] | None
    cluster: list[dict[str, Any]]
    scenes: list[dict[str, Any]]

    @property
    def uncovered(self) -> list[dict[str, Any]]:
        """Members of the cluster with times that a view of the representative does not cover."""
        return [member for member in self.cluster if member["uncovered"]]


def open_content(session: Session, sha256: str) -> ContentFile:
    """Gather what the tables say of a content; a consultation. LookupError when there is none."""
    asked = {"s": sha256}
    catalogue = Catalogue(session.store, (*TRIAGE_TABLES, SCENES, SIDECARS, SIGNALS, SEARCHED))
    try:
        rows = catalogue.rows(f"SELECT * FROM ({TRIAGE_SQL}) WHERE sha256 = $s", asked)
        if not rows:
            raise LookupError(sha256)
        file = ContentFile(
            row=rows[0],
            content=catalogue.rows(
                "SELECT * EXCLUDE (pdq, pdq_alternate, pdq_inner) FROM contents WHERE sha256 = $s", asked
            )[0],
            files=catalogue.rows(
                "SELECT exhibit, locator, path, device_path, size_bytes, modified_at, time_source, allocation "
                "FROM files WHERE sha256 = $s ORDER BY exhibit, locator LIMIT 200",
                asked,
            ),
            beside=catalogue.rows(
                "SELECT DISTINCT c.exhibit, c.statement, c.value, c.sidecar FROM sidecars c "
                "JOIN files f USING (exhibit, locator) WHERE f.sha256 = $s ORDER BY ALL LIMIT 200",
                asked,
            ),
            matches=catalogue.rows(
                'SELECT "set", kind, algorithm, distance, threshold, transform, category, meaning, frame FROM matches '
                'WHERE sha256 = $s ORDER BY kind, distance, "set" LIMIT 200',
                asked,
            ),
            signals=catalogue.rows(ALL_SIGNALS_SQL, asked),
            origin=next(iter(catalogue.rows("SELECT * FROM origins_of WHERE sha256 = $s", asked)), None),
            cluster=catalogue.rows(
                "SELECT * FROM clusters WHERE cluster = (SELECT cluster FROM clusters WHERE sha256 = $s) "
                "ORDER BY representative DESC, distance, sha256",
                asked,
            ),
            scenes=catalogue.rows(SHARED_SCENES_SQL, asked),
        )
    finally:
        catalogue.close()
    session.record(Operation.CONSULTATION, "content.open", (sha256,), "content consulted, not shown")
    return file
