"""What a record file is and what its first rows look like; runs in the sandbox, apart from databases (`sqlite.py`)."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from fairlead.records.dump import DumpItem, DumpReader, DumpRows, Passed
from fairlead.records.log_formats import LOG_FORMS, reader_for
from fairlead.records.payment_forms import PAYMENT_FORMS
from fairlead.records.streams import open_text
from fairlead.records.tabular import Header, NamedRow
from fairlead.records.weblog import Parsed, names_another_client
from fairlead.terms.errors import FairleadError

ROWS_A_TABLE = 300
CELL_BYTES = 200
_HEAD_BYTES = 1 << 20
_DUMP_BYTES = 512 << 20
_LINES = 200
_FITTING = 0.8
_FEWEST_COLUMNS = 3
_STATEMENT = re.compile(
    rb"^\s*(?:CREATE TABLE|INSERT INTO|COPY \S+ .*FROM stdin)", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyedTable:
    """A table: its columns, its first rows with cells cut short, and how many rows were seen."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[bytes | None, ...]]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """A record file: the kind of source and format it would be read as, by which signs, and its tables.

    ``kind`` is empty where nothing here reads it.
    """

    kind: str
    form: str = ""
    said: str = ""
    delimiter: str = ","
    charset: str = "utf-8"
    header_column: str = ""
    tables: list[SurveyedTable] = field(default_factory=list)


def survey(stream: BinaryIO) -> Surveyed:
    """What a file is, by its content: a dump, a log, or a list of rows; of a large dump, the first 512 MiB are read."""
    plain, _ = open_text(stream)
    head = _at_least(plain, _HEAD_BYTES)
    if _STATEMENT.search(head):
        return _dump(head, plain)
    if (found := _log(head)) is not None:
        return found
    if (form := _document_form(head)) is not None:
        whole = io.BytesIO(head + plain.read(_DUMP_BYTES))
        return Surveyed(kind="payments", form=form, said=f"it is {form}", tables=_rows_of(form, whole))
    return _csv(head) or Surveyed(kind="")


def _at_least(stream: BinaryIO, size: int) -> bytes:
    held = bytearray()
    while len(held) < size and (piece := stream.read(size - len(held))):
        held += piece
    return bytes(held)


class _Rest(io.RawIOBase):
    """A head that was read, and as much of the rest as a survey reads."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest, self._left = head, rest, _DUMP_BYTES

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            out, self._head = self._head, b""
            return out
        out = self._rest.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(out)
        return out


def _dump(head: bytes, rest: BinaryIO) -> Surveyed:
    reader = DumpReader(_Rest(head, rest), wanted=None)  # type: ignore[arg-type]  # it has what a reader asks for
    try:
        tables = held(reader)
    except FairleadError as problem:
        return Surveyed(kind="sql_dump", said=str(problem))
    recognised = reader.recognised
    said = f"{recognised.dialect.value}: {recognised.reason}" if recognised is not None else ""
    return Surveyed(kind="sql_dump", said=said, tables=tables)


def held(items: Iterable[DumpItem]) -> list[SurveyedTable]:
    """The first rows of each table, with cells cut short."""
    rows: dict[str, tuple[tuple[str, ...], list[tuple[bytes | None, ...]]]] = {}
    total: Counter[str] = Counter()
    for item in items:
        if isinstance(item, Passed):
            total[item.table] += item.rows
        if isinstance(item, DumpRows) and item.columns:
            _, kept = rows.setdefault(item.table, (item.columns, []))
            total[item.table] += len(item.rows)
            for row in item.rows[: ROWS_A_TABLE - len(kept)]:
                kept.append(tuple(None if v is None else bytes(v[:CELL_BYTES]) for v in row.values))
    return [
        SurveyedTable(name=name, columns=columns, rows=kept, total=total[name])
        for name, (columns, kept) in rows.items()
    ]


_PEER, _FORWARDED = "nginx_main", "nginx_forwarded"


def _peers(lines: list[bytes]) -> int:
    """How many different addresses are connected in lines of nginx's own format: few of them are proxies, for others."""
    read = LOG_FORMS.get(_PEER).read
    return len({one.ip for one in map(read, lines) if isinstance(one, Parsed)})


def _log(head: bytes) -> Surveyed | None:
    """The first named format that most lines fit; its fields as one table."""
    lines = [line.rstrip(b"\r") for line in head.split(b"\n")[:_LINES] if line.strip()]
    names = [name for name in LOG_FORMS.names() if name != _PEER] if lines else []
    if lines and sum(map(names_another_client, lines)) * 2 > len(lines):
        names = [_FORWARDED, *(name for name in names if name != _FORWARDED)]
    if _peers(lines) > max(1, len(lines) // 10):
        names = [_PEER if name == _FORWARDED else name for name in names]
    for name in names:
        read = reader_for(name)
        if read is None:
            continue
        parsed = [one for one in map(read, lines) if one is None or isinstance(one, Parsed)]
        fitting = [one for one in parsed if one is not None]
        if fitting and len(fitting) >= _FITTING * len(parsed):
            rows = [(one.ip, one.user, one.request.partition(b" ")[2], one.cookie) for one in fitting]
            table = SurveyedTable(
                name="", columns=("ip", "user", "path", "cookie"), rows=rows, total=len(rows)
            )
            said = f"{len(fitting)} of {len(parsed)} lines fit {name}"
            return Surveyed(kind="access_log", form=name, said=said, tables=[table])
    return None


def _document_form(head: bytes) -> str | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:2000]
    if start.startswith(b"PK\x03\x04") and b"xl/" in head:
        return "xlsx"
    if start[:1] in (b"{", b"["):
        return "json"
    if b"<Ntry>" in head or b"camt.05" in start:
        return "camt.053"
    if b"<OFX>" in head:
        return "ofx"
    if start.startswith(b"!Type:"):
        return "qif"
    return "mt940" if re.search(rb"^:60[FM]:", head, re.MULTILINE) else None


def _rows_of(form: str, whole: BinaryIO) -> list[SurveyedTable]:
    columns: tuple[str, ...] = ()
    rows: list[tuple[bytes | None, ...]] = []
    for item in islice(PAYMENT_FORMS.get(form).read(whole), ROWS_A_TABLE):
        if isinstance(item, Header):
            columns = item.columns
        elif isinstance(item, NamedRow):
            rows.append(tuple(_short(item.values.get(name)) for name in columns))
    return [SurveyedTable(name="", columns=columns, rows=rows, total=len(rows))] if columns and rows else []


def _short(value: bytes | None) -> bytes | None:
    return None if value is None else value[:CELL_BYTES]


def _csv(head: bytes) -> Surveyed | None:
    """Lines of equally many fields; the first such line without a number is the header."""
    try:
        text, charset = head.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text, charset = head.decode("cp1252", errors="replace"), "cp1252"
    lines = text.splitlines()[:ROWS_A_TABLE]
    for delimiter in (",", ";", "\t", "|"):
        records = [record for record in _records(lines, delimiter) if any(record)]
        width, times = Counter(map(len, records)).most_common(1)[0] if records else (0, 0)
        if width < _FEWEST_COLUMNS or times < 2 or times < _FITTING * (len(records) - 10):
            continue
        at = next((n for n, one in enumerate(records) if len(one) == width and _is_header(one)), None)
        if at is None:
            continue
        columns = tuple(name.strip() for name in records[at])
        rows = [
            tuple(cell.encode()[:CELL_BYTES] or None for cell in one)
            for one in records[at + 1 :]
            if len(one) == width
        ]
        table = SurveyedTable(name="", columns=columns, rows=rows, total=len(rows))
        return Surveyed(
            kind="payments", form="csv", said=f"{width} columns", delimiter=delimiter, charset=charset,
            header_column=columns[0] if at else "", tables=[table] if rows else [],
        )  # fmt: skip
    return None


def _records(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error:
        return


def _is_header(record: list[str]) -> bool:
    return all(name.strip() and not re.fullmatch(r"[\d.,:/\- ]+", name) for name in record)
