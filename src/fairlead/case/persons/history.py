"""Merges and splits of persons from run to run, kept beside the operation and named in the ledger."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from fairlead.attribution.changes import ChangeKind, PersonChange, find_changes
from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables.attribution import PERSONS
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


class _Change(TypedDict):
    kind: str
    before: list[str]
    after: list[str]


class _Run(TypedDict):
    """A line of the file in which changes are kept."""

    at: str
    digest: str
    changes: list[_Change]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryStep:
    """One change of a person, and when the run was that made it (ISO 8601, UTC)."""

    at: str
    change: PersonChange


def keep_changes(session: Session) -> int:
    """Compare persons with those of the last run and keep what changed; returns how many changes.

    Killed in between, the next call finds the same changes again and keeps them once.
    """
    folder = _folder(session)
    base = folder / "last.json"
    persons = _persons(session)
    changes = find_changes(json.loads(base.read_text()), persons) if base.is_file() else []
    if changes:
        listed = [_as_json(change) for change in changes]
        digest = hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()
        if not any(last["digest"] == digest for last in list(_runs(session))[-1:]):
            counts = {kind.value: sum(c.kind is kind for c in changes) for kind in ChangeKind}
            session.record(
                Operation.ALTERATION,
                "attribute.persons-changed",
                (digest,),
                "persons of this run differ from the last",
                facts={kind: count for kind, count in counts.items() if count},
            )
            run: _Run = {"at": session.clock().isoformat(), "digest": digest, "changes": listed}
            with (folder / "changes.jsonl").open("a") as file:
                file.write(json.dumps(run) + "\n")
                file.flush()
                os.fsync(file.fileno())
    temporary = base.with_suffix(".new")
    temporary.write_text(json.dumps(persons))
    temporary.rename(base)
    return len(changes)


def history_of(session: Session, person: str) -> list[HistoryStep]:
    """Every change that led to or from this person, oldest first. UsageError PERSON-001 for an unknown id."""
    session.require_sight()
    steps = [
        HistoryStep(at=run["at"], change=_from_json(change))
        for run in _runs(session)
        for change in run["changes"]
    ]
    if person not in _persons(session) and not any(
        person in (*step.change.before, *step.change.after) for step in steps
    ):
        raise UsageError(
            "no person has or had this id", "`fairlead table persons` lists them.", code="PERSON-001"
        )
    known = {person}
    for step in reversed(steps):
        if known & set(step.change.after):
            known |= set(step.change.before)
    for step in steps:
        if known & set(step.change.before):
            known |= set(step.change.after)
    found = [s for s in steps if known & {*s.change.before, *s.change.after}]
    session.record(Operation.CONSULTATION, "attribute.history", (person,), "history of a person read")
    return found


def persons_of_last_run(session: Session) -> dict[str, list[str]]:
    """The records of every person as the last finished run joined them; the tables may be newer."""
    base = _folder(session) / "last.json"
    kept: dict[str, list[str]] = json.loads(base.read_text()) if base.is_file() else {}
    return kept


def later_persons(session: Session, person: str) -> list[str]:
    """Every person who came, by merges and splits, of one that is gone."""
    known = {person}
    for run in _runs(session):
        for change in run["changes"]:
            if known & set(change["before"]):
                known |= set(change["after"])
    return sorted(known - {person})


def _folder(session: Session) -> Path:
    folder = session.workspace.operation(session.operation) / "person-history"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _persons(session: Session) -> dict[str, list[str]]:
    catalogue = Catalogue(session.store, (PERSONS,))
    try:
        rows = catalogue.rows("SELECT person, members FROM persons ORDER BY person")
    finally:
        catalogue.close()
    return {row["person"]: row["members"] for row in rows}


def _runs(session: Session) -> Iterator[_Run]:
    file = _folder(session) / "changes.jsonl"
    if file.is_file():
        for line in file.read_text().splitlines():
            yield json.loads(line)


def _as_json(change: PersonChange) -> _Change:
    return {"kind": change.kind.value, "before": list(change.before), "after": list(change.after)}


def _from_json(row: _Change) -> PersonChange:
    return PersonChange(kind=ChangeKind(row["kind"]), before=tuple(row["before"]), after=tuple(row["after"]))
