"""The operation at a glance: what came in, what machines did, what is left for people, what is running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead.case.session import Session
from fairlead.case.triage import TriageFigures, triage
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.attribution import PERSONS
from fairlead.tables.evidence import EXHIBITS
from fairlead.tables.records import ACCOUNTS, SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Figures of the tables as they are now."""

    triage: TriageFigures
    exhibits: int
    exhibit_bytes: int
    accounts: int
    persons: int
    grades: dict[str, int]
    countries: dict[str, int]
    lines_in: int
    lines_quarantined: int


def overview(session: Session) -> Overview:
    """Count; nothing is written."""
    catalogue = Catalogue(session.store, (EXHIBITS, PERSONS, ACCOUNTS, SOURCES))
    try:
        row: dict[str, Any] = catalogue.rows(
            """SELECT (SELECT count(*) FROM exhibits) AS exhibits,
                      (SELECT coalesce(sum(size_bytes), 0)::BIGINT FROM exhibits) AS exhibit_bytes,
                      (SELECT count(*) FROM accounts WHERE role = 'account_user') AS accounts,
                      (SELECT count(*) FROM persons) AS persons,
                      (SELECT coalesce(sum(lines_in), 0)::BIGINT FROM sources) AS lines_in,
                      (SELECT coalesce(sum(lines_quarantined), 0)::BIGINT FROM sources) AS lines_quarantined"""
        )[0]
        grades = catalogue.rows("SELECT grade AS k, count(*) AS n FROM persons GROUP BY 1 ORDER BY 2 DESC")
        countries = catalogue.rows(
            "SELECT country AS k, count(*) AS n FROM persons WHERE country IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
        )
    finally:
        catalogue.close()
    return Overview(
        triage=triage(session),
        grades={r["k"]: r["n"] for r in grades},
        countries={r["k"]: r["n"] for r in countries},
        **row,
    )
