"""Read a SQL dump as a stream of rows. Nothing is ever executed.

What is not a row, a comment or a known statement becomes ``Broken`` with its byte range, so that every byte
of a dump is a row, passed over knowingly, or in quarantine.
"""

from __future__ import annotations

import codecs
from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from fairlead.records import dump_grammar as g
from fairlead.records.counting import DumpCounter
from fairlead.records.definitions import definitions_of
from fairlead.records.dialects import Dialect, Recognised, recognised
from fairlead.records.dump_session import DumpSession, TableNames
from fairlead.records.expressions import evaluate, row_end

CHUNK_BYTES = 1 << 20
LONGEST_ROW_BYTES = 256 << 20
_HEAD_BYTES = 1 << 16
_ROWS_PER_BATCH = 5000
_COMMA, _BRACKET = b",("

Values = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class DumpRow:
    """One row: values as bytes (null is None), and its byte range in the dump."""

    values: Values
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpRows:
    """Rows of one table; ``columns`` is empty when neither the dump nor the statement names them.

    ``table`` is ``database.schema.table`` as far as the dump says it. ``charset`` is what the dump stated where the
    rows stand, and ``zones`` the zone that it states of a column's times.
    """

    table: str
    columns: tuple[str, ...]
    rows: list[DumpRow]
    charset: str | None = None
    zones: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Rows of a table that nobody asked for: counted, not read."""

    table: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A byte range that could not be read; ``rows`` is null when nobody knows how many rows were in it."""

    start: int
    end: int
    reason: str
    rows: int | None = None


DumpItem = DumpRows | Passed | Broken


class _Window:
    """The part of the stream that is held: ``data`` begins at byte ``base`` of the dump.

    A dump in UTF-16, which says so by its first two bytes, is held as UTF-8; ``place`` knows where its bytes stand.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.data = b""
        self.base = 0
        self.finished = False
        self._wide: codecs.IncrementalDecoder | None = None
        self._known = (0, 0)  # a position of data, and which byte of the file stands there

    def begin(self) -> None:
        """Read the byte order mark, if there is one."""
        head = self.stream.read(3)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            name = "utf-16-le" if head[:2] == b"\xff\xfe" else "utf-16-be"
            self._wide = codecs.getincrementaldecoder(name)("replace")
            self.data = self._wide.decode(head[2:]).encode()
            self._known = (0, 2)
        elif head == b"\xef\xbb\xbf":
            self.base = len(head)
        else:
            self.data = head

    @property
    def is_wide(self) -> bool:
        """Whether the dump is in UTF-16."""
        return self._wide is not None

    def more(self, position: int) -> int:
        """Let go of what lies before position and read on, in growing steps; returns the new position."""
        kept = self.data[position:]
        read = self.stream.read(max(CHUNK_BYTES, len(kept)))
        if not read:
            self.finished = True
        if self._wide is not None:
            self._known = (0, self.place(position))
            read = self._wide.decode(read, final=not read).encode()
        self.data = kept + read
        self.base += position
        return 0

    def ahead(self, position: int, count: int) -> int:
        """Make sure that count bytes follow position, unless the dump ends before."""
        while len(self.data) - position < count and not self.finished:
            position = self.more(position)
        return position

    def row(self, values: Values, start: int, end: int) -> DumpRow:
        """A row with its place in the file."""
        if self._wide is None:
            return DumpRow(values, self.base + start, self.base + end)
        return DumpRow(values, self.place(start), self.place(end))

    def place(self, position: int) -> int:
        """Which byte of the file stands at a position of ``data``."""
        if self._wide is None:
            return self.base + position
        at, byte = self._known
        if position < at:
            at, byte = 0, byte - len(self.data[:at].decode("utf-8", "replace").encode("utf-16-le"))
        byte += len(self.data[at:position].decode("utf-8", "replace").encode("utf-16-le"))
        self._known = (position, byte)
        return byte


def _with_numbers(row: DumpRow, of_bits: frozenset[int]) -> DumpRow:
    """A row whose columns of bits are numbers, however they were written."""
    values = tuple(
        str(int.from_bytes(value, "big")).encode()
        if n in of_bits and value is not None and not isinstance(value, g.Bits)
        else value
        for n, value in enumerate(row.values)
    )
    return DumpRow(values, row.start, row.end)


class DumpReader:
    """Reads one dump. ``wanted`` are the tables to read; rows of others are only counted."""

    def __init__(
        self,
        stream: BinaryIO,
        *,
        wanted: Collection[str] | None,
        dialect: Dialect = Dialect.AUTO,
        counter: DumpCounter | None = None,
    ) -> None:
        self._window = _Window(stream)
        self._names = TableNames(wanted)
        self._dialect = dialect
        self._counter = counter
        self._session = DumpSession(dialect)
        self.recognised: Recognised | None = None
        """Whose dump it is, and why; known as soon as the first row or statement was read."""

    def meant(self, table: str) -> str | None:
        """The name under which the mapping asked for a table."""
        return self._names.meant(table)

    @property
    def names_met(self) -> set[str]:
        """Names of the mapping whose tables were met."""
        return self._names.met

    def full_name_of(self, name: str) -> str | None:
        """The whole name of a table of the mapping, if it was met."""
        return self._names.full_name_of(name)

    def database_of(self, table: str) -> str:
        """The database that a table stands in; empty when the dump does not say."""
        return self._session.database_of(table)

    def __iter__(self) -> Iterator[DumpItem]:
        window = self._window
        window.begin()
        position = window.ahead(0, _HEAD_BYTES)
        self.recognised = recognised(self._dialect, window.data[:_HEAD_BYTES])
        self._grammar = g.grammar_of(self.recognised.dialect)
        self._session = DumpSession(self.recognised.dialect)
        if self._counter is not None:
            self._counter.begin(self.recognised.dialect)
        if window.is_wide:
            self._session.charset = "utf-8"
        terminator = b";"
        while True:
            position = window.ahead(position, _HEAD_BYTES)
            data = window.data
            while position < len(data) and data[position] in b" \t\r\n;\x00":
                position += 1
            if position >= len(data):
                if window.finished:
                    return
                continue
            if len(data) - position < _HEAD_BYTES and not window.finished:
                continue
            if found := g.DELIMITER.match(data, position):
                terminator = found.group(1)
                position = found.end()
            elif terminator != b";":
                position = yield from self._until(
                    position, terminator, "a trigger or routine that holds rows"
                )
            else:
                position = yield from self._next(position)

    def _next(self, position: int) -> Generator[DumpItem, None, int]:
        """Read the comment, command or statement at position; returns where the next one begins."""
        data = self._window.data
        if data.startswith((b"--", b"#", b"/*"), position):
            return (yield from self._comment(position))
        if (passed := self._command(position)) is not None:
            return passed
        if found := g.INSERT.match(data, position):
            return (yield from self._insert(found.group(1), found.group(2), found.end()))
        if found := g.COPY.match(data, position):
            return (yield from self._copy(found.group(1), found.group(2), found.end()))
        sqlite = self._grammar.dialect is Dialect.SQLITE
        if sqlite and g.TRIGGER.match(data, position):
            return (yield from self._trigger(position))
        return (yield from self._statement(position))

    def _command(self, position: int) -> int | None:
        """Where a line that a client program acts on ends; None when there is none."""
        data, dialect = self._window.data, self._grammar.dialect
        found = g.BACKSLASH_COMMAND.match(data, position)
        if found is not None:
            self._session.connect(found.group(0))
        elif dialect is Dialect.SQLSERVER:
            found = g.GO.match(data, position)
        elif dialect is Dialect.ORACLE:
            found = g.LINE_REMARK.match(data, position)
        return None if found is None else found.end()

    def _comment(self, position: int) -> Generator[DumpItem, None, int]:
        line = not self._window.data.startswith(b"/*", position)
        if self._window.data.startswith((b"/*!", b"/*M!"), position):
            end = self._window.data.find(b"*/", position)
            self._learn_settings(self._window.data[position : end if end >= 0 else position])
        return (yield from self._until(position, b"\n" if line else b"*/", "a comment that holds rows"))

    def _learn_settings(self, text: bytes) -> None:
        self._session.learn(text)
        if self._window.is_wide:
            self._session.charset = "utf-8"
        self._grammar = g.grammar_of(self._grammar.dialect, self._session.charset)
        if self._grammar.trailing and self._counter is not None:
            self._counter.give_up()

    def _trigger(self, position: int) -> Generator[DumpItem, None, int]:
        """A trigger of SQLite has statements of its own, up to END."""
        window = self._window
        while (found := g.TRIGGER_END.search(window.data, position)) is None:
            if window.finished or len(window.data) - position > LONGEST_ROW_BYTES:
                return (yield from self._resynchronise(position, "a trigger without an end"))
            position = window.more(position)
        if g.ROWS_INSIDE.search(window.data, position, found.end()):
            yield self._broken(position, found.end(), "a trigger or routine that holds rows")
        return found.end()

    def _broken(self, start: int, end: int, reason: str, rows: int | None = None) -> Broken:
        place = self._window.place
        return Broken(start=place(start), end=place(end), reason=reason, rows=rows)

    def _until(self, position: int, mark: bytes, reason: str) -> Generator[DumpItem, None, int]:
        """Pass over everything up to a mark; what looks like rows in it goes to quarantine."""
        window = self._window
        searched = position
        while True:
            at = window.data.find(mark, searched)
            if at >= 0:
                end = at + len(mark)
                break
            if window.finished or len(window.data) - position > LONGEST_ROW_BYTES:
                end = len(window.data)
                if mark == b"*/":
                    yield self._broken(position, end, "a comment that does not end")
                    return end
                break
            back = max(len(window.data) - position - len(mark), 0)
            position = window.more(position)
            searched = position + back
        if g.ROWS_INSIDE.search(window.data, position, end):
            yield self._broken(position, end, reason)
        return end

    def _statement(self, position: int) -> Generator[DumpItem, None, int]:
        window = self._window
        while True:
            found = self._grammar.statement.match(window.data, position)
            if found is not None:
                break
            if window.finished or len(window.data) - position > LONGEST_ROW_BYTES:
                return (yield from self._resynchronise(position, "a statement without an end"))
            position = window.more(position)
        text = found.group(0)
        reason = self._learn(text)
        if reason is not None:
            line = g.STATEMENT_LINE.search(window.data, position, found.end())
            end = line.end() if line is not None else found.end()
            yield self._broken(position, end, reason)
            return end
        return found.end()

    def _learn(self, text: bytes) -> str | None:
        """Take the columns of a CREATE TABLE; returns why a statement cannot be passed over, or None."""
        if not g.KNOWN_STATEMENT.match(text) or (b"'" in text and g.WITHOUT_TEXT.match(text)):
            return "not a statement of a dump"
        self._learn_settings(text)
        head = g.CREATE.match(text)
        rest = b"" if g.DEFINES.match(text) and not g.TABLE.match(text) else text
        if head is not None:
            body = text[head.end() :]
            columns, end = definitions_of(body, escapes=self._grammar.escapes)
            table = self._session.full_name(head.group(1))
            self._session.define(table, columns)
            self._names.meant(table)
            if not columns:
                return "a table definition that cannot be read"
            rest = body[end:]
            quote = rest.find(b"'")
            stray = quote > 0 and rest[quote - 1] not in b"=( \t\r\n"
            if stray or g.ROW_IN_DEFINITION.search(body, 0, end):
                return "a statement that holds rows in a form that is not read"
        if g.ROWS_INSIDE.search(text) or g.LITERALS_INSIDE.search(rest):
            return "a statement that holds rows in a form that is not read"
        return None

    def _resynchronise(self, position: int, reason: str) -> Generator[DumpItem, None, int]:
        """Quarantine from here to the next line that begins a statement, or to the end."""
        window = self._window
        start = window.place(position)
        searched = position + 1
        while True:
            found = g.STATEMENT_LINE.search(window.data, searched)
            if found is not None:
                yield Broken(start=start, end=window.place(found.end()), reason=reason)
                return found.end()
            if window.finished:
                yield Broken(start=start, end=window.place(len(window.data)), reason=reason)
                return len(window.data)
            searched = window.more(max(len(window.data) - 32, 0))

    def _insert(
        self, raw_table: bytes, raw_columns: bytes | None, position: int
    ) -> Generator[DumpItem, None, int]:
        table = self._session.full_name(raw_table)
        wanted = self._names.is_wanted(table)
        if raw_columns:
            columns = g.names_of(raw_columns)
        else:
            position, columns = self._columns_by_place(table, position)
        window = self._window
        rows: list[DumpRow] = []
        passed = 0
        while True:
            row = self._row(position, len(columns), wanted=wanted)
            if row is None:
                if not window.finished and len(window.data) - position < LONGEST_ROW_BYTES:
                    position = window.more(position)
                    continue
                yield from self._given(table, columns, rows, passed)
                return (yield from self._resynchronise(position, "a row that does not end"))
            values, end = row
            if values is None:
                reason = "a row with another number of values than columns"
                yield self._broken(position, end, reason, rows=1)
            elif wanted:
                rows.append(window.row(values, position, end))
            else:
                passed += 1
            if len(rows) >= _ROWS_PER_BATCH:
                yield from self._given(table, columns, rows, 0)
                rows = []
            position, more = self._after_row(end)
            if not more:
                break
        yield from self._given(table, columns, rows, passed)
        return (yield from self._insert_tail(position))

    def _given(
        self, table: str, columns: tuple[str, ...], rows: list[DumpRow], passed: int
    ) -> Iterator[DumpItem]:
        if rows:
            if of_bits := self._session.bits_of(table, columns):
                rows = [_with_numbers(row, of_bits) for row in rows]
            yield DumpRows(
                table=table, columns=columns, rows=rows,
                charset=self._session.charset, zones=self._session.zones_of(table),
            )  # fmt: skip
        if passed:
            yield Passed(table=table, rows=passed)

    def _columns_by_place(self, table: str, position: int) -> tuple[int, tuple[str, ...]]:
        """The columns that the values of a statement without a list have; computed ones may be left out of it."""
        known = self._session.definitions.get(table, ())
        stored = tuple(column.name for column in known if not column.computed)
        if len(stored) < len(known):
            while (
                row := self._row(position, len(stored), wanted=True)
            ) is None and not self._window.finished:
                position = self._window.more(position)
            if row is not None and row[0] is not None:
                return position, stored
        return position, tuple(column.name for column in known)

    def _after_row(self, end: int) -> tuple[int, bool]:
        """Where the next row of the statement begins, and whether there is one."""
        window = self._window
        position = end
        comma = False
        while True:
            data = window.data
            while position < len(data) and data[position] in b" \t\r\n":
                position += 1
            if position >= len(data):
                if window.finished:
                    return position, False
                position = window.more(position)
                continue
            if not comma and data[position] == _COMMA:
                comma = True
                position += 1
                continue
            return position, comma and data[position] == _BRACKET

    def _insert_tail(self, position: int) -> Generator[DumpItem, None, int]:
        """The end of an INSERT: a semicolon, or an ON clause; anything else is not what a dump writes.

        SQL Server's end with their line.
        """
        window = self._window
        position = window.ahead(position, 64)
        if window.data[position : position + 1] == b";":
            return position + 1
        if self._grammar.dialect is Dialect.SQLSERVER:
            return position
        if window.data[position : position + 3].upper() == b"ON ":
            return (yield from self._until(position, b";", "a clause after the rows that holds rows"))
        if position >= len(window.data):
            return position
        return (yield from self._resynchronise(position, "an INSERT that does not end where it should"))

    def _row(self, position: int, expected: int, *, wanted: bool) -> tuple[Values | None, int] | None:
        """Values (None when there are too many or too few) and end of the row; None when it is not complete."""
        data = self._window.data
        grammar = self._grammar
        if not wanted:
            found = grammar.row.match(data, position)
            end = found.end() if found is not None else row_end(data, position, escapes=grammar.escapes)
            return None if end is None else ((), end)
        values: list[bytes | None] = []
        match = grammar.value.match
        quick = g.QUICK.match
        escapes, trailing = grammar.escapes, grammar.trailing
        at = position + 1
        if data[position : position + 1] != b"(":
            return None
        while True:
            plain = quick(data, at)
            if plain is not None:
                quoted, bare, mark = plain.groups()
                values.append(quoted if quoted is not None else None if bare == b"NULL" else bare)
                at = plain.end()
                if mark == b")":
                    break
                continue
            found = match(data, at)
            if found is not None:
                values.append(g.value_of(found, escapes=escapes, trailing=trailing))
                at = found.end()
                if found.group(8) == b")":
                    break
                continue
            read = evaluate(data, at, escapes=escapes)
            if read is None:
                return None
            value, at = read
            values.append(value)
            at += 1
            if data[at - 1 : at] == b")":
                break
        if expected and len(values) != expected:
            return None, at
        return tuple(values), at

    def _copy(
        self, raw_table: bytes, raw_columns: bytes | None, position: int
    ) -> Generator[DumpItem, None, int]:
        table = self._session.full_name(raw_table)
        wanted = self._names.is_wanted(table)
        if raw_columns:
            columns = g.names_of(raw_columns)
        else:
            known = self._session.definitions.get(table, ())
            columns = tuple(column.name for column in known if not column.computed)
        window = self._window
        rows: list[DumpRow] = []
        passed = 0
        ended = False
        while not ended:
            end = window.data.find(b"\n", position)
            if end < 0 and not window.finished:
                position = window.more(position)
                continue
            if end < 0:
                if position < len(window.data):
                    yield self._broken(position, len(window.data), "a row that does not end", rows=1)
                position = len(window.data)
                break
            line = window.data[position:end]
            if line.rstrip(b"\r") == b"\\.":
                ended = True
            elif not wanted:
                passed += 1
            else:
                values = tuple(g.copy_value(field) for field in line.split(b"\t"))
                if columns and len(values) != len(columns):
                    reason = "a row with another number of values than columns"
                    yield self._broken(position, end + 1, reason, rows=1)
                else:
                    rows.append(window.row(values, position, end))
            position = end + 1
            if len(rows) >= _ROWS_PER_BATCH:
                yield from self._given(table, columns, rows, 0)
                rows = []
        yield from self._given(table, columns, rows, passed)
        return position
