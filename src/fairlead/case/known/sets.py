"""Imports, updates, removes and lists hash sets of an operation; every change matches again what it touches."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from fairlead.case.place.session import Session
from fairlead.case.running.engines import engine_for
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.lock import sole_writer
from fairlead.engine.parts import PartStore, part_name
from fairlead.engine.stage import Stage
from fairlead.known.clusters import ClustersStage
from fairlead.known.found import FindStage, PlanStage
from fairlead.known.imports import HashSet, ListImport, import_list
from fairlead.known.kept_index import forget_index
from fairlead.known.lists import HASH_LISTS, ListForm, ListOptions
from fairlead.known.match import HoldStage, MatchStage
from fairlead.known.scenes import ScenesStage
from fairlead.known.videos import FindVideosStage
from fairlead.register.actions import Action
from fairlead.tables.known import HASH_SETS, HELD, KNOWN, MATCHES, REJECTED
from fairlead.tables.media import CONTENTS
from fairlead.tables.rows import HashSetRow
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.matching import Meaning, PdqMode, ReleasePolicy, VideoRule

_SPOOL = ".import-"
_SETTINGS = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What came of a list."""

    set: str
    entries: int
    rejected: int
    repeated: int
    contradicting: int
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateReport:
    """What a new version of a list changed, and how many matches the set has after and before."""

    imported: ImportReport
    added: int
    removed: int
    matches: int
    matches_before: int


def match_stages(store: PartStore) -> list[Stage]:
    """The stages of matching, in their order."""
    return [
        PlanStage(place=store.place),
        FindStage(place=store.place),
        FindVideosStage(place=store.place),
        MatchStage(),
        HoldStage(),
        ClustersStage(),
        ScenesStage(),
    ]


@verb(
    "known.import",
    Action.PROCESS,
    becomes=Operation.COLLECTION,
    command="known import",
    page="none: lists come as files of many gigabytes",
    about=("hash_set",),
)
def import_hash_set(
    session: Session, file: Path, form: ListForm, hash_set: HashSet, options: ListOptions | None = None
) -> ImportReport:
    """Read a list as a new hash set."""
    _require_file(file)
    there = hash_set.name in _rows(session, 'SELECT "set" AS name FROM hash_sets', "name")
    if there and not session.act.finishes:
        raise UsageError(
            f"there is a hash set {hash_set.name} already",
            "Use `fairlead known update` for a new version of it, or another name.",
            code="USAGE-SET",
        )
    with sole_writer(session.workspace.operation(session.operation)):
        imported = _replace(session, file, form, hash_set, options)
    session.record(
        Operation.COLLECTION,
        "known.import",
        (hash_set.name, imported.sha256),
        f"hash set, {hash_set.meaning}",
        facts={"entries": imported.entries, "rejected": imported.rejected},
    )
    return _report(hash_set.name, imported)


@verb(
    "known.update",
    Action.PROCESS,
    becomes=Operation.ALTERATION,
    command="known update",
    page="none: lists come as files of many gigabytes",
    about=("name",),
)
def update_hash_set(
    session: Session, file: Path, name: str, *, version: str, options: ListOptions | None = None
) -> UpdateReport:
    """Put a new version of a list in place of the old one; only this set is matched again."""
    _require_file(file)
    old = _kept_settings(session, name)
    hash_set = HashSet(
        name=name,
        version=version,
        scheme=old["scheme"] or "",
        meaning=Meaning(old["meaning"]),
        release=ReleasePolicy(old["release"]),
        radius=old["radius"],
        minimum_quality=old["minimum_quality"],
        flood_limit=old["flood_limit"],
        pdq_mode=PdqMode(old["pdq_mode"]) if old["pdq_mode"] else None,
        video_rule=VideoRule(old["video_rule"] or VideoRule.KNOWN),
    )
    before, matched = _entries(session, name), _count(session, MATCHES.name, name)
    with sole_writer(session.workspace.operation(session.operation)):
        imported = _replace(
            session, file, _form_of(old["format"]), hash_set, options, old["let_through"] or ()
        )
    after = _entries(session, name)
    _match_again(session)
    report = UpdateReport(
        imported=_report(name, imported),
        added=len(after - before),
        removed=len(before - after),
        matches=_count(session, MATCHES.name, name),
        matches_before=matched,
    )
    session.record(
        Operation.ALTERATION,
        "known.update",
        (name, old["sha256"], imported.sha256),
        "new version of a hash set",
        facts={"added": report.added, "removed": report.removed, "matches": report.matches},
    )
    return report


@verb(
    "known.remove",
    Action.PROCESS,
    becomes=Operation.ERASURE,
    command="known remove",
    page="none: see known.import",
    about=("name",),
    reason=True,
)
def remove_hash_set(session: Session, name: str, *, reason: str) -> int:
    """Remove a hash set with its entries and matches; returns how many matches went."""
    old = _kept_settings(session, name)
    matched = _count(session, MATCHES.name, name)
    with sole_writer(session.workspace.operation(session.operation)):
        _forget(session.store, name)
        for table in (KNOWN, REJECTED):
            _drop(session.store, table, {part_name("known", name)})
        forget_index(session.store.place, name)
    _match_again(session)
    session.record(
        Operation.ERASURE,
        "known.remove",
        (name, old["sha256"]),
        reason,
        facts={"entries": old["entries"], "matches": matched},
    )
    return matched


@verb(
    "known.let-through",
    Action.PROCESS,
    becomes=Operation.ALTERATION,
    command="known let-through",
    page="none: see known.import",
    about=("name", "entry"),
    reason=True,
)
def let_entry_through(session: Session, name: str, entry: str, *, reason: str) -> int:
    """Apply an entry that is held because of its many agreements; returns its matches. A person decides that."""
    old = _kept_settings(session, name)
    held = _rows(session, "SELECT entry FROM held WHERE \"set\" = $set AND reason = 'flood'", "entry", name)
    if entry not in held and not session.act.finishes:
        raise UsageError(
            "no entry of that name is held in that set",
            "See `fairlead known list --held`.",
            code="USAGE-HELD",
        )
    let_through = sorted({*(old["let_through"] or ()), entry})
    with sole_writer(session.workspace.operation(session.operation)):
        _forget(session.store, name)
        _write_settings(session.store, {**old, "let_through": let_through})
    _match_again(session)
    matches = len(
        _rows(
            session,
            'SELECT sha256 || frame AS k FROM matches WHERE "set" = $set AND entry = $entry',
            "k",
            name,
            entry,
        )
    )
    session.record(
        Operation.ALTERATION, "known.let-through", (name, entry), reason, facts={"matches": matches}
    )
    return matches


def _kept_settings(session: Session, name: str) -> HashSetRow:
    """The settings of a set before a change of it, kept with the intent: an act that was cut short may have
    taken them out of the table already. UsageError when there is no such set.
    """
    kept = str(session.act.before.get(_SETTINGS, ""))
    settings: HashSetRow = json.loads(kept) if kept else get_hash_set(session, name)
    session.act.keep({_SETTINGS: json.dumps(settings)})
    return settings


class HashSetListed(HashSetRow):
    """A hash set with the contents that match it, and how many agreements are held back."""

    matched_contents: int
    held: int


class HeldListed(TypedDict):
    """An entry that is held back."""

    set: str
    entry: str
    reason: str
    contents: int
    agreements: int


def list_hash_sets(session: Session) -> list[HashSetListed]:
    """Every hash set with its settings, its matches, and what is held back."""
    session.require_sight()
    catalogue = Catalogue(session.store, (HASH_SETS, MATCHES, HELD))
    try:
        return catalogue.rows_as(
            HashSetListed,
            """SELECT s.*, (SELECT count(DISTINCT sha256) FROM matches m WHERE m."set" = s."set") AS matched_contents,
               (SELECT count(*) FROM held h WHERE h."set" = s."set") AS held
               FROM hash_sets s ORDER BY s."set" """,
        )
    finally:
        catalogue.close()


def list_held(session: Session) -> list[HeldListed]:
    """Entries that are held back, with the reason and how many contents they agree with."""
    session.require_sight()
    catalogue = Catalogue(session.store, (HELD,))
    try:
        return catalogue.rows_as(
            HeldListed,
            """SELECT "set", entry, reason, any_value(contents) AS contents, count(*) AS agreements FROM held
               GROUP BY "set", entry, reason ORDER BY agreements DESC, "set", entry""",
        )
    finally:
        catalogue.close()


def count_ungated(session: Session) -> int:
    """Pictures that no near matching looked at, because their PDQ quality is below every set's gate."""
    session.require_sight()
    catalogue = Catalogue(session.store, (HASH_SETS, CONTENTS))
    try:
        return int(
            catalogue.scalar(
                "SELECT count(*) FROM contents WHERE pdq IS NOT NULL AND pdq_quality < "
                "(SELECT min(minimum_quality) FROM hash_sets)"
            )
        )
    finally:
        catalogue.close()


def get_hash_set(session: Session, name: str) -> HashSetRow:
    """The row of HASH_SETS; UsageError when there is none of that name."""
    catalogue = Catalogue(session.store, (HASH_SETS,))
    try:
        found = catalogue.rows_as(HashSetRow, 'SELECT * FROM hash_sets WHERE "set" = $set', {"set": name})
    finally:
        catalogue.close()
    if not found:
        raise UsageError(
            f"there is no hash set {name}", "See `fairlead known list`.", code="USAGE-SET-UNKNOWN"
        )
    return found[0]


def _replace(
    session: Session,
    file: Path,
    form: ListForm,
    hash_set: HashSet,
    options: ListOptions | None,
    let_through: Iterable[str] = (),
) -> ListImport:
    """Write a set's parts. Its settings come last: until they are there, the set does not exist."""
    store, folder = session.store, session.workspace.operation(session.operation) / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_SPOOL}*"):  # of an import that was killed; no other one runs now
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=_SPOOL) as spool:
        imported = import_list(form, file, hash_set=hash_set, spool=Path(spool), options=options)
        name = part_name("known", hash_set.name)
        _forget(store, hash_set.name)
        store.write(KNOWN, name, imported.known())
        store.write(REJECTED, name, imported.refused())
    settings: HashSetRow = {
        "set": hash_set.name,
        "version": hash_set.version,
        "format": form.name,
        "scheme": hash_set.scheme or None,
        "meaning": hash_set.meaning.value,
        "release": hash_set.release.value,
        "radius": hash_set.radius,
        "minimum_quality": hash_set.minimum_quality,
        "flood_limit": hash_set.flood_limit,
        "pdq_mode": hash_set.pdq_mode.value if hash_set.pdq_mode else None,
        "video_rule": hash_set.video_rule.value,
        "let_through": list(let_through),
        "entries": imported.entries,
        "rejected": imported.rejected,
        "repeated": imported.repeated,
        "source": file.name,
        "sha256": imported.sha256,
    }
    _write_settings(store, settings)
    return imported


def _form_of(name: str) -> ListForm:
    try:
        return HASH_LISTS.get(name)
    except LookupError as problem:
        raise UsageError(
            f"no reader of the format {name} is installed",
            f"Install the package that brought it; there are: {', '.join(HASH_LISTS.names())}.",
            code="USAGE-LIST-FORMAT",
        ) from problem


def _write_settings(store: PartStore, settings: HashSetRow) -> None:
    # The part's name follows from the settings and the file: stages see by it that a set changed.
    name = part_name("hash-set", repr(sorted(settings.items())))
    store.write(HASH_SETS, name, [HASH_SETS.batch([settings])])


def _forget(store: PartStore, name: str) -> None:
    """Remove the settings of a set, which is then no set any more."""
    gone = {p.name for p in store.parts(HASH_SETS) if name in p.read(["set"]).column("set").to_pylist()}
    _drop(store, HASH_SETS, gone)


def _drop(store: PartStore, table: Any, names: set[str]) -> None:
    store.keep_only(table, {part.name for part in store.parts(table)} - names)


def _match_again(session: Session) -> None:
    with (
        sole_writer(session.workspace.operation(session.operation)),
        engine_for(session, workers=1) as engine,
    ):
        for stage in match_stages(session.store):
            engine.run(stage)


def _entries(session: Session, name: str) -> set[str]:
    return _rows(session, 'SELECT entry FROM known WHERE "set" = $set', "entry", name)


def _count(session: Session, table: str, name: str) -> int:
    return len(
        _rows(
            session,
            f'SELECT sha256 || entry || frame || transform AS k FROM {table} WHERE "set" = $set',
            "k",
            name,
        )
    )


def _rows(session: Session, sql: str, column: str, name: str = "", entry: str = "") -> set[str]:
    given = {k: v for k, v in {"set": name, "entry": entry}.items() if v}
    catalogue = Catalogue(session.store, (HASH_SETS, KNOWN, MATCHES, HELD))
    try:
        return {row[column] for row in catalogue.rows(sql, given or None)}
    finally:
        catalogue.close()


def _report(name: str, imported: ListImport) -> ImportReport:
    return ImportReport(
        set=name,
        entries=imported.entries,
        rejected=imported.rejected,
        repeated=imported.repeated,
        contradicting=imported.contradicting,
        reasons=dict(sorted(imported.reasons.items())),
    )


def _require_file(file: Path) -> None:
    if not file.exists():
        raise UsageError(f"there is no file {file.name}", "Check the path.", code="USAGE-FILE")
