"""The rules of the queue, in one place: a content's state, its place in the order, and what is shown beside it."""

from __future__ import annotations

from typing import TypedDict

from fairlead.tables.evidence import FILES
from fairlead.tables.known import CLUSTERS, MATCHES
from fairlead.tables.media import CONTENTS
from fairlead.tables.provenance import ORIGINS_OF

# One state a content, the first that fits. Pictures and videos that nothing explains are left for people;
# so is every conflict and everything derived from a picture, whatever else a machine says of it. What a machine
# made, as far as the signals go, stays in the queue and comes last: no finding takes anything out of it.
STATES_SQL = """
WITH best AS (
  SELECT sha256,
         bool_or(kind = 'exact' AND meaning IN ('benign', 'known-software')) AS benign,
         bool_or(kind = 'exact' AND meaning NOT IN ('benign', 'known-software')) AS exact,
         bool_or(kind = 'near' AND meaning NOT IN ('benign', 'known-software')) AS near
  FROM matches GROUP BY sha256)
SELECT c.sha256, c.family, c.media_type, c.exhibit, c.locator, c.verdict, o.conclusion,
       coalesce(o.derived_from_picture, false) AS derived, o.strength, coalesce(o.queue_rank, 3) AS queue_rank,
       coalesce(o.queue_reason, 'not weighed') AS queue_reason,
  CASE
    WHEN b.exact THEN 'exact'
    WHEN b.near THEN 'near'
    WHEN b.benign THEN 'known_benign'
    WHEN c.family NOT IN ('picture', 'video') AND c.verdict IN ('identified', 'empty', 'decoded')
      THEN 'not_media'
    WHEN o.conclusion = 'generated' AND NOT coalesce(o.derived_from_picture, false) THEN 'machine_made'
    ELSE 'for_people'
  END AS state
FROM contents c LEFT JOIN best b USING (sha256) LEFT JOIN origins_of o USING (sha256)
"""


class QueuePlace(TypedDict):
    """How many contents have one place in the queue, for one reason."""

    queue_rank: int
    queue_reason: str
    contents: int


QUEUE_SQL = f"""
SELECT queue_rank, queue_reason, count(*) AS contents FROM ({STATES_SQL})
WHERE state IN ('for_people', 'machine_made') AND family IN ('picture', 'video')
GROUP BY ALL ORDER BY ALL
"""


Texts = list[str]


class TriageRow(TypedDict):
    """A row of TRIAGE_SQL."""

    sha256: str
    state: str
    family: str | None
    media_type: str | None
    conclusion: str | None
    derived: bool
    strength: str | None
    queue_rank: int
    queue_reason: str
    verdict: str
    lists: Texts | None
    list: str | None
    distance: int | None
    files: int
    exhibit: str
    cluster: str | None
    cluster_size: int
    representative: bool
    by_frames: bool
    decides: int
    reason: str


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


class SharedScene(TypedDict):
    """A row of SHARED_SCENES_SQL."""

    times: str | None
    sha256: str
    times_there: str | None


SHARED_SCENES_SQL = """
SELECT here.times, there.sha256, there.times AS times_there
FROM scenes here JOIN scenes there USING (scene)
WHERE here.sha256 = $s AND there.sha256 <> $s
ORDER BY here.first_s, there.sha256, there.first_s LIMIT 200
"""
"""Where a content shows what another one shows: times in it (null for a picture), and the other's."""


TRIAGE_TABLES = (CONTENTS, FILES, MATCHES, ORIGINS_OF, CLUSTERS)
