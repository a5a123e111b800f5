"""What the short path has recognised so far: counts by list, while a run goes on and after it."""

from __future__ import annotations

from typing import TypedDict

from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.known import RECOGNISED

_COUNTS = """
SELECT "set", meaning, count(*) AS files, count(DISTINCT sha256) AS contents FROM recognised
WHERE $exhibit = '' OR exhibit = $exhibit GROUP BY "set", meaning
ORDER BY meaning IN ('benign', 'known-software'), files DESC, "set"
"""


class RecognisedCount(TypedDict):
    """Files, and distinct contents, that are entries of one hash set."""

    set: str
    meaning: str
    files: int
    contents: int


def count_recognised(session: Session, exhibit: str = "") -> list[RecognisedCount]:
    """Files that hash sets have byte for byte, of one exhibit or of all; what may concern a person comes first.

    They are there while a run reads exhibits; floods are held back later, in the matches.
    """
    session.require_sight()
    catalogue = Catalogue(session.store, (RECOGNISED,))
    try:
        return catalogue.rows_as(RecognisedCount, _COUNTS, {"exhibit": exhibit})
    finally:
        catalogue.close()
