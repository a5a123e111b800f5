"""Which contents a machine has recognised, and which are left for a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fairlead.case.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.evidence import FILES
from fairlead.tables.known import MATCHES
from fairlead.tables.media import CONTENTS
from fairlead.tables.provenance import ORIGINS_OF

# One state a content, the first that fits. Pictures and videos that nothing explains are left for people;
# so is every conflict and everything derived from a picture, whatever else a machine says of it.
STATES_SQL = """
WITH best AS (
  SELECT sha256,
         bool_or(kind = 'exact' AND meaning IN ('benign', 'known-software')) AS benign,
         bool_or(kind = 'exact' AND meaning NOT IN ('benign', 'known-software')) AS exact,
         bool_or(kind = 'near' AND meaning NOT IN ('benign', 'known-software')) AS near
  FROM matches GROUP BY sha256)
SELECT c.sha256, c.family, c.media_type, c.exhibit, c.locator, c.verdict, o.conclusion,
       coalesce(o.derived_from_picture, false) AS derived,
  CASE
    WHEN b.exact THEN 'exact'
    WHEN b.near THEN 'near'
    WHEN b.benign THEN 'known_benign'
    WHEN c.family NOT IN ('picture', 'video') AND c.verdict IN ('identified', 'empty', 'decoded')
      THEN 'not_media'
    WHEN o.conclusion IN ('declared_machine_signed', 'declared_machine_unsigned')
         AND NOT coalesce(o.derived_from_picture, false) THEN 'machine_made'
    ELSE 'for_people'
  END AS state
FROM contents c LEFT JOIN best b USING (sha256) LEFT JOIN origins_of o USING (sha256)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageFigures:
    """Counts of files and of distinct contents.

    ``views_avoided`` counts files that are pictures or videos and that nobody has to look at: all of them,
    less one look at each content that is left for people.
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

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON has them."""
        return asdict(self)


def triage(session: Session) -> TriageFigures:
    """Count states over the operation's tables as they are now."""
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
        media_files = catalogue.scalar(
            "SELECT count(*) FROM files f JOIN contents c USING (sha256) WHERE c.family IN ('picture', 'video')"
        )
    finally:
        catalogue.close()
    return triage_figures(states=states, verdicts=verdicts, media_files=media_files)


def triage_figures(*, states: dict[str, int], verdicts: dict[str, int], media_files: int) -> TriageFigures:
    """The figures from counts by state (contents) and by verdict (files)."""
    for_people = states.get("for_people", 0)
    return TriageFigures(
        files=sum(verdicts.values()),
        verdicts=verdicts,
        contents=sum(states.values()),
        exact=states.get("exact", 0),
        near=states.get("near", 0),
        known_benign=states.get("known_benign", 0),
        machine_made=states.get("machine_made", 0),
        not_media=states.get("not_media", 0),
        for_people=for_people,
        media_files=media_files,
        views_avoided=max(0, media_files - for_people),
    )
