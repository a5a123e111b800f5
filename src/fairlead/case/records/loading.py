"""Loads the platform's own records into tables, as a mapping file says; a load that would lose them stops."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from fairlead.case.lists.joined import JOINS_VIEW, Joined, find_joined
from fairlead.case.lists.prepared import open_views
from fairlead.case.place.exhibits import opener_of
from fairlead.case.place.session import Session
from fairlead.case.records.losses import find_problems, require_one_state
from fairlead.case.running.engines import engine_for
from fairlead.case.running.runs import sole_run
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue, spilling
from fairlead.engine.parts import PartStore, part_name
from fairlead.engine.progress import Done, Progress
from fairlead.records.acts import ActsStage, rules_of
from fairlead.records.clock_offset import ClockOffset, measure_offset
from fairlead.records.frames import LOADED
from fairlead.records.joining import FileParts, find_accounts
from fairlead.records.load import VERSION, matches_path, tables_of_keys
from fairlead.records.mapping import Mapping, Source, parse_mapping
from fairlead.records.reading import RecordReader
from fairlead.records.rows import Tallies
from fairlead.register.actions import Action
from fairlead.tables import Table
from fairlead.tables.evidence import FILES
from fairlead.tables.records import (
    PAYMENTS,
    SOURCES,
)
from fairlead.tables.rows import SourceRow
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

_NEXT, _BEFORE, _ASIDE = ".records-next", ".records-before", ".records-aside"
_MAPPING, _MAPPING_BEFORE = "mapping.toml", "mapping.before.toml"
_SALT_BYTES = 32
_ROWS_A_PART = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadColumn:
    """A mapped column of which values could not be read; their rows are kept."""

    source: str
    table: str | None
    role: str
    column: str
    values: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Lines or rows that carry no record, or that no mapping asks for."""

    source: str
    kind: str
    name: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Whose words a dump is in, and why."""

    source: str
    locator: str
    dialect: str
    dialect_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """How many rows of a source name an account, and how many do not."""

    source: str
    rows_of: str
    with_account: int
    without_account: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """Lines in and what became of them, per record file, and sources that named no file."""

    sources: list[SourceRow]
    without_file: list[str]
    accounts: int
    payments: int
    accesses: int
    acts: int
    unread: tuple[UnreadColumn, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    readings: tuple[Reading, ...] = ()
    placed: tuple[Placed, ...] = ()
    joined: tuple[Joined, ...] = ()

    @property
    def values_unread(self) -> int:
        """Values of mapped columns that could not be read, of rows that were kept."""
        return sum(column.values for column in self.unread)

    @property
    def lines_in(self) -> int:
        """Lines or rows of all record files."""
        return sum(int(s["lines_in"]) for s in self.sources)

    @property
    def lines_parsed(self) -> int:
        """Lines that became rows."""
        return sum(int(s["lines_parsed"]) for s in self.sources)

    @property
    def lines_quarantined(self) -> int:
        """Lines that could not be read."""
        return sum(int(s["lines_quarantined"]) for s in self.sources)

    @property
    def lines_skipped(self) -> int:
        """Lines that carry no record, such as headers, or that no mapping asks for."""
        return sum(int(s["lines_skipped"]) for s in self.sources)


@verb(
    "records.load",
    Action.PROCESS,
    becomes=Operation.COLLECTION,
    command="records load",
    page="none: a mapping is a file",
)
def load_records(
    session: Session, mapping_file: Path, *, accept: bool = False, progress: Progress | None = None
) -> LoadReport:
    """Read every record file the mapping names; replaces what an earlier load left, which can be restored.

    Unless ``accept``, it stops with everything as it was (MAPPING-LOAD) when a source fits no file, when more than a
    tenth of the accounts or payments would go, or when no value of a mapped column can be read.
    """
    if not mapping_file.is_file():
        raise UsageError(f"there is no file {mapping_file.name}", "Check the path.", code="USAGE-FILE")
    text = mapping_file.read_text()
    mapping = parse_mapping(text, name=mapping_file.name)
    found = _find_files(session, mapping)
    with sole_run(session, "records load", progress) as shown:
        shown.begin("records", len(found))
        staged = _beside(session, _NEXT)
        _empty(staged)
        tallies = _load_all(session, staged, mapping, found, shown)
        try:
            require_one_state(staged)
        except UsageError:
            _empty(staged)
            raise
        if not accept and (problems := find_problems(session.store, staged, mapping, found, tallies)):
            _empty(staged)
            raise UsageError(
                f"the load was stopped, and everything is as it was: {'; '.join(problems)}",
                "Correct the mapping; or, if that is how it should be, load it with --accept.",
                code="MAPPING-LOAD",
            )
        before = _beside(session, _BEFORE)
        _empty(before)
        _move(session.store, before)
        _move(staged, session.store)
        _keep_mapping(session)
        shown.finish("records")
        with engine_for(session, progress=shown) as engine:
            engine.run(ActsStage(rules_of(mapping)))
    (session.workspace.operation(session.operation) / _MAPPING).write_text(text)
    report = load_report(
        session, without_file=[s.name for s in mapping.source if not any(s is f[0] for f in found)]
    )
    session.record(
        Operation.COLLECTION,
        "records.load",
        (hashlib.sha256(text.encode()).hexdigest(),),
        "platform records loaded",
        facts={
            "lines_in": report.lines_in,
            "lines_quarantined": report.lines_quarantined,
            "values_unread": report.values_unread,
        },
    )
    return report


@verb(
    "records.restore",
    Action.PROCESS,
    becomes=Operation.ALTERATION,
    command="records restore",
    page="none: it undoes a load, which is made from a file",
    reason=True,
)
def restore_records(session: Session, *, reason: str, progress: Progress | None = None) -> LoadReport:
    """Put back what the last load replaced; doing it again undoes that. Acts are derived again."""
    folder = session.workspace.operation(session.operation)
    before, aside = _beside(session, _BEFORE), _beside(session, _ASIDE)
    if not before.parts(SOURCES):
        raise UsageError(
            "no load was replaced here, so none can be restored",
            "`fairlead records load` keeps what it replaces from now on.",
            code="MAPPING-BEFORE",
        )
    with sole_run(session, "records restore", progress) as shown:
        _empty(aside)
        _move(session.store, aside)
        _move(before, session.store)
        _move(aside, before)
        earlier = (folder / _MAPPING_BEFORE).read_text()
        _keep_mapping(session)
        (folder / _MAPPING).write_text(earlier)
        with engine_for(session, progress=shown) as engine:
            engine.run(ActsStage(rules_of(parse_mapping(earlier))))
    report = load_report(session)
    session.record(Operation.ALTERATION, "records.restore", (), reason, facts={"lines_in": report.lines_in})
    return report


def _beside(session: Session, name: str) -> PartStore:
    """A store beside the operation's tables, which nothing but a load reads."""
    return PartStore(session.store.place / name)


def _empty(store: PartStore) -> None:
    for table in LOADED:
        store.keep_only(table, set())


def _move(source: PartStore, target: PartStore) -> None:
    for table in LOADED:
        for part in source.parts(table):
            target.take(source, table, part.name)


def _keep_mapping(session: Session) -> None:
    """Keep the mapping that was in force, for `records restore`."""
    folder = session.workspace.operation(session.operation)
    if (folder / _MAPPING).is_file():
        (folder / _MAPPING).replace(folder / _MAPPING_BEFORE)


def load_report(session: Session, *, without_file: list[str] | None = None) -> LoadReport:
    """The figures of the last load."""
    catalogue = Catalogue(session.store)
    try:
        sources = catalogue.rows_as(SourceRow, "SELECT * FROM sources ORDER BY source, exhibit, locator")
        counts = {
            name: int(catalogue.scalar(f"SELECT count(*) FROM {name}"))
            for name in ("accounts", "payments", "accesses", "acts")
        }
        unread = catalogue.rows(
            """SELECT source, "table", role, "column", count(*) AS values, min(reason) AS reason
               FROM unread_values GROUP BY ALL ORDER BY ALL"""
        )
        passed = catalogue.rows(
            "SELECT source, kind, name, sum(rows)::BIGINT AS rows FROM passed_over GROUP BY ALL ORDER BY ALL"
        )
        readings = catalogue.rows(
            "SELECT source, locator, dialect, dialect_reason FROM readings WHERE dialect IS NOT NULL ORDER BY ALL"
        )
        placed = catalogue.rows(
            " UNION ALL ".join(
                f"""SELECT source, '{name}' AS rows_of, count(account) AS with_account,
                    count(*) - count(account) AS without_account FROM {name} GROUP BY source"""
                for name in ("payments", "events", "accesses")
            )
            + " ORDER BY ALL"
        )
    finally:
        catalogue.close()
    views = open_views(session, (JOINS_VIEW,))
    try:
        joined = tuple(find_joined(views))
    finally:
        views.close()
    return LoadReport(
        sources=sources,
        without_file=without_file or [],
        unread=tuple(UnreadColumn(**row) for row in unread),
        passed_over=tuple(PassedOver(**row) for row in passed),
        readings=tuple(Reading(**row) for row in readings),
        placed=tuple(Placed(**row) for row in placed),
        joined=joined,
        **counts,
    )


def measure_clock(session: Session, *, source: str, against: str) -> ClockOffset:
    """By how much the clock of a source was wrong, on payments that another source recorded, too."""
    session.require_sight()
    catalogue = Catalogue(session.store, (PAYMENTS, SOURCES))
    try:
        loaded = {
            row["source"]: row["clock_offset_seconds"]
            for row in catalogue.rows("SELECT DISTINCT source, clock_offset_seconds FROM sources")
        }
        missing = [name for name in (source, against) if name not in loaded]
        if missing:
            raise UsageError(
                f"no source {missing[0]} is loaded",
                f"Name two of: {', '.join(sorted(loaded)) or 'none yet'}.",
                code="USAGE-SOURCE",
            )
        measured = measure_offset(catalogue, source=source, against=against, known=loaded[source] or 0)
    finally:
        catalogue.close()
    session.record(Operation.CONSULTATION, "records.clock", (source, against), "clock offset measured")
    return measured


def _find_files(session: Session, mapping: Mapping) -> list[tuple[Source, str, str]]:
    """Source, exhibit and locator of every readable file that a source names, sources in loading order.

    A compressed file whose content the walk has listed as a member is read as that member, and once only.
    """
    catalogue = Catalogue(session.store, (FILES,))
    try:
        files = catalogue.rows(
            "SELECT exhibit, locator, path FROM files f WHERE verdict = 'read' AND allocation = 'live' "
            "AND NOT EXISTS (SELECT 1 FROM files m WHERE m.exhibit = f.exhibit AND m.verdict = 'read' "
            "AND starts_with(m.locator, f.locator || '!')) ORDER BY 1, 2"
        )
    finally:
        catalogue.close()
    return [
        (source, file["exhibit"], file["locator"])
        for source in mapping.ordered()
        for file in files
        if matches_path(source, exhibit=file["exhibit"], path=file["path"])
    ]


def _load_all(
    session: Session,
    store: PartStore,
    mapping: Mapping,
    found: list[tuple[Source, str, str]],
    progress: Progress,
) -> Tallies:
    opener = opener_of(session)
    written: list[FileParts] = []
    version = hashlib.sha256(mapping.model_dump_json().encode()).hexdigest()[:16]
    with RecordReader(salt=_salt(session)) as reader:
        for source in mapping.source:
            reader.directory.declare(source.name, tables_of_keys(source))
        for place, (source, exhibit, locator) in enumerate(found):
            parts = _PartsOfOneFile(store, (VERSION, version, source.name, exhibit, locator))
            written.append(FileParts(source=source, parts=parts.written))
            again = any(other is source for other, *_ in found[place + 1 :])
            with opener(exhibit, locator) as descriptor:
                for table, batch in reader.read(
                    source, exhibit=exhibit, locator=locator, descriptor=descriptor, again=again,
                    steps=mapping.steps_into(source.name),
                ):  # fmt: skip
                    parts.add(table, batch)
            parts.flush()
            progress.advance("records", Done(rows=parts.rows))
    with spilling(session.workspace.operation(session.operation)) as spill:
        find_accounts(store, mapping, written, spill=spill)
    return reader.tallies


class _PartsOfOneFile:
    """Writes the rows of one record file as parts of bounded size, so that memory does not grow with it."""

    def __init__(self, store: PartStore, key: tuple[str, ...]) -> None:
        self._store = store
        self._key = key
        self._held: dict[str, tuple[Table, list[pa.RecordBatch]]] = {}
        self.written: dict[str, list[str]] = {}
        self.rows = 0

    def add(self, table: Table, batch: pa.RecordBatch) -> None:
        """Take rows in; a part is written whenever enough of them are held."""
        _, batches = self._held.setdefault(table.name, (table, []))
        batches.append(batch)
        self.rows += batch.num_rows
        if sum(b.num_rows for b in batches) >= _ROWS_A_PART:
            self._write(table, batches)

    def flush(self) -> None:
        """Write what is still held; the table of sources last, since it says that all is there."""
        for table in LOADED:
            _, batches = self._held.get(table.name, (table, []))
            if batches:
                self._write(table, batches)

    def _write(self, table: Table, batches: list[pa.RecordBatch]) -> None:
        written = self.written.setdefault(table.name, [])
        name = part_name("records", *self._key, table.name, str(len(written)))
        self._store.write(table, name, batches)
        written.append(name)
        batches.clear()


def _salt(session: Session) -> bytes:
    """The operation's own salt, so that digests of passwords mean nothing outside it."""
    path = session.workspace.operation(session.operation) / "salt"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(secrets.token_bytes(_SALT_BYTES))
    return path.read_bytes()
