"""From lines of an access log to rows of the table accesses, column by column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairlead.records.addresses import Address, parse_address
from fairlead.records.fast_combined import ScannedBlock, byte_ranges, mapped, scan_block
from fairlead.records.joins import LogJoin, first_way
from fairlead.records.log_formats import LOG_FORMS, reader_for
from fairlead.records.mapping import LogSource
from fairlead.records.rows import Reader
from fairlead.records.values import Clock, ReadTime
from fairlead.records.weblog import (
    Heading,
    Line,
    LineReader,
    Parsed,
    blocks_of,
    line_at,
    lines_of,
    names_another_client,
)
from fairlead.tables.records import ACCESSES, LOOKUPS
from fairlead.terms.errors import UsageError

_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
_HOST_NAME = re.compile(rb"(?=[^:]*[A-Za-z])[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+(?::\d+)?")
_LEAP_SECOND = 60
_YEAR_10000 = 253_402_300_800  # seconds from 1970
_COMBINED_TIME = 26  # characters
_LONGEST_PATH = 2048
_NO_WORD_OF_PROXIES = frozenset({"combined", "common", "vhost_combined"})
ANOTHER_CLIENT = "another client"
"""Under which lines are counted that have an address behind their format."""
_LONGEST_AGENT = 512


def log_reader(source: LogSource) -> LineReader:
    """The line reader of a source; a format without address, time or request is a UsageError."""
    read = reader_for(source.format)
    if read is None:
        raise UsageError(
            f"source {source.name}: this log format lacks address, time or request, or is not known",
            f"Use {', '.join(LOG_FORMS.names())}, or the server's own log format string.",
            code="MAPPING-005",
        )
    return read


def read_log_time(text: str, clock: Clock) -> ReadTime | None:
    """``22/Nov/2026:12:17:17 +0000``, ISO 8601, or seconds, milliseconds or nanoseconds since 1970."""
    if len(text) == _COMBINED_TIME and text[2] == "/":
        return _combined_time(text, clock)
    if text.replace(".", "", 1).isdigit():
        whole = text.partition(".")[0]
        if len(whole) > 16:
            return clock.read(str(int(whole) // 1_000_000), "unix_ms")
        return clock.read(text, "unix_ms" if len(whole) > 11 else "unix")
    return clock.read(text, "iso")


def _combined_time(text: str, clock: Clock) -> ReadTime | None:
    try:
        minutes = int(text[22:24]) * 60 + int(text[24:26])
        minutes = -minutes if text[21] == "-" else minutes
        naive = datetime(
            int(text[7:11]), _MONTHS[text[3:6]], int(text[:2]),
            int(text[12:14]), int(text[15:17]), min(int(text[18:20]), 59), tzinfo=UTC,
        )  # fmt: skip
        if (second := int(text[18:20])) > _LEAP_SECOND:
            return None
        naive += timedelta(seconds=second == _LEAP_SECOND)
    except (ValueError, KeyError):
        return None
    try:
        at = naive - timedelta(minutes=minutes, seconds=clock.offset_seconds)
    except OverflowError:
        return None
    return ReadTime(at=at, basis="stated", offset_minutes=minutes)


class LogBatch:
    """Columns of accesses as they fill up."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {column.name: [] for column in ACCESSES.columns}
        self.rows = 0

    def batch(self) -> pa.RecordBatch:
        """The rows so far."""
        arrays = [pa.array(self.columns[c.name], c.type) for c in ACCESSES.columns]
        return pa.RecordBatch.from_arrays(arrays, schema=ACCESSES.schema)


def read_log(  # noqa: C901, PLR0915 - the caches of one log are closures over it
    source: LogSource, stream: BinaryIO, sink: Any, reader: Reader
) -> Iterator[tuple[Any, pa.RecordBatch]]:
    """Rows and quarantine of one log; blank lines are skipped and counted."""
    read = log_reader(source)

    @lru_cache(maxsize=65536)
    def time_of(raw: bytes) -> ReadTime | None:
        return read_log_time(raw.decode("ascii", errors="replace"), source.clock)

    @lru_cache(maxsize=262144)
    def address_of(raw: bytes) -> Address | None:
        return parse_address(raw.decode("ascii", errors="replace"), source.hop)

    @lru_cache(maxsize=65536)
    def user_of(raw: bytes) -> tuple[str, str | None]:
        name = reader.text(raw)
        return name, _account_of(source, reader, name)

    def row_by_row(lines: list[Line]) -> Iterator[tuple[Any, pa.RecordBatch]]:
        held = LogBatch()
        c, asked = held.columns, _Asked(source, reader)
        for line in lines:
            text = line.text
            parsed = read(text.removesuffix(b"\r")) if line.whole else None
            if isinstance(parsed, Heading):
                sink.skip("header", 1)
                continue
            at = time_of(parsed[2]) if parsed is not None else None
            ip = address_of(parsed[0]) if parsed is not None else None
            if parsed is None or at is None or ip is None:
                if text.strip():
                    yield from sink.refuse(line.start, line.end, _why(line.whole, parsed, at), 1)
                else:
                    sink.skip("blank", 1)
                continue
            _count_behind(source, reader, text)
            name, account = user_of(parsed.user) if parsed.user and parsed.user != b"-" else (None, None)
            locator = f"{sink.locator}#bytes={line.start}-{line.end}"
            if source.join and account is None:
                asked.add(locator, parsed)
            c["locator"].append(locator)
            c["account"].append(account)
            c["user_name"].append(name)
            c["at"].append(at.at)
            c["time_basis"].append(at.basis)
            c["zone_offset_minutes"].append(at.offset_minutes)
            c["ip"].append(ip.ip)
            _add_request(c, parsed, reader, ip.port)
        if count := len(c["locator"]):
            c["exhibit"] = [sink.exhibit] * count
            c["source"] = [source.name] * count
            sink.parsed += count
            yield ACCESSES, held.batch()
        yield from _lookups(source, sink, asked.rows)

    if source.format in ("combined", "common"):
        for block, base, long in blocks_of(stream):
            scanned = scan_block(block)
            batch, unplaced = _columns(source, sink, scanned, base, reader)
            if batch.num_rows:
                sink.parsed += batch.num_rows
                yield ACCESSES, batch
                yield from _lookups(source, sink, _asked(source, batch))
            lines = [line_at(block, base, *place) for place in sorted([*scanned.others, *unplaced])]
            yield from row_by_row([*lines, long] if long is not None else lines)
        return
    for lines in lines_of(stream):
        yield from row_by_row(lines)


def _count_behind(source: LogSource, reader: Reader, line: bytes) -> None:
    if source.format in _NO_WORD_OF_PROXIES and names_another_client(line):
        reader.tally(ANOTHER_CLIENT).seen += 1


class _Asked:
    """What accounts have to be looked for by, of single lines that name none themselves."""

    def __init__(self, source: LogSource, reader: Reader) -> None:
        self._joins = source.join
        self._reader = reader
        self.rows: list[dict[str, str]] = []

    def add(self, locator: str, parsed: Parsed) -> None:
        """Take in a line, if one of the joins finds a value in it."""
        path = parsed.request.partition(b" ")[2]
        fields = {
            "path": path.rpartition(b" ")[0] or path,
            "user_name": parsed.user,
            "agent": parsed.agent,
            "cookie": parsed.cookie,
        }

        def text_of(join: LogJoin) -> str | None:
            raw = fields[join.field]
            return self._reader.text(raw) if raw and raw != b"-" else None

        found = first_way(self._joins, text_of)
        if found is not None:
            self.rows.append({"locator": locator, "way": found[0].way, "value": found[1]})


def _asked(source: LogSource, batch: pa.RecordBatch) -> list[dict[str, str]]:
    """What accounts have to be looked for by, of the rows of a batch that name none themselves."""
    if not source.join:
        return []
    rows = batch.filter(pc.is_null(batch["account"]))
    found: list[tuple[str, str] | None] = [None] * rows.num_rows
    for join in source.join:
        if join.field == "cookie":
            continue  # the combined format has none
        values = mapped(rows[join.field], join.found_in).to_pylist()
        found = [
            one if one is not None or value is None else (join.way, value)
            for one, value in zip(found, values, strict=True)
        ]
    return [
        {"locator": locator, "way": one[0], "value": one[1]}
        for one, locator in zip(found, rows["locator"].to_pylist(), strict=True)
        if one is not None
    ]


def _lookups(
    source: LogSource, sink: Any, asked: list[dict[str, str]]
) -> Iterator[tuple[Any, pa.RecordBatch]]:
    if asked:
        common = {"exhibit": sink.exhibit, "source": source.name, "rows_of": ACCESSES.name}
        yield LOOKUPS, LOOKUPS.batch([common | one for one in asked])


def _columns(
    source: LogSource, sink: Any, scanned: ScannedBlock, base: int, reader: Reader
) -> tuple[pa.RecordBatch, list[tuple[int, int]]]:
    """A batch of accesses from scanned columns, and byte ranges of lines whose address is none after all."""
    ip = mapped(scanned.ip, _address)
    seconds = scanned.seconds - source.clock.offset_seconds
    # A time after the year 9999 is none that anything here can show: the reader of single lines says so.
    placed = np.asarray(pc.is_valid(ip)) & (seconds < _YEAR_10000)
    seconds = np.where(placed, seconds, 0)
    chosen = pa.array(placed)
    locator = byte_ranges(f"{sink.locator}#bytes=", scanned.start + base, scanned.end + base)
    count = len(placed)
    columns = {
        "exhibit": pa.repeat(sink.exhibit, count),
        "locator": locator,
        "source": pa.repeat(source.name, count),
        "account": mapped(scanned.user, lambda name: _account_of(source, reader, name)),
        "user_name": scanned.user,
        "at": pa.array(seconds * 1_000_000).cast(ACCESSES.schema.field("at").type),
        "time_basis": pa.repeat("stated", count),
        "zone_offset_minutes": pa.array(scanned.zone_minutes).cast(pa.int32()),
        "ip": ip,
        "method": scanned.method,
        "path": scanned.path,
        "status": pa.array(scanned.status).cast(pa.int32()),
        "size_bytes": scanned.size_bytes,
        "agent": scanned.agent,
    }
    arrays = [
        columns[f.name].cast(f.type) if f.name in columns else pa.nulls(count, f.type)
        for f in ACCESSES.schema
    ]
    batch = pa.RecordBatch.from_arrays(arrays, schema=ACCESSES.schema)
    if placed.all():
        return batch, []
    lost = np.flatnonzero(~placed)
    ranges = list(zip(scanned.start[lost].tolist(), scanned.end[lost].tolist(), strict=True))
    return batch.filter(chosen), ranges


@lru_cache(maxsize=262144)
def _address(text: str) -> str | None:
    """An address that stands alone; one with a port or in a list is for the reader of single lines."""
    parsed = parse_address(text)
    return parsed.ip if parsed is not None and parsed.port is None else None


def _account_of(source: LogSource, reader: Reader, name: str) -> str | None:
    match source.user_is:
        case "user_name":
            return reader.directory.by_user_name(source.account_source, name)
        case "id":
            return reader.directory.by_id(source.account_source, name)
        case "email":
            return reader.directory.by_email(source.account_source, name)


def _add_request(c: dict[str, list[Any]], parsed: Parsed, reader: Reader, beside: int | None) -> None:
    _, _, _, request, status, size, agent, port, _ = parsed
    method, _, rest = request.partition(b" ")
    path = rest.rpartition(b" ")[0] or rest
    c["port"].append(_number(port, 5) or beside)
    c["method"].append(reader.text(method[:32]) or None)
    c["path"].append(reader.text(path[:_LONGEST_PATH]))
    c["status"].append(_number(status, 5))
    c["size_bytes"].append(_number(size, 15))
    c["agent"].append(reader.text(agent[:_LONGEST_AGENT]) if agent and agent != b"-" else None)


def _number(raw: bytes | None, digits: int) -> int | None:
    return int(raw) if raw and raw.isdigit() and len(raw) <= digits else None


def _why(whole: bool, parsed: Parsed | None, at: ReadTime | None) -> str:
    if not whole:
        return "a line above 1 MiB"
    if parsed is None:
        return "not in the log's format"
    if at is None:
        return "a time that cannot be read"
    if _HOST_NAME.fullmatch(parsed[0]):
        return "a host name where the client's address should be"
    return "no client address"
