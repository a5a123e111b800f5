"""Two versions of the law side by side, and whom of an operation the difference touches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.law.diff import AnswerChanged, RecordChanged, diff_answers, diff_records
from fairlead.law.load import read_folder, shipped_folder
from fairlead.tables.law import ASSESSMENTS

_TOUCHED = """
SELECT DISTINCT person FROM assessments
WHERE list_has_any(list_concat(provisions, gaps, upcoming), $records) ORDER BY 1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LawCompared:
    """What differs between two versions of the law: records, and answers over a period."""

    records: tuple[RecordChanged, ...]
    answers: tuple[AnswerChanged, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Whom of an operation a change of the law touches: a reason to look again, not more."""

    persons: tuple[str, ...]
    leads: tuple[str, ...]
    packages: tuple[str, ...]


def compare_law(before: Path | None, after: Path | None, *, period: tuple[date, date]) -> LawCompared:
    """The shipped records with one folder laid over them against those with another; None is the shipped ones alone."""
    old, new = read_folder(shipped_folder(), before), read_folder(shipped_folder(), after)
    records = diff_records(old, new)
    answers = diff_answers(old.records, new.records, frozenset(c.record for c in records), period)
    return LawCompared(records=tuple(records), answers=tuple(answers))


def find_touched(session: Session, records: frozenset[str]) -> Touched:
    """Persons whose assessments rest on one of the records, their published leads, and the packages with these."""
    from fairlead.register.leads import find_leads, find_packages

    catalogue = Catalogue(session.store, (ASSESSMENTS,))
    try:
        rows = catalogue.rows(_TOUCHED, {"records": sorted(records)})
    finally:
        catalogue.close()
    persons = {str(row["person"]) for row in rows}
    at = session.clock()
    leads = {
        str(lead["lead"])
        for lead in find_leads(session.user_id, session.operation, at=at)
        if lead["person"] in persons or persons & set(lead["records"] or ())
    }
    packages = [
        str(package["package"])
        for package in find_packages(session.user_id, session.operation, at=at)
        if leads & {str(lead) for lead in package["leads"]}
    ]
    return Touched(persons=tuple(sorted(persons)), leads=tuple(sorted(leads)), packages=tuple(packages))
