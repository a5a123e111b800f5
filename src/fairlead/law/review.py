"""The review form of a country: made from its records, filled in by a lawyer, read back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fairlead.law.load import CASES_FILE, JURISDICTION_FILE, LawFolder
from fairlead.law.toml import write_toml
from fairlead.law.words import REST_WORDS
from fairlead.terms.errors import UsageError
from fairlead.terms.law import Basis

_RECORD = re.compile(
    r"^- \[(?P<tick>[ xX])\] correct: (?P<id>\S+) \(state (?P<state>[0-9a-f]{16})\)\s*$", re.MULTILINE
)
_NAME = re.compile(r"^Reviewed by:[ \t]*(?P<value>.*)$", re.MULTILINE)
_DAY = re.compile(r"^Reviewed on:[ \t]*(?P<value>.*)$", re.MULTILINE)
_VERIFIED = ("verified_on", "verified_by", "verified_state")
NOTICE = (
    "Not legal advice; verify at the source. This form asks whether the record says what the law of your country says. "
    "It does not ask about any person or case."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRecord:
    """One record of a form: what it says, and the digest of exactly that."""

    id: str
    kind: str
    lines: tuple[str, ...]
    questions: tuple[str, ...]
    sources: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewImported:
    """What a filled-in form changed: records marked as verified, and those not ticked."""

    reviewer: str
    reviewed_on: date
    verified: tuple[str, ...]
    not_ticked: tuple[str, ...]


def find_form_records(folder: LawFolder, home: str) -> list[FormRecord]:
    """The records of a country in the order of their files."""
    return [_form_record(folder, table, record) for _, table, record in _rows(folder, home)]


def _rows(folder: LawFolder, home: str) -> Iterator[tuple[str, Mapping[str, Any], dict[str, Any]]]:
    """Every record as it stands in its file: file, whole file, the table that holds its fields."""
    for name, table in folder.files.items():
        place, _, file = name.partition("/")
        if place != home.lower() or file in (JURISDICTION_FILE, CASES_FILE):
            continue
        for record in rows_of(table):
            yield name, table, record


def rows_of(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records of a file: its versions, its answers to standing questions, or the one record it is."""
    for name in ("version", "answer"):
        rows = table.get(name)
        if isinstance(rows, list):
            return [row for row in rows if isinstance(row, dict)]
    return [table] if isinstance(table, dict) else []


def _form_record(folder: LawFolder, table: Mapping[str, Any], record: Mapping[str, Any]) -> FormRecord:
    shown = {
        **{k: v for k, v in table.items() if k not in ("version", "answer", "schema", "provision")},
        **record,
    }
    questions = tuple(f"{q['text']} (For {q['ask']}.)" for q in shown.get("open_question", ()))
    sources = []
    for key in shown.get("sources", ()):
        source = folder.records.sources[key]
        sources.append(f"{key}: {source.title}; {'; '.join(source.addresses)}; seen {source.accessed_on}")
    hidden = {"id", "open_question", "sources", *_VERIFIED}
    return FormRecord(
        id=shown["id"],
        kind=str(table["schema"]).removeprefix("law-").split("/")[0],
        lines=tuple(
            f"{name.replace('_', ' ')}: {REST_WORDS[Basis(v)] if name == 'basis' else _said(v)}"
            for name, v in shown.items()
            if name not in hidden
        ),
        questions=questions,
        sources=tuple(sources),
        state=state_of(table, record),
    )


def _said(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return "; ".join(f"{k} {v}" for k, v in value.items())
        case list():
            return ", ".join(_said(v) for v in value)
    return str(value)


def state_of(table: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """The digest of what a record says, without who verified it: a review holds for exactly this text."""
    said = {k: v for k, v in record.items() if k not in (*_VERIFIED, "version", "answer")}
    text = json.dumps([table.get("jurisdictions"), said], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def render_form(folder: LawFolder, home: str) -> str:
    """The form as Markdown. Only the two lines at the top and the ticks are read back."""
    name = folder.records.jurisdictions[home].name
    text = f"# Review of the recorded law: {name} ({home})\n\n{NOTICE}\n\n"
    text += (
        "Fill in both lines, tick the records that are correct (`[x]`) and leave the others empty. Write corrections\n"
        "and answers under the record: they are not read by the program, send the form back with them.\n\n"
        "Reviewed by: \nReviewed on: \n\n(Name and office, and the day as 2026-11-30.)\n"
    )
    for record in find_form_records(folder, home):
        text += f"\n## {record.kind.capitalize()} {record.id}\n\n"
        text += "".join(f"- {line}\n" for line in record.lines)
        text += "".join(f"- source {source}\n" for source in record.sources) or "- source: none\n"
        text += "".join(f"- Open: {question}\n" for question in record.questions)
        text += (
            f"\n- [ ] correct: {record.id} (state {record.state})\n\nCorrection, answer, better source:\n\n"
        )
    return text


def import_review(folder: Path, read: LawFolder, form: str, *, today: date) -> ReviewImported:
    """Mark the ticked records as verified: sets who, when and the digest read, and nothing else.

    Nothing is written unless the whole form fits: a name, a day not in the future, and every ticked record
    in the state that the form shows.
    """
    reviewer, day = _header(form, today)
    ticked = {m["id"]: m["state"] for m in _RECORD.finditer(form) if m["tick"] != " "}
    others = tuple(m["id"] for m in _RECORD.finditer(form) if m["tick"] == " ")
    if not ticked:
        raise UsageError(
            "no record is ticked as correct in this form",
            "Tick a record with [x], and leave the rest of its line as it is.",
            code="LAW-EMPTY",
        )
    changed = dict(_verified(read, ticked, reviewer, day))
    for name, text in changed.items():
        (folder / name).write_text(text, "utf-8")
    return ReviewImported(reviewer=reviewer, reviewed_on=day, verified=tuple(ticked), not_ticked=others)


def _header(form: str, today: date) -> tuple[str, date]:
    name, day = _NAME.search(form), _DAY.search(form)
    reviewer = name["value"].strip() if name else ""
    try:
        reviewed_on = date.fromisoformat(day["value"].strip() if day else "")
    except ValueError:
        reviewed_on = date.max
    if not reviewer or reviewed_on > today:
        raise UsageError(
            "the form names no reviewer, or no day up to today",
            "Fill in “Reviewed by:” and “Reviewed on:”, the day like 2026-11-30.",
            code="LAW-REVIEWER",
        )
    return reviewer, reviewed_on


def _verified(read: LawFolder, ticked: dict[str, str], reviewer: str, day: date) -> Iterator[tuple[str, str]]:
    """The new text of every file that holds a ticked record."""
    tables = {name: json.loads(json.dumps(table)) for name, table in read.files.items() if "/" in name}
    left = dict(ticked)
    touched = []
    for name, table in tables.items():
        if name.endswith((f"/{CASES_FILE}", f"/{JURISDICTION_FILE}")):
            continue
        for record in rows_of(table):
            state = left.pop(record["id"], None)
            if state is None:
                continue
            if state != state_of(table, record):
                raise UsageError(
                    f"the record {record['id']} has changed since this form was made",
                    "Make a new form with `fairlead law review form` and have it read again.",
                    code="LAW-STATE",
                )
            if day.isoformat() < record["recorded_on"]:
                raise UsageError(
                    f"the form was reviewed before {record['id']} was recorded",
                    "Correct the day in “Reviewed on:”.",
                    code="LAW-DAY",
                )
            record["verified_on"] = day.isoformat()
            record["verified_by"] = reviewer
            record["verified_state"] = state
            touched.append(name)
    if left:
        raise UsageError(
            f"there is no record {', '.join(sorted(left))}",
            "Use a form made from these records.",
            code="LAW-RECORD",
        )
    for name in dict.fromkeys(touched):
        yield name, write_toml(tables[name])
