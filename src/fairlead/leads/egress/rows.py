"""Holds the rows of a package's tables against the leads, cell by cell."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fairlead.leads.egress.allowed import Allowed

_SELECTORS = [
    "lead", "person", "kind", "value", "roles_and_context", "first_at", "last_at", "source_grade", "information_grade",
    "handling", "origins",
]  # fmt: skip
_HASHES = ["lead", "sha256", "matched_sets"]
_EVIDENCE = ["exhibit", "kind", "sha256", "authority", "handling", "received_at", "description"]
_LARGEST_CELL = 1 << 24
_MARK = re.compile(r"(^|[;\t\n\r])([ ]*)'(?=[=+\-@\t\r])")  # an apostrophe before what would begin a formula

Cells = tuple[str, ...]


def check_selectors(data: bytes, allowed: Allowed) -> Iterator[str]:
    """Rows of selectors that no allowed lead has."""
    known = {cells for name, lead in allowed.leads.items() for cells in _selectors_of(name, lead.body)}
    yield from _check(data, _SELECTORS, known, allowed)


def check_hashes(data: bytes, allowed: Allowed) -> Iterator[str]:
    """Rows of digests that may not leave with their lead."""
    known: set[Cells] = {
        (name, sha256, sets) for name, lead in allowed.leads.items() for sha256, sets in lead.hashes or ()
    }
    if any(lead.hashes is None for lead in allowed.leads.values()):
        yield from _check_forms(data, allowed)
        return
    yield from _check(data, _HASHES, known, allowed)


def check_evidence(data: bytes, allowed: Allowed) -> Iterator[str]:
    """Rows of exhibits that no allowed lead rests on."""
    known: set[Cells] = {
        (
            e["exhibit"], e["kind"], e["sha256"], e["authority"], e["handling"], _moment(e["received_at"]),
            e["description"],
        )
        for lead in allowed.leads.values()
        for e in lead.body["evidence"]
    }  # fmt: skip
    yield from _check(data, _EVIDENCE, known, allowed)


def _selectors_of(name: str, body: Mapping[str, Any]) -> Iterator[Cells]:
    for s in body["statements"]:
        if s["section"] in ("selectors", "subject", "related") and s["of"] != "kept apart":
            yield (
                name, s["about"], s["of"], s["value"], s["text"], _moment(s["first_at"]), _moment(s["last_at"]),
                s["source_grade"], str(s["information_grade"]), s["handling"], " | ".join(s["origins"]),
            )  # fmt: skip


def _check(data: bytes, columns: list[str], known: set[Cells], allowed: Allowed) -> Iterator[str]:
    bare = {tuple(_as_told(cell) for cell in cells) for cells in known}
    seen: set[Cells] = set()
    for number, row in _rows(data, columns):
        if row is None:
            yield f"row {number}: not a row of this table"
            continue
        told = tuple(_as_told(cell) for cell in row)
        if told in bare:
            if told in seen:
                yield f"row {number}: stands there twice"
            seen.add(told)
            continue
        if columns[0] == "lead" and row[0] not in allowed.leads:
            yield f"row {number}: belongs to no lead of this package"
            continue
        strange = [
            column
            for place, column in enumerate(columns)
            if not any(_as_told(row[place]) in (c[place], _as_told(c[place])) for c in known)
        ]
        yield f"row {number}: {', '.join(strange) or 'these cells together'} not allowed for this country"
    if bare - seen:
        yield f"{len(bare - seen)} rows that were approved are missing"


def _check_forms(data: bytes, allowed: Allowed) -> Iterator[str]:
    """On the recipient's side: each digest has the form of one, and belongs to a lead that is inside."""
    for number, row in _rows(data, _HASHES):
        if row is None or row[0] not in allowed.leads:
            yield f"row {number}: belongs to no lead of this package"
        elif len(row[1]) != len("0" * 64) or not set(row[1]) <= set("0123456789abcdef"):
            yield f"row {number}: not a SHA-256"


def _rows(data: bytes, columns: list[str]) -> Iterator[tuple[int, list[str] | None]]:
    """Number and cells of every row below the head; None for one that is not a row of these columns."""
    csv.field_size_limit(_LARGEST_CELL)
    try:
        lines = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        yield 1, None
        return
    if not lines or lines[0] != columns or _written(lines) != data:
        yield 1, None
    for number, row in enumerate(lines[1:], start=2):
        yield number, row if len(row) == len(columns) else None


def _written(lines: list[list[str]]) -> bytes:
    """The table as RFC 4180 writes it: quotation marks where they are needed and nowhere else."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(lines)
    return buffer.getvalue().encode()


def _as_told(cell: str) -> str:
    """A cell without the marks that keep a spreadsheet from taking it for a formula, a time in one form.

    Version 0.1.0 marked empty cells, too.
    """
    return _moment("" if cell == "'" else _MARK.sub(r"\1\2", cell))


def _moment(text: str | None) -> str:
    try:
        return (
            datetime.fromisoformat(text).isoformat() if text and len(text) > len("2026-01-01") else text or ""
        )
    except ValueError:
        return text or ""
