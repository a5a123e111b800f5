"""The tables inside a package: selectors, hashes, index of evidence, cover text."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.leads.document import LeadDocument
from fairlead.leads.material import HashRow
from fairlead.terms.spreadsheet import inert

SELECTOR_COLUMNS = (
    "lead", "person", "kind", "value", "roles_and_context", "first_at", "last_at", "source_grade", "information_grade",
    "handling", "origins",
)  # fmt: skip
HASH_COLUMNS = ("lead", "sha256", "matched_sets")


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[inert(cell) for cell in row] for row in rows])
    return buffer.getvalue().encode()


def selectors_csv(leads: Sequence[LeadDocument]) -> bytes:
    """One row a selector of a lead."""
    return _csv(
        SELECTOR_COLUMNS,
        [
            [
                lead.lead, s.about, s.of, s.value, s.text, s.first_at.isoformat() if s.first_at else "",
                s.last_at.isoformat() if s.last_at else "", s.source_grade, s.information_grade, s.handling,
                " | ".join(s.origins),
            ]
            for lead in leads
            for s in lead.statements
            if s.section in ("selectors", "subject", "related") and s.of != "kept apart"
        ],
    )  # fmt: skip


def hashes_csv(leads: Sequence[LeadDocument], material: Mapping[str, Sequence[HashRow]]) -> bytes:
    """SHA-256 of contents behind each lead, where every list that knows them lets its hashes go."""
    rows = [
        [lead.lead, row.sha256, " ".join(row.sets)]
        for lead in leads
        for row in material.get(lead.lead, ())
        if row.may_leave
    ]
    return _csv(HASH_COLUMNS, rows)


def evidence_csv(leads: Sequence[LeadDocument]) -> bytes:
    """The exhibits behind the leads, with digest, authority and handling."""
    seen: dict[str, list[Any]] = {}
    for lead in leads:
        for item in lead.evidence:
            seen[item.exhibit] = [
                item.exhibit, item.kind, item.sha256, item.authority, item.handling,
                item.received_at.isoformat(), item.description,
            ]  # fmt: skip
    columns = ("exhibit", "kind", "sha256", "authority", "handling", "received_at", "description")
    return _csv(columns, [seen[number] for number in sorted(seen)])
