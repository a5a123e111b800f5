"""Read one record file that the mapping names: rows, quarantine, and a row that counts both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, BinaryIO

import pyarrow as pa

from fairlead.records.directory import AccountDirectory
from fairlead.records.documents import read_document
from fairlead.records.dump import Broken, DumpItem, DumpReader, DumpRows, Passed
from fairlead.records.logs import read_log
from fairlead.records.mapping import (
    DumpSource,
    LogSource,
    PaymentSource,
    RowKind,
    Source,
    SqliteSource,
    SubscriberSource,
)
from fairlead.records.rows import Reader, Unusable, build_account, build_event, build_payments, uses_of
from fairlead.records.sqlite import read_sqlite
from fairlead.records.streams import as_descriptor, is_damaged, open_text, step_into
from fairlead.records.tabular import Header, NamedRow, TabularItem, read_csv
from fairlead.tables import Table
from fairlead.tables.records import ACCOUNTS, EVENTS, PAYMENTS, QUARANTINE, SOURCES
from fairlead.terms.origin import row_mark
from fairlead.terms.platform import Role

ROWS_PER_BATCH = 20_000
VERSION = "1"

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
) -> Iterator[Loaded]:
    """Yield (table, rows) of one record file, a batch at a time; the last is its one row of SOURCES.

    ``directory`` holds the accounts read so far (load sources in the order of ``Mapping.ordered()`` and add
    each batch of ACCOUNTS and PAYMENTS to it). ``salt`` keys the digests of password hashes and is the
    operation's own. ``seen`` carries ids from one file of a source to the next, so that none comes twice.
    A byte range in a compressed log counts bytes after decompression; the locator says so by a member step.
    """
    plain, compressed = open_text(stream)
    if compressed:
        locator = step_into(locator)
    sink = _Sink(source=source.name, exhibit=exhibit, locator=locator)
    reader = Reader(
        source=source.name,
        account_source=source.account_source,
        clock=source.clock,
        directory=directory,
        salt=salt,
        charset=source.charset,
        seen=set() if seen is None else seen,
    )
    match source:
        case DumpSource():
            dump = DumpReader(plain, wanted=[t.name for t in source.table], dialect=source.dialect)
            yield from _load_tables(source, dump, sink, reader)
        case SqliteSource():
            with as_descriptor(plain) as descriptor:
                items = read_sqlite(descriptor, wanted=[t.name for t in source.table])
                yield from _load_tables(source, items, sink, reader)
        case LogSource():
            yield from read_log(source, plain, sink, reader)
        case PaymentSource():
            reader.decimal = source.decimal
            reader.reference_is = source.reference_is
            reader.reference_pattern = (
                re.compile(source.reference_pattern) if source.reference_pattern else None
            )
            yield from _load_payments(source, plain, sink, reader)
        case SubscriberSource():
            yield from _load_subscribers(source, plain, sink, reader)
    if is_damaged(plain):
        yield from sink.refuse(0, 0, "the compressed file ends before its content does", None)
    yield from sink.flush()
    yield SOURCES, SOURCES.batch([sink.summary(source, reader)])


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
    held: dict[str, tuple[Table, list[dict[str, Any]]]] = field(default_factory=dict)

    def origin(self, start: int, end: int) -> str:
        if self.table is not None:
            return self.locator + row_mark(self.table, start)
        return f"{self.locator}#bytes={start}-{end}"

    def add(self, table: Table, row: dict[str, Any], start: int, end: int) -> Iterator[Loaded]:
        row["exhibit"] = self.exhibit
        row["locator"] = self.origin(start, end)
        _, rows = self.held.setdefault(table.name, (table, []))
        rows.append(row)
        if len(rows) >= ROWS_PER_BATCH:
            yield table, table.batch(rows)
            rows.clear()

    def refuse(self, start: int, end: int, reason: str, rows: int | None) -> Iterator[Loaded]:
        self.quarantined += 1
        length = end - start if self.table is None else None
        broken = {"source": self.source, "reason": reason, "length": length, "rows": rows}
        yield from self.add(QUARANTINE, broken, start, end)

    def flush(self) -> Iterator[Loaded]:
        for table, rows in self.held.values():
            if rows:
                yield table, table.batch(rows)
        self.held.clear()

    def summary(self, source: Source, reader: Reader) -> dict[str, Any]:
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
    source: DumpSource | SqliteSource, items: Iterable[DumpItem], sink: _Sink, reader: Reader
) -> Iterator[Loaded]:
    tables = {table.name: table for table in source.table}
    for item in items:
        match item:
            case Passed():
                sink.skipped += item.rows
            case Broken():
                yield from sink.refuse(item.start, item.end, item.reason, item.rows)
            case DumpRows():
                table = tables[item.table]
                sink.table = item.table if isinstance(source, SqliteSource) else None
                columns = item.columns or table.columns
                if not columns:
                    for row in item.rows:
                        yield from sink.refuse(
                            row.start, row.end, "nothing names the columns of this table", 1
                        )
                    continue
                uses = uses_of(table.roles, columns)
                for row in item.rows:
                    locator = sink.origin(row.start, row.end)
                    values = dict(zip(columns, row.values, strict=False))
                    try:
                        if table.rows is RowKind.ACCOUNTS:
                            built = [
                                build_account(values, uses, reader, role=Role.ACCOUNT_USER, locator=locator)
                            ]
                            target = ACCOUNTS
                        elif table.rows is RowKind.PAYMENTS:
                            built = build_payments(values, uses, reader, locator=locator)
                            target = PAYMENTS
                        else:
                            built = [build_event(values, uses, reader, table=item.table, locator=locator)]
                            target = EVENTS
                    except Unusable as problem:
                        yield from sink.refuse(row.start, row.end, str(problem), 1)
                        continue
                    sink.parsed += 1
                    for one in built:
                        yield from sink.add(target, one, row.start, row.end)


def _rows_of(source: PaymentSource | SubscriberSource, stream: BinaryIO) -> Iterator[TabularItem]:
    if source.format == "csv":
        return read_csv(stream, delimiter=source.delimiter, charset=source.charset)
    return read_document(stream, source.format)


def _load_tabular(
    items: Iterator[TabularItem],
    sink: _Sink,
    roles: Any,
    table: Table,
    build: Callable[[NamedRow, dict[str, Any], str], list[dict[str, Any]]],
) -> Iterator[Loaded]:
    uses: dict[str, Any] = {}
    for item in items:
        match item:
            case Header():
                uses = uses_of(roles, item.columns)
                sink.skipped += item.lines
            case Broken():
                yield from sink.refuse(item.start, item.end, item.reason, item.rows)
            case NamedRow():
                try:
                    built = build(item, uses, sink.origin(item.start, item.end))
                except Unusable as problem:
                    yield from sink.refuse(item.start, item.end, str(problem), 1)
                    continue
                sink.parsed += 1
                for one in built:
                    yield from sink.add(table, one, item.start, item.end)


def _load_payments(source: PaymentSource, stream: BinaryIO, sink: _Sink, reader: Reader) -> Iterator[Loaded]:
    return _load_tabular(
        _rows_of(source, stream), sink, source.roles, PAYMENTS,
        lambda row, uses, locator: build_payments(row.values, uses, reader, locator=locator),
    )  # fmt: skip


def _load_subscribers(
    source: SubscriberSource, stream: BinaryIO, sink: _Sink, reader: Reader
) -> Iterator[Loaded]:
    return _load_tabular(
        _rows_of(source, stream), sink, source.roles, ACCOUNTS,
        lambda row, uses, locator: [
            build_account(row.values, uses, reader, role=Role.SUBSCRIBER, locator=locator)
        ],
    )  # fmt: skip
