"""A filled-in form of corrections: what it changes in words, and the files as they would be."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fairlead.law.cases import CaseChanged, changed_cases
from fairlead.law.check import check_folder
from fairlead.law.fields_of import OFFERED, corrected, fields_of
from fairlead.law.load import CASES_FILE, JURISDICTION_FILE, LawFolder, read_folder
from fairlead.law.review import rows_of, state_of
from fairlead.law.toml import write_toml
from fairlead.terms.errors import UsageError

COLUMNS = ("record", "field", "recorded", "correct", "correction", "comment", "state")
WHOLE, NAME, DAY = "*", "reviewed by (name, office)", "reviewed on (like 2026-11-30)"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLine:
    """One line of a form: a field of a record, what is recorded, and what the reviewer wrote beside it."""

    record: str
    field: str
    recorded: str = ""
    correct: str = ""
    correction: str = ""
    comment: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChanged:
    """A field that a correction changes, in words."""

    record: str
    field: str
    before: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What a filled-in form does: who read what, what changes, which worked examples answer otherwise, the files."""

    reviewer: str
    reviewed_on: date
    verified: tuple[str, ...]
    changes: tuple[FieldChanged, ...]
    comments: tuple[tuple[str, str], ...]
    cases: tuple[CaseChanged, ...]
    files: Mapping[str, str]


def form_lines(read: LawFolder, home: str) -> Iterator[FormLine]:
    """The form of a country: two lines for the reviewer, then every field of every record that is known today."""
    yield FormLine(record=WHOLE, field=NAME)
    yield FormLine(record=WHOLE, field=DAY)
    for _, table, row in _records(read, home):
        state = state_of(table, row)
        held = dict(fields_of(row))
        yield FormLine(record=row["id"], field="all of it", recorded="put an x under “correct”", state=state)
        for path, said in held.items():
            yield FormLine(record=row["id"], field=path, recorded=said, state=state)
        if "version" in table:
            for path in OFFERED:
                if path not in held:
                    yield FormLine(record=row["id"], field=path, state=state)


def _records(read: LawFolder, home: str | None) -> Iterator[tuple[str, Mapping[str, Any], dict[str, Any]]]:
    for name, table in read.files.items():
        place, _, file = name.partition("/")
        if not file or file in (JURISDICTION_FILE, CASES_FILE) or (home and place != home.lower()):
            continue
        for row in rows_of(table):
            if "superseded_on" not in row:
                yield name, table, row


def correct_records(
    base: Path, over: Path | None, lines: list[FormLine], *, today: date, vouched: str
) -> Corrected:
    """What a form changes; nothing is written. UsageError unless the whole of it fits the records as they are.

    A corrected wording stands beside the earlier one, which stays the answer of earlier days; a gap, a power or an
    answer to a standing question is corrected where it stands. ``vouched`` says who vouches for the reviewer.
    """
    read = read_folder(base, over)
    reviewer, day = _header(lines, today)
    states = {line.record: line.state for line in lines if line.record != WHOLE and line.state}
    ticked = {line.record for line in lines if line.correct.strip() and line.record != WHOLE}
    wanted: dict[str, dict[str, str]] = {}
    for line in lines:
        if line.record != WHOLE and line.correction.strip():
            wanted.setdefault(line.record, {})[line.field] = line.correction
    touched = [record for record in states if record in ticked or record in wanted]
    if not touched:
        raise UsageError(
            "nothing is ticked or corrected in this form",
            "Put an x under “correct”, or write under “correction”, and leave the other columns as they are.",
            code="LAW-EMPTY",
        )
    tables = {name: json.loads(json.dumps(table)) for name, table in read.files.items()}
    changes: list[FieldChanged] = []
    verified: list[str] = []
    names: dict[str, None] = {}
    by = f"{reviewer}; vouched for by {vouched}" if vouched else reviewer
    for record in touched:
        name, table, row = _find(tables, record)
        if state_of(table, row) != states[record]:
            raise UsageError(
                f"the record {record} has changed since this form was made",
                "Make a new form with `fairlead law review form` and have it read again.",
                code="LAW-STATE",
            )
        fresh = _with(row, wanted.get(record, {}), day)
        held, now = dict(fields_of(row)), dict(fields_of(fresh))
        for field in dict.fromkeys((*held, *now)):
            if held.get(field) != now.get(field):
                changes.append(
                    FieldChanged(
                        record=record, field=field, before=held.get(field, ""), now=now.get(field, "")
                    )
                )
        if record in wanted and "version" in table:
            row["superseded_on"] = today.isoformat()
            fresh["id"] = _next_id(tables, record)
            fresh["recorded_on"] = today.isoformat()
            table["version"].insert(table["version"].index(row) + 1, fresh)
            row = fresh
        elif record in wanted:
            row.clear()
            row.update(fresh)
        row |= {"verified_on": max(day.isoformat(), row["recorded_on"]), "verified_by": by}
        row["verified_state"] = state_of(table, row)
        verified.append(row["id"])
        names[name] = None
    files = {name: write_toml(tables[name]) for name in names}
    cases, more = _checked(base, over, files)
    comments = tuple((line.record, line.comment.strip()) for line in lines if line.comment.strip())
    return Corrected(
        reviewer=reviewer,
        reviewed_on=day,
        verified=tuple(verified),
        changes=tuple(changes),
        comments=comments,
        cases=tuple(cases),
        files=files | more,
    )


def _header(lines: list[FormLine], today: date) -> tuple[str, date]:
    said = {line.field: (line.correction or line.recorded).strip() for line in lines if line.record == WHOLE}
    try:
        day = date.fromisoformat(said.get(DAY, "")[:10])
    except ValueError:
        day = date.max
    if not said.get(NAME) or day > today:
        raise UsageError(
            "the form names no reviewer, or no day up to today",
            "Fill in the two lines at the top under “correction”, the day like 2026-11-30.",
            code="LAW-REVIEWER",
        )
    return said[NAME], day


def _find(tables: dict[str, Any], record: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    for name, table in tables.items():
        if "/" in name and not name.endswith((f"/{CASES_FILE}", f"/{JURISDICTION_FILE}")):
            for row in rows_of(table):
                if row.get("id") == record:
                    return name, table, row
    raise UsageError(f"there is no record {record}", "Use a form made from these records.", code="LAW-RECORD")


def _with(row: dict[str, Any], corrections: Mapping[str, str], day: date) -> dict[str, Any]:
    fresh = corrected(row, corrections)
    wording = fresh.get("wording")
    if isinstance(wording, dict) and any(path.startswith("wording.") for path in corrections):
        words = str(wording.get("words", ""))
        wording |= {"read_on": day.isoformat(), "digest": hashlib.sha256(words.encode()).hexdigest()}
    return fresh


def _next_id(tables: dict[str, Any], record: str) -> str:
    stem, _, last = record.rpartition("-r")
    stem, number = (stem, int(last)) if stem and last.isdecimal() else (record, 1)
    held = {row.get("id") for name, table in tables.items() if "/" in name for row in rows_of(table)}
    while f"{stem}-r{number + 1}" in held:
        number += 1
    return f"{stem}-r{number + 1}"


def _checked(
    base: Path, over: Path | None, files: Mapping[str, str]
) -> tuple[list[CaseChanged], dict[str, str]]:
    """The worked examples that answer otherwise, with their files; UsageError when the records would not be in order."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for layer in (base, *((over,) if over is not None and over.is_dir() else ())):
            for path in layer.rglob("*.toml"):
                _put(folder, path.relative_to(layer).as_posix(), path.read_text("utf-8"))
        for name, text in files.items():
            _put(folder, name, text)
        read = read_folder(folder)
        cases, texts = changed_cases(read) if not read.findings else ([], {})
        for name, text in texts.items():
            _put(folder, name, text)
        if findings := check_folder(folder):
            first = findings[0]
            raise UsageError(
                f"with these corrections {first.file} ({first.place}) would not be in order: {first.message}",
                "Correct the line of the form that it is about.",
                code="LAW-CORRECTION",
            )
        return cases, texts


def _put(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
