"""Labelled files: who is who, as somebody else established it."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from fairlead.terms.errors import UsageError

_RECORD = ("record", "account", "payment", "id", "rec_id", "unique_id")
_PERSON = ("person", "cluster", "label", "entity", "group")


def read_labels(file: Path, records: Collection[str]) -> dict[str, str]:
    """Record id to the real person's id, from CSV or JSON; records that attribution does not know are left out.

    CSV has a column for the record (``record``, ``account``, ``id``) and one for the person (``person``, ``cluster``); JSON
    is an object of record to person or a list of objects with these keys. Ids are those of `fairlead table accounts`,
    with or without the source's name before them. UsageError USAGE-LABELS where no record is found.
    """
    short: dict[str, list[str]] = {}
    for record in records:
        short.setdefault(record.partition(":")[2], []).append(record)
    truth: dict[str, str] = {}
    for record, person in _pairs(file):
        named = [record] if record in records else short.get(record, [])
        if len(named) == 1:
            truth[named[0]] = person
    if not truth:
        raise UsageError(
            f"{file.name}: no record of this operation is labelled in it",
            "Give CSV or JSON with the columns record and person; `fairlead table persons` lists the records.",
            code="USAGE-LABELS",
        )
    return truth


def _pairs(file: Path) -> Iterable[tuple[str, str]]:
    text = file.read_text("utf-8-sig", errors="replace")
    if text.lstrip()[:1] not in ("{", "["):
        rows: Iterable[Mapping[str, Any]] = csv.DictReader(text.splitlines())
    else:
        try:
            parsed = json.loads(text)
        except json.JSONDecodeError:
            return
        if isinstance(parsed, dict):
            yield from ((str(record), str(person)) for record, person in parsed.items())
            return
        rows = [row for row in parsed if isinstance(row, dict)]
    for row in rows:
        record, person = (next((row[n] for n in names if row.get(n)), None) for names in (_RECORD, _PERSON))
        if record is not None and person is not None:
            yield str(record), str(person)
