"""The views behind the workbench's lists, each with its order and its filters."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from fairlead.attribution.humans import HUMANS_SQL
from fairlead.case.lists.joined import JOINS_VIEW
from fairlead.case.lists.prepared import View, check_view, prepare
from fairlead.case.lists.states import TRIAGE_SQL, TRIAGE_TABLES, TriageRow
from fairlead.case.place.session import Session
from fairlead.tables.attribution import IDENTIFIERS, PERSONS
from fairlead.tables.evidence import EXHIBITS, FILES
from fairlead.tables.media import CONTENTS
from fairlead.tables.records import ACCESSES, ACCOUNTS, PAYMENTS, SOURCES
from fairlead.terms.provenance import Conclusion


class ContentListed(TriageRow):
    """A row of CONTENTS_VIEW; ``place`` numbers them, ``text`` is what words are looked for in."""

    place: int
    text: str


CONTENTS_VIEW = View(
    name="desk_contents",
    row=ContentListed,
    sql=f"""SELECT row_number() OVER (ORDER BY CASE state WHEN 'for_people' THEN 0 WHEN 'exact' THEN 1 WHEN 'near' THEN 2
                   ELSE 3 END, queue_rank, files DESC, sha256) AS place, *, lower(reason) AS text
            FROM ({TRIAGE_SQL}) ORDER BY place""",
    reads=TRIAGE_TABLES,
    facets=("state", "family", "conclusion", "list", "exhibit", "distance"),
)
"""One row a content: what is left for people first, then matches, the most frequent first."""


class PersonListed(TypedDict):
    """A row of PERSONS_VIEW."""

    place: int
    person: str
    grade: str
    country: str | None
    names_person: bool
    records: int
    roles: list[str]
    maybe_same: int
    rules: int
    first_at: datetime | None
    last_at: datetime | None
    members: str
    text: str


PERSONS_VIEW = View(
    name="desk_persons",
    row=PersonListed,
    sql="""SELECT row_number() OVER (ORDER BY CASE grade WHEN 'attributed' THEN 0 WHEN 'probable' THEN 1
                  WHEN 'possible' THEN 2 ELSE 3 END, len(members) DESC, person) AS place,
                  person, grade, country, names_person, len(members) AS records, roles, len(maybe_same) AS maybe_same,
                  len(rules) AS rules, first_at, last_at, array_to_string(members, ' ') AS members,
                  lower(person || ' ' || array_to_string(members, ' ')) AS text
           FROM persons ORDER BY place""",
    reads=(PERSONS,),
    facets=("grade", "country"),
)
"""One row a person: the best attributed first, the one with most records first."""

_MAYBE_REAL = ", ".join(
    f"'{c.value}'" for c in (Conclusion.CAPTURED, Conclusion.CAPTURED_THEN_EDITED, Conclusion.CONFLICT)
)


class Waiting(TypedDict):
    """A row of QUEUE_VIEW."""

    place: int
    sha256: str
    media_type: str | None
    family: str
    reason: str
    files: int
    cluster: str | None
    cluster_size: int
    conclusion: str | None
    derived: bool
    camera: bool
    heavy: bool
    looks_at: str
    turn: int


QUEUE_VIEW = View(
    name="desk_queue",
    row=Waiting,
    sql=f"""SELECT row_number() OVER (ORDER BY queue_rank, cluster_size DESC, files DESC, sha256) AS place, sha256,
                  media_type, family, reason, files, cluster, cluster_size, conclusion, derived, camera,
                  camera OR derived AS heavy, looks_at, turn
           FROM (SELECT *, row_number() OVER (PARTITION BY looks_at
                                              ORDER BY by_frames AND representative DESC, queue_rank, sha256) AS turn
                 FROM (SELECT * REPLACE (min(queue_rank) OVER (PARTITION BY looks_at) AS queue_rank, decides AS cluster_size)
                       FROM (SELECT *, coalesce(conclusion IN ({_MAYBE_REAL}), false) AS camera,
                                CASE WHEN cluster IS NULL OR by_frames
                                       AND NOT bool_or(representative) OVER (PARTITION BY cluster)
                                     THEN sha256 ELSE cluster END AS looks_at
                           FROM desk_contents
                          WHERE state IN ('for_people', 'machine_made') AND family IN ('picture', 'video')
                            AND verdict IN ('decoded', 'partial'))))
           ORDER BY place""",
    after=(CONTENTS_VIEW,),
)
"""What people have to look at, by the place that provenance gives, large clusters first.

One content stands for each cluster: that whose ``turn`` is 1. Of a cluster of videos it is the representative; where
that is not in the queue, every member stands for itself. The others are there for the case that one of them joined the
cluster after it was decided.

``heavy`` is expected to be harder to look at: a camera, and so a real scene, may stand behind it.
"""


class Figure(TypedDict):
    """A row of FIGURES_VIEW."""

    what: str
    name: str
    n: int


FIGURES_VIEW = View(
    name="desk_figures",
    row=Figure,
    sql=f"""SELECT 'state' AS what, state AS name, count(*) AS n FROM desk_contents GROUP BY state
           UNION ALL SELECT 'queue', queue_rank || ' ' || queue_reason, count(*) FROM desk_contents
                      WHERE state IN ('for_people', 'machine_made') AND family IN ('picture', 'video') GROUP BY 2
           UNION ALL SELECT 'verdict', verdict, count(*) FROM files GROUP BY verdict
           UNION ALL SELECT 'media_files', '', coalesce(sum(files), 0) FROM desk_contents
                      WHERE family IN ('picture', 'video')
           UNION ALL SELECT 'exhibits', '', count(*) FROM exhibits
           UNION ALL SELECT 'exhibit_bytes', '', coalesce(sum(size_bytes), 0) FROM exhibits
           UNION ALL SELECT 'accounts', '', count(*) FROM accounts WHERE role = 'account_user'
           UNION ALL SELECT 'humans', name, n FROM ({HUMANS_SQL})
           UNION ALL SELECT 'grade', grade, count(*) FROM persons GROUP BY grade
           UNION ALL SELECT 'country', country, count(*) FROM persons WHERE country IS NOT NULL GROUP BY country
           UNION ALL SELECT 'lines_in', '', coalesce(sum(lines_in), 0) FROM sources
           UNION ALL SELECT 'lines_quarantined', '', coalesce(sum(lines_quarantined), 0) FROM sources
           UNION ALL SELECT 'values_unread', '', coalesce(sum(fields_unread), 0) FROM sources
           UNION ALL SELECT 'accesses', '', count(*) FROM accesses
           UNION ALL SELECT 'accesses_placed', '', count(account) FROM accesses""",
    reads=(FILES, EXHIBITS, ACCOUNTS, PAYMENTS, PERSONS, SOURCES, ACCESSES),
    after=(CONTENTS_VIEW,),
)
"""The operation's figures: what is counted, under which name, how many."""

SAMPLE_SIZE = 40


class Sampled(TypedDict):
    """A row of the sample."""

    sha256: str
    media_type: str | None
    family: str
    reason: str
    state: str
    files: int
    cluster_size: int
    aside: int


def sample_view(operation: str) -> View:
    """What machines set aside and nobody looks at: the first of them in an order that is random but always the same.

    ``aside`` is how many there are in all.
    """
    salt = operation.replace("'", "''")
    return View(
        name="desk_sample",
        row=Sampled,
        sql=f"""SELECT sha256, media_type, family, reason, state, files, 1 AS cluster_size, count(*) OVER () AS aside
                FROM desk_contents
                WHERE state = 'known_benign' AND family IN ('picture', 'video') AND verdict IN ('decoded', 'partial')
                ORDER BY sha256(sha256 || '{salt}') LIMIT {SAMPLE_SIZE}""",
        after=(CONTENTS_VIEW,),
    )


class Conflict(TypedDict):
    """A row of CONFLICTS_VIEW."""

    kind: str
    value: str
    countries: list[str]
    persons: list[str]


CONFLICTS_VIEW = View(
    name="desk_conflicts",
    row=Conflict,
    sql="""WITH member AS (SELECT person, country, unnest(members) AS owner FROM persons WHERE country IS NOT NULL)
           SELECT kind, value, list_sort(list(DISTINCT member.country)) AS countries,
                  list_sort(list(DISTINCT person)) AS persons
           FROM identifiers JOIN member USING (owner)
           WHERE kind IN ('phone', 'email', 'iban', 'card', 'wallet', 'device') AND scope = 'personal'
           GROUP BY kind, value HAVING count(DISTINCT member.country) > 1 ORDER BY kind, value""",
    reads=(IDENTIFIERS, PERSONS),
)
"""Personal identifiers that persons of two or more countries hold."""


class Said(TypedDict):
    """A row of SAID_VIEW."""

    person: str
    grade: str
    country: str | None
    said: str
    text: str


SAID_VIEW = View(
    name="desk_said",
    row=Said,
    sql="""WITH member AS (SELECT person, grade, country, unnest(members) AS owner FROM persons)
           SELECT person, grade, country, said, lower(text) AS text
           FROM (SELECT person, grade, country, owner AS said, owner || ' ' || person AS text FROM member
                 UNION ALL
                 SELECT m.person, m.grade, m.country, i.kind || ' ' || i.value,
                        CASE WHEN lower(i.value) = lower(i.original) THEN i.value
                             ELSE i.value || ' ' || coalesce(i.original, '') END
                   FROM identifiers i JOIN member m USING (owner))
           ORDER BY person, said""",
    reads=(IDENTIFIERS, PERSONS),
)
"""What is said of persons, in lower case: records and identifiers."""


class Digested(TypedDict):
    """A row of DIGESTS_VIEW."""

    digest: str
    sha256: str
    media_type: str | None
    family: str | None
    exhibit: str
    path: str


DIGESTS_VIEW = View(
    name="desk_digests",
    row=Digested,
    sql="""SELECT digest, sha256, media_type, family, exhibit, locator AS path
           FROM (SELECT *, sha256 AS digest FROM contents UNION ALL SELECT *, md5 FROM contents WHERE md5 IS NOT NULL)
           ORDER BY digest""",
    reads=(CONTENTS,),
)
"""Every content under its SHA-256 and its MD5, in the order of digests."""


class PathListed(TypedDict):
    """A row of PATHS_VIEW."""

    sha256: str
    md5: str
    media_type: str | None
    family: str | None
    exhibit: str
    path: str
    text: str


PATHS_VIEW = View(
    name="desk_paths",
    row=PathListed,
    sql="""SELECT c.sha256, c.md5, c.media_type, c.family, f.exhibit, f.path, lower(f.path) AS text
           FROM files f JOIN contents c USING (sha256) ORDER BY f.exhibit, f.path""",
    reads=(FILES, CONTENTS),
)
"""Every file whose content was read, with its path in lower case."""


def prepare_lists(session: Session) -> None:
    """Work out every view now, so that nobody waits for it at the next page."""
    for view in _views(session.operation):
        prepare(session, view.counts if view in (CONTENTS_VIEW, PERSONS_VIEW) else view)


def check_views() -> None:
    """TypeError when a statement and the type of its rows differ; for the start of the program."""
    for view in _views("any"):
        check_view(view)


def _views(operation: str) -> tuple[View, ...]:
    return (
        CONTENTS_VIEW,
        PERSONS_VIEW,
        QUEUE_VIEW,
        FIGURES_VIEW,
        JOINS_VIEW,
        sample_view(operation),
        CONFLICTS_VIEW,
        SAID_VIEW,
        PATHS_VIEW,
        DIGESTS_VIEW,
    )
