"""Read one record file that the mapping names: rows, quarantine, and a row that counts both."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, BinaryIO, cast

import pyarrow as pa

from fairlead.records.counting import Counted, CsvCounter, DumpCounter, LineCounter
from fairlead.records.date_order import BY_CONTENT, date_form
from fairlead.records.dialects import Recognised
from fairlead.records.directory import AccountDirectory
from fairlead.records.documents import read_document
from fairlead.records.dump import Broken, DumpItem, DumpReader, DumpRows, Passed
from fairlead.records.joins import ColumnJoin, Step, first_way
from fairlead.records.logs import read_log
from fairlead.records.mapping import (
    AccountTable,
    ColumnUse,
    DumpSource,
    DumpTable,
    EventTable,
    LogSource,
    PaymentSource,
    PaymentTable,
    Source,
    SqliteSource,
    SubscriberSource,
    account_tables,
)
from fairlead.records.rows import (
    Reader,
    Tallies,
    Unusable,
    build_account,
    build_event,
    build_payments,
    uses_of,
    validity_of,
)
from fairlead.records.sqlite import read_sqlite
from fairlead.records.streams import as_descriptor, damage_of, open_text, step_into, with_line_feeds
from fairlead.records.tabular import Blank, Header, NamedRow, TabularItem, read_csv
from fairlead.tables import Table
from fairlead.tables.records import (
    ACCOUNTS,
    EVENTS,
    LOOKUPS,
    PASSED_OVER,
    PAYMENTS,
    QUARANTINE,
    READINGS,
    SOURCES,
    STEPS,
    UNREAD_VALUES,
    VALIDITY,
)
from fairlead.tables.rows import AccountRow, EventRow, PaymentRow, SourceRow
from fairlead.terms.errors import UsageError
from fairlead.terms.origin import row_mark
from fairlead.terms.platform import Role

ROWS_PER_BATCH = 20_000
VERSION = "2"

Loaded = tuple[Table, pa.RecordBatch]


def matches_path(source: Source, *, exhibit: str, path: str) -> bool:
    """Whether a file is one that the source names: same exhibit, and the display path fits its pattern."""
    return source.exhibit == exhibit and (path == source.path or fnmatchcase(path, source.path))


def load_source(
    source: Source,
    *,
    exhibit: str,
    locator: str,
    stream: BinaryIO,
    directory: AccountDirectory,
    salt: bytes,
    seen: set[str] | None = None,
    tallies: Tallies | None = None,
    steps: tuple[Step, ...] = (),
) -> Iterator[Loaded]:
    """Yield (table, rows) of one record file, a batch at a time; the last is its one row of SOURCES.

    ``tallies`` takes the counts of values that were read and that were not, by source, table and role. ``steps`` are
    those of joins through tables of this source (``Mapping.steps_into``); their rows become rows of STEPS.

    ``directory`` holds the accounts read so far (load sources in the order of ``Mapping.ordered()`` and add
    each batch of ACCOUNTS and PAYMENTS to it). ``salt`` keys the digests of password hashes and is the
    operation's own. ``seen`` carries ids from one file of a source to the next, so that none comes twice.
    A byte range in a compressed log counts bytes after decompression; the locator says so by a member step.
    """
    plain, compressed = open_text(stream)
    if compressed:
        locator = step_into(locator)
    sink = _Sink(source=source.name, exhibit=exhibit, locator=locator)
    directory.declare(source.name, tables_of_keys(source))
    account_key, problem = _foreign_key(source, directory)
    reader = Reader(
        source=source.name,
        exhibit=exhibit,
        account_source=source.account_source,
        clock=source.clock,
        directory=directory,
        salt=salt,
        charset=_charset(source),
        seen=set() if seen is None else seen,
        tallies={} if tallies is None else tallies,
        account_key=account_key,
        account_problem=problem,
    )
    counted: int | None = None
    wanted = [*mapped_tables(source), *(step.table for step in steps)]
    match source:
        case DumpSource():
            counter = DumpCounter()
            dump = DumpReader(
                cast("BinaryIO", Counted(plain, counter)),
                wanted=wanted,
                dialect=source.dialect,
                counter=counter,
            )
            yield from _load_tables(source, dump, sink, reader, steps)
            counted = counter.rows
            sink.dialect = dump.recognised
        case SqliteSource():
            with as_descriptor(plain) as descriptor:
                items = read_sqlite(descriptor, wanted=wanted)
                yield from _load_tables(source, items, sink, reader, steps)
        case LogSource():
            lines = LineCounter()
            yield from read_log(source, cast("BinaryIO", Counted(plain, lines)), sink, reader)
            counted = lines.rows
        case PaymentSource():
            reader.decimal = source.decimal
            reader.reference_is = source.reference_is
            reader.reference_pattern = (
                re.compile(source.reference_pattern) if source.reference_pattern else None
            )
            reader.legs = True
            rows = with_line_feeds(plain) if source.format == "csv" else plain
            source, plain_again = _with_date_form(source, rows)
            records = CsvCounter()
            stream_of_rows = (
                cast("BinaryIO", Counted(plain_again, records)) if source.format == "csv" else plain_again
            )
            yield from _load_payments(source, stream_of_rows, sink, reader)
            counted = records.rows if source.format == "csv" else None
        case SubscriberSource():
            records = CsvCounter()
            rows = with_line_feeds(plain) if source.format == "csv" else plain
            stream_of_rows = cast("BinaryIO", Counted(rows, records)) if source.format == "csv" else rows
            yield from _load_subscribers(source, stream_of_rows, sink, reader)
            counted = records.rows if source.format == "csv" else None
    if damage := damage_of(plain):
        yield from sink.refuse(0, 0, damage, None)
    yield from sink.account(counted)
    yield from sink.flush()
    yield SOURCES, SOURCES.batch([sink.summary(source, reader)])


def _charset(source: Source) -> str | None:
    """The character set that the mapping states of values; a dump in UTF-16 is turned into UTF-8 before it is read."""
    stated = source.charset
    if isinstance(source, DumpSource) and stated and codecs.lookup(stated).name.startswith("utf-16"):
        return None
    return stated


def broken_off(source: Source, *, exhibit: str, locator: str, parsed: int, reason: str) -> Iterator[Loaded]:
    """What is told of a file that could not be read to its end: the reason in quarantine, and the rows that came."""
    yield (
        QUARANTINE,
        QUARANTINE.batch(
            [
                {
                    "source": source.name,
                    "exhibit": exhibit,
                    "locator": locator,
                    "reason": reason,
                    "length": None,
                    "rows": None,
                }
            ]
        ),
    )
    yield (
        READINGS,
        READINGS.batch(
            [
                {
                    "source": source.name,
                    "exhibit": exhibit,
                    "locator": locator,
                    "dialect": None,
                    "dialect_reason": None,
                    "rows_counted": None,
                    "rows_read": parsed,
                    "places_unknown": 1,
                }
            ]
        ),
    )
    yield (
        SOURCES,
        SOURCES.batch(
            [
                {
                    "source": source.name,
                    "exhibit": exhibit,
                    "locator": locator,
                    "kind": source.kind,
                    "zone": source.zone,
                    "clock_offset_seconds": source.clock_offset_seconds,
                    "clock_evidence": source.clock_evidence or None,
                    "fields_unread": 0,
                    "lines_in": parsed + 1,
                    "lines_parsed": parsed,
                    "lines_quarantined": 1,
                    "lines_skipped": 0,
                }
            ]
        ),
    )


def _with_date_form(source: PaymentSource, stream: BinaryIO) -> tuple[PaymentSource, BinaryIO]:
    """The source with the order of day and month that its own dates show, and the stream from its beginning."""
    use = source.roles.paid_on if source.roles else None
    if source.roles is None or use is None or use.format != BY_CONTENT:
        return source, stream
    held = io.BytesIO(stream.read())
    charset = source.charset or "utf-8"
    names = [name for name in (use.column, *use.or_columns) if name]
    values = (
        value.decode(charset, "replace")
        for item in _rows_of(source, held)
        if isinstance(item, NamedRow)
        for value in [next((item.values[name] for name in names if name in item.values), None)]
        if value
    )
    form = date_form(values, f"{use.column} of source {source.name}")
    held.seek(0)
    roles = source.roles.model_copy(update={"paid_on": use.model_copy(update={"format": form})})
    return source.model_copy(update={"roles": roles}), held


def tables_of_keys(source: Source) -> tuple[str, ...]:
    """The tables of accounts that stand in the keys of a source's accounts; none where keys are short."""
    short = isinstance(source, DumpSource | SqliteSource) and source.keys == "source"
    return () if short else account_tables(source)


def _foreign_key(source: Source, directory: AccountDirectory) -> tuple[str | None, str]:
    """How the keys of accounts begin that a source names by their ids, or why nobody can tell."""
    tables = directory.tables.get(source.account_source, ())
    if source.account_table is not None and tables:
        return f"{source.account_source}:{source.account_table}", ""
    if len(tables) > 1:
        return None, f'accounts of several tables: say accounts = "{source.account_source}:TABLE"'
    return ":".join((source.account_source, *tables)), ""


@dataclass(slots=True, kw_only=True)
class _Sink:
    """Collects rows per table into batches, and counts."""

    source: str
    exhibit: str
    locator: str
    table: str | None = None  # of a database file, whose rows have numbers instead of byte ranges
    parsed: int = 0
    quarantined: int = 0
    skipped: int = 0
    held: dict[str, tuple[Table, list[Mapping[str, object]]]] = field(default_factory=dict)
    passed: dict[tuple[str, str], int] = field(default_factory=dict)
    rows_known: int = 0
    places_unknown: int = 0
    dialect: Recognised | None = None

    def skip(self, kind: str, rows: int, name: str = "") -> None:
        """Count lines or rows that carry no record, by what they are."""
        self.skipped += rows
        self.passed[kind, name] = self.passed.get((kind, name), 0) + rows

    def tell(self, reader: Reader, start: int, end: int) -> Iterator[Loaded]:
        """Put the values of a kept row that could not be read where they are seen."""
        for note in reader.notes:
            row = {"role": note.role, "source": self.source, "table": reader.table or None,
                   "column": note.column, "reason": note.reason}  # fmt: skip
            yield from self.add(UNREAD_VALUES, row, start, end)

    def account(self, counted: int | None) -> Iterator[Loaded]:
        """What was passed over, and how the file was read."""
        for (kind, name), rows in sorted(self.passed.items()):
            passed = {"source": self.source, "exhibit": self.exhibit, "locator": self.locator,
                      "kind": kind, "name": name, "rows": rows}  # fmt: skip
            yield PASSED_OVER, PASSED_OVER.batch([passed])
        reading = {
            "source": self.source, "exhibit": self.exhibit, "locator": self.locator,
            "dialect": self.dialect.dialect.value if self.dialect else None,
            "dialect_reason": self.dialect.reason if self.dialect else None,
            "rows_counted": counted,
            "rows_read": self.parsed + self.skipped + self.rows_known,
            "places_unknown": self.places_unknown,
        }  # fmt: skip
        yield READINGS, READINGS.batch([reading])

    def origin(self, start: int, end: int) -> str:
        if self.table is not None:
            return self.locator + row_mark(self.table, start)
        return f"{self.locator}#bytes={start}-{end}"

    def add(self, table: Table, row: Mapping[str, object], start: int, end: int) -> Iterator[Loaded]:
        _, rows = self.held.setdefault(table.name, (table, []))
        rows.append({**row, "exhibit": self.exhibit, "locator": self.origin(start, end)})
        if len(rows) >= ROWS_PER_BATCH:
            yield table, table.batch(rows)
            rows.clear()

    def refuse(self, start: int, end: int, reason: str, rows: int | None) -> Iterator[Loaded]:
        self.quarantined += 1
        if rows is None:
            self.places_unknown += 1
        else:
            self.rows_known += rows
        length = end - start if self.table is None else None
        broken = {"source": self.source, "reason": reason, "length": length, "rows": rows}
        yield from self.add(QUARANTINE, broken, start, end)

    def flush(self) -> Iterator[Loaded]:
        for table, rows in self.held.values():
            if rows:
                yield table, table.batch(rows)
        self.held.clear()

    def summary(self, source: Source, reader: Reader) -> SourceRow:
        return {
            "source": self.source,
            "exhibit": self.exhibit,
            "locator": self.locator,
            "kind": source.kind,
            "zone": source.zone,
            "clock_offset_seconds": source.clock_offset_seconds,
            "clock_evidence": source.clock_evidence or None,
            "fields_unread": reader.unread,
            "lines_in": self.parsed + self.quarantined + self.skipped,
            "lines_parsed": self.parsed,
            "lines_quarantined": self.quarantined,
            "lines_skipped": self.skipped,
        }


def _load_tables(
    source: DumpSource | SqliteSource,
    items: Iterable[DumpItem],
    sink: _Sink,
    reader: Reader,
    steps: tuple[Step, ...],
) -> Iterator[Loaded]:
    tables = _Tables(source, reader, items if isinstance(items, DumpReader) else None, steps)
    for item in items:
        match item:
            case Passed():
                sink.skip("table", item.rows, item.table)
            case Broken():
                yield from sink.refuse(item.start, item.end, item.reason, item.rows)
            case DumpRows():
                table = tables.begin(item)
                sink.table = item.table if isinstance(source, SqliteSource) else None
                columns = item.columns or (table.columns if table is not None else ())
                if not columns:
                    for row in item.rows:
                        yield from sink.refuse(
                            row.start, row.end, "nothing names the columns of this table", 1
                        )
                    continue
                yield from _load_steps(tables.steps(item), columns, item, sink, reader)
                if table is None:
                    sink.parsed += len(item.rows)
                else:
                    yield from _load_rows(source, table, columns, item, sink, reader)
    for name in tables.absent():
        sink.passed["absent", name] = 0


def _load_rows(
    source: DumpSource | SqliteSource,
    table: DumpTable,
    columns: tuple[str, ...],
    item: DumpRows,
    sink: _Sink,
    reader: Reader,
) -> Iterator[Loaded]:
    where = f"source {source.name}, table {table.name}"
    uses = uses_of(table.roles, columns, where)
    joins = () if isinstance(table, AccountTable) else _joins_with_columns(table.join, columns, where)
    for row in item.rows:
        locator = sink.origin(row.start, row.end)
        values = dict(zip(columns, row.values, strict=False))
        reader.notes.clear()
        try:
            target, built = _built(table, values, uses, reader, locator)
        except Unusable as problem:
            reader.forget_notes()
            yield from sink.refuse(row.start, row.end, str(problem), 1)
            continue
        sink.parsed += 1
        for one in built:
            yield from sink.add(target, one, row.start, row.end)
        if joins:
            yield from _look_up(joins, values, target, built, sink, reader, row.start, row.end)
        if reader.notes:
            yield from sink.tell(reader, row.start, row.end)


def _load_steps(
    steps: tuple[Step, ...], columns: tuple[str, ...], item: DumpRows, sink: _Sink, reader: Reader
) -> Iterator[Loaded]:
    """What rows of a table say of the ways through it; a row without one of both values says nothing."""
    for step in steps:
        where = f"source {sink.source}, table {step.table}"
        _check_columns((step.key, step.gives), columns, where)
        key, gives = columns.index(step.key), columns.index(step.gives)
        for row in item.rows:
            if not (row.values[key] and row.values[gives]):
                continue
            said = {"source": sink.source, "table": step.table, "key_column": step.key, "value_column": step.gives,
                    "key": reader.text(row.values[key] or b""), "value": reader.text(row.values[gives] or b"")}  # fmt: skip
            yield from sink.add(STEPS, said, row.start, row.end)


def _joins_with_columns(
    joins: tuple[ColumnJoin, ...], columns: tuple[str, ...], where: str
) -> tuple[ColumnJoin, ...]:
    _check_columns([join.column for join in joins], columns, where)
    return joins


def _check_columns(named: Iterable[str], columns: tuple[str, ...], where: str) -> None:
    """Raise UsageError when a join names a column that is not there."""
    for name in named:
        if name not in columns:
            raise UsageError(
                f"{where}: a join names the column {name}, which is not there",
                f"Use one of: {', '.join(columns)}.",
                code="MAPPING-012",
            )


def _look_up(
    joins: tuple[ColumnJoin, ...],
    values: Mapping[str, bytes | None],
    target: Table,
    built: Sequence[AccountRow | PaymentRow | EventRow],
    sink: _Sink,
    reader: Reader,
    start: int,
    end: int,
) -> Iterator[Loaded]:
    """What an account has to be looked for by, of a row that names none itself."""
    if not built or built[0].get("account") is not None:
        return
    found = first_way(joins, lambda join: reader.text(values.get(join.column) or b""))
    if found is not None:
        join, value = found
        asked = {"source": sink.source, "rows_of": target.name, "way": join.way, "value": value}
        yield from sink.add(LOOKUPS, asked, start, end)


def _built(
    table: DumpTable,
    values: dict[str, bytes | None],
    uses: dict[str, ColumnUse],
    reader: Reader,
    locator: str,
) -> tuple[Table, Sequence[AccountRow | PaymentRow | EventRow]]:
    """The rows that one row of a dumped table becomes, and of which table."""
    match table:
        case AccountTable():
            return ACCOUNTS, [build_account(values, uses, reader, role=Role.ACCOUNT_USER, locator=locator)]
        case PaymentTable():
            return PAYMENTS, build_payments(values, uses, reader, locator=locator)
        case EventTable():
            return EVENTS, [build_event(values, uses, reader, table=table.name, locator=locator)]


class _Tables:
    """The tables of a source, and which accounts the rows of each name by their ids."""

    def __init__(
        self,
        source: DumpSource | SqliteSource,
        reader: Reader,
        dump: DumpReader | None,
        steps: tuple[Step, ...],
    ) -> None:
        self._source = source
        self._steps = steps
        self._met: set[str] = set()
        self._tables = {table.name: table for table in source.table}
        self._reader = reader
        self._dump = dump
        self._short = source.keys == "source"
        self._databases: dict[str, str] = {}
        self._relied: dict[str, tuple[str, str]] = {}

    def begin(self, item: DumpRows) -> DumpTable | None:
        """The table of the mapping that rows belong to, None where only joins name it; the reader goes on with it."""
        name = self._name(item)
        self._met.add(name)
        table = self._tables.get(name)
        if table is None:
            self._reader.stated(item.charset, item.zones)
            return None
        database = "" if self._dump is None else self._dump.database_of(item.table)
        self._databases[table.name] = database
        self._check(table.name, database)
        key = self._source.name if self._short else f"{self._source.name}:{table.name}"
        account_key, problem = self._accounts(table, database)
        self._reader.at_table(table.name, key, account_key, problem)
        self._reader.stated(item.charset, item.zones)
        return table

    def steps(self, item: DumpRows) -> tuple[Step, ...]:
        """The steps of joins through the table that rows belong to."""
        name = self._name(item)
        return tuple(step for step in self._steps if step.table == name)

    def _name(self, item: DumpRows) -> str:
        return (item.table if self._dump is None else self._dump.meant(item.table)) or item.table

    def absent(self) -> list[str]:
        """Tables that the mapping names and the file does not have."""
        found = self._met if self._dump is None else self._met | self._dump.names_met
        return sorted({*self._tables, *(step.table for step in self._steps)} - found)

    def _accounts(self, table: DumpTable, database: str) -> tuple[str | None, str]:
        """How keys of the accounts begin that rows of a table name, or why nobody can tell."""
        source = self._source
        if source.account_source != source.name:
            return _foreign_key(source, self._reader.directory)
        if isinstance(table, AccountTable):
            return self._key(table.name), ""
        if table.accounts is not None:
            return self._key(table.accounts), ""
        names = [name for name, other in self._tables.items() if isinstance(other, AccountTable)]
        here = [name for name in names if self._database_of(name, database) == database]
        if not names:
            return source.name, ""
        if len(here) != 1:
            return None, f"no single table of accounts of the database {database or 'of this dump'} is mapped"
        self._relied[here[0]] = (table.name, database)
        return self._key(here[0]), ""

    def _key(self, table: str) -> str:
        return self._source.name if self._short else f"{self._source.name}:{table}"

    def _database_of(self, name: str, otherwise: str) -> str:
        """The database of a table: as it was met, or as its name says; otherwise the one in question."""
        if name in self._databases:
            return self._databases[name]
        if self._dump is None:
            return ""
        met = self._dump.full_name_of(name)
        return self._dump.database_of(met) if met is not None else otherwise

    def _check(self, name: str, database: str) -> None:
        """Raise UsageError when rows were given to accounts of a table that stands in another database."""
        relied = self._relied.get(name)
        if relied is not None and relied[1] != database:
            raise UsageError(
                f"source {self._source.name}: rows of {relied[0]} name accounts of {name}, which is of another database",
                f'Say in the table {relied[0]} whose accounts it means: accounts = "TABLE".',
                code="MAPPING-010",
            )


def mapped_tables(source: Source) -> tuple[str, ...]:
    """The tables that a source maps; none where it is not one of tables."""
    return tuple(t.name for t in source.table) if isinstance(source, DumpSource | SqliteSource) else ()


def _rows_of(source: PaymentSource | SubscriberSource, stream: BinaryIO) -> Iterator[TabularItem]:
    if source.format == "csv":
        return read_csv(
            stream,
            delimiter=source.delimiter,
            charset=source.charset or "utf-8",
            header_column=source.header_column if isinstance(source, PaymentSource) else None,
        )
    return read_document(stream, source.format)


def _load_tabular(
    items: Iterator[TabularItem],
    sink: _Sink,
    reader: Reader,
    roles: Any,
    table: Table,
    build: Callable[[NamedRow, dict[str, ColumnUse], str], Sequence[AccountRow | PaymentRow]],
    joins: tuple[ColumnJoin, ...] = (),
) -> Iterator[Loaded]:
    uses: dict[str, ColumnUse] = {}
    for item in items:
        match item:
            case Header():
                # A document that broke before its first record names no columns: what is wrong with it comes next.
                uses = uses_of(roles, item.columns, f"source {sink.source}") if item.columns else {}
                if item.columns:
                    _joins_with_columns(joins, item.columns, f"source {sink.source}")
                sink.skip("header", item.lines)
            case Blank():
                sink.skip("blank", item.lines)
            case Broken():
                yield from sink.refuse(item.start, item.end, item.reason, item.rows)
            case NamedRow():
                reader.notes.clear()
                try:
                    built = build(item, uses, sink.origin(item.start, item.end))
                except Unusable as problem:
                    reader.forget_notes()
                    yield from sink.refuse(item.start, item.end, str(problem), 1)
                    continue
                sink.parsed += 1
                for one in built:
                    yield from sink.add(table, one, item.start, item.end)
                if joins:
                    yield from _look_up(joins, item.values, table, built, sink, reader, item.start, item.end)
                if reader.notes:
                    yield from sink.tell(reader, item.start, item.end)
                if table is ACCOUNTS and (held := validity_of(item.values, uses, reader, built[0])):
                    yield from sink.add(VALIDITY, held, item.start, item.end)


def _load_payments(source: PaymentSource, stream: BinaryIO, sink: _Sink, reader: Reader) -> Iterator[Loaded]:
    return _load_tabular(
        _rows_of(source, stream), sink, reader, source.roles, PAYMENTS,
        lambda row, uses, locator: build_payments(row.values, uses, reader, locator=locator), source.join,
    )  # fmt: skip


def _load_subscribers(
    source: SubscriberSource, stream: BinaryIO, sink: _Sink, reader: Reader
) -> Iterator[Loaded]:
    return _load_tabular(
        _rows_of(source, stream), sink, reader, source.roles, ACCOUNTS,
        lambda row, uses, locator: [
            build_account(row.values, uses, reader, role=Role.SUBSCRIBER, locator=locator)
        ],
    )  # fmt: skip
