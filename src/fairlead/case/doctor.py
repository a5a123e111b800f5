"""Checks a workspace: counts that must add up, parts that must be whole, tables against the register."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow.parquet as pq
from pyarrow import ArrowException

from fairlead.case.log import verify_ledger
from fairlead.case.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question, what was found, and what to do."""

    question: str
    findings: int
    remedy: str

    @property
    def passed(self) -> bool:
        """True when nothing was found."""
        return self.findings == 0


_COUNTS: tuple[tuple[str, str, str], ...] = (
    (
        "Has every file that was found a verdict?",
        """SELECT (SELECT count(*) FROM listing) - (SELECT count(*) FROM files WHERE verdict IS NOT NULL)""",
        "Run `fairlead process` again.",
    ),
    (
        "Has every content of a file that was read a verdict?",
        """SELECT count(*) FROM (SELECT DISTINCT sha256 FROM files WHERE verdict = 'read') f
           ANTI JOIN contents c USING (sha256)""",
        "Run `fairlead process` again.",
    ),
    (
        "Is every match about a content and an entry that exist?",
        """SELECT count(*) FROM matches m WHERE NOT EXISTS (SELECT 1 FROM contents c WHERE c.sha256 = m.sha256)
           OR NOT EXISTS (SELECT 1 FROM known k WHERE k."set" = m."set" AND k.entry = m.entry)""",
        "Run `fairlead process` again.",
    ),
    (
        "Does every record file add up: lines in = parsed + quarantined + skipped?",
        "SELECT count(*) FROM sources WHERE lines_in <> lines_parsed + lines_quarantined + lines_skipped",
        "Run `fairlead records load` again; if it stays, report it with the source's name.",
    ),
    (
        "Does the quarantine hold as many rows as the record files lost?",
        """SELECT abs((SELECT coalesce(sum(lines_quarantined), 0) FROM sources)
                      - (SELECT count(*) FROM quarantine))""",
        "Run `fairlead records load` again.",
    ),
    (
        "Is every account in exactly one person?",
        """SELECT count(*) FROM (SELECT account FROM accounts WHERE (SELECT count(*) FROM persons) > 0) a
           LEFT JOIN (SELECT unnest(members) AS account, count(*) AS n FROM persons GROUP BY 1) p USING (account)
           WHERE coalesce(n, 0) <> 1""",
        "Run `fairlead attribute` again.",
    ),
    (
        "Is there an assessment for nobody?",
        "SELECT count(*) FROM assessments a ANTI JOIN persons p USING (person)",
        "Run `fairlead law assess-persons` again.",
    ),
)


def examine(session: Session) -> list[Check]:
    """All checks of one operation and of the workspace's ledger."""
    checks = [_parts_are_whole(session)]
    catalogue = Catalogue(session.store)
    try:
        checks += [
            Check(question=question, findings=int(catalogue.scalar(sql)), remedy=remedy)
            for question, sql, remedy in _COUNTS
        ]
        checks.append(_leads_are_current(session, catalogue))
    finally:
        catalogue.close()
    report = verify_ledger(session.workspace)
    checks.append(
        Check(
            question="Does the ledger hold?",
            findings=len(report.findings),
            remedy="Stop work and compare with a checkpoint that a partner keeps.",
        )
    )
    return checks


def _parts_are_whole(session: Session) -> Check:
    broken = 0
    for table in ALL.values():
        for part in session.store.parts(table):
            try:
                broken += pq.read_schema(part) != table.schema
            except (OSError, ArrowException):
                broken += 1
    return Check(
        question="Can every part be read, with the columns its table declares?",
        findings=broken,
        remedy="Delete the parts that cannot be read and run the command that writes them again.",
    )


def _leads_are_current(session: Session, catalogue: Catalogue) -> Check:
    from fairlead.register.leads import find_leads

    persons = {row["person"] for row in catalogue.rows("SELECT person FROM persons")}
    leads = find_leads(session.user_id, session.operation, at=session.clock())
    return Check(
        question="Does every published lead stand on a person of the tables?",
        findings=sum(lead["person"] not in persons for lead in leads),
        remedy="Run `fairlead lead publish` again.",
    )
