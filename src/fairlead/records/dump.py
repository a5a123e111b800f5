"""Read a SQL dump as a stream of rows. Nothing is ever executed.

What is not a row, a comment or a known statement becomes ``Broken`` with its byte range, so that every byte
of a dump is a row, passed over knowingly, or in quarantine.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fairlead.records import dump_grammar as g
from fairlead.records.mapping import Dialect

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
    """Rows of one table; ``columns`` is empty when neither the dump nor the statement names them."""

    table: str
    columns: tuple[str, ...]
    rows: list[DumpRow]


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
    """The part of the stream that is held: ``data`` begins at byte ``base`` of the dump."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.data = b""
        self.base = 0
        self.finished = False

    def more(self, position: int) -> int:
        """Let go of what lies before position and read on, in growing steps; returns the new position."""
        kept = self.data[position:]
        read = self.stream.read(max(CHUNK_BYTES, len(kept)))
        if not read:
            self.finished = True
        self.data = kept + read
        self.base += position
        return 0

    def ahead(self, position: int, count: int) -> int:
        """Make sure that count bytes follow position, unless the dump ends before."""
        while len(self.data) - position < count and not self.finished:
            position = self.more(position)
        return position


class DumpReader:
    """Reads one dump. ``wanted`` are the tables to read; rows of others are only counted."""

    def __init__(
        self, stream: BinaryIO, *, wanted: Collection[str] | None, dialect: Dialect = Dialect.AUTO
    ) -> None:
        self._window = _Window(stream)
        self._wanted = wanted
        self._dialect = dialect
        self.columns: dict[str, tuple[str, ...]] = {}

    def __iter__(self) -> Iterator[DumpItem]:
        window = self._window
        position = window.ahead(0, _HEAD_BYTES)
        self._grammar = g.grammar_of(self._dialect, window.data[:_HEAD_BYTES])
        if window.data[position : position + 3] == b"\xef\xbb\xbf":
            position += 3
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
        if found := g.BACKSLASH_COMMAND.match(data, position):
            return found.end()
        if found := g.INSERT.match(data, position):
            return (yield from self._insert(found.group(1), found.group(2), found.end()))
        if found := g.COPY.match(data, position):
            return (yield from self._copy(found.group(1), found.group(2), found.end()))
        return (yield from self._statement(position))

    def _comment(self, position: int) -> Generator[DumpItem, None, int]:
        line = not self._window.data.startswith(b"/*", position)
        return (yield from self._until(position, b"\n" if line else b"*/", "a comment that holds rows"))

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
                break
            back = max(len(window.data) - position - len(mark), 0)
            position = window.more(position)
            searched = position + back
        if g.ROWS_INSIDE.search(window.data, position, end):
            yield Broken(start=window.base + position, end=window.base + end, reason=reason)
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
            yield Broken(start=window.base + position, end=window.base + end, reason=reason)
            return end
        return found.end()

    def _learn(self, text: bytes) -> str | None:
        """Take the columns of a CREATE TABLE; returns why a statement cannot be passed over, or None."""
        if not g.KNOWN_STATEMENT.match(text):
            return "not a statement of a dump"
        rest = b"" if g.DEFINES.match(text) else text
        head = g.CREATE.match(text)
        if head is not None:
            body = text[head.end() :]
            columns, end = g.columns_of(body)
            self.columns[g.name_of(head.group(1))] = columns
            if not columns:
                return "a table definition that cannot be read"
            rest = body[end:]
        if g.ROWS_INSIDE.search(text) or g.LITERALS_INSIDE.search(rest):
            return "a statement that holds rows in a form that is not read"
        return None

    def _resynchronise(self, position: int, reason: str) -> Generator[DumpItem, None, int]:
        """Quarantine from here to the next line that begins a statement, or to the end."""
        window = self._window
        start = window.base + position
        searched = position + 1
        while True:
            found = g.STATEMENT_LINE.search(window.data, searched)
            if found is not None:
                yield Broken(start=start, end=window.base + found.end(), reason=reason)
                return found.end()
            if window.finished:
                yield Broken(start=start, end=window.base + len(window.data), reason=reason)
                return len(window.data)
            searched = window.more(max(len(window.data) - 32, 0))

    def _insert(
        self, raw_table: bytes, raw_columns: bytes | None, position: int
    ) -> Generator[DumpItem, None, int]:
        table = g.name_of(raw_table)
        columns = g.names_of(raw_columns) if raw_columns else self.columns.get(table, ())
        wanted = self._wanted is None or table in self._wanted
        window = self._window
        rows: list[DumpRow] = []
        passed = 0
        while True:
            row = self._row(position, len(columns), wanted=wanted)
            if row is None:
                if not window.finished and len(window.data) - position < LONGEST_ROW_BYTES:
                    position = window.more(position)
                    continue
                if rows:
                    yield DumpRows(table=table, columns=columns, rows=rows)
                if passed:
                    yield Passed(table=table, rows=passed)
                return (yield from self._resynchronise(position, "a row that does not end"))
            values, end = row
            if values is None:
                yield Broken(
                    start=window.base + position,
                    end=window.base + end,
                    reason="a row with another number of values than columns, or an expression for a value",
                    rows=1,
                )
            elif wanted:
                rows.append(DumpRow(values, window.base + position, window.base + end))
            else:
                passed += 1
            if len(rows) >= _ROWS_PER_BATCH:
                yield DumpRows(table=table, columns=columns, rows=rows)
                rows = []
            position, more = self._after_row(end)
            if not more:
                break
        if rows:
            yield DumpRows(table=table, columns=columns, rows=rows)
        if passed:
            yield Passed(table=table, rows=passed)
        return (yield from self._insert_tail(position))

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
        """The end of an INSERT: a semicolon, or an ON clause; anything else is not what a dump writes."""
        window = self._window
        position = window.ahead(position, 64)
        if window.data[position : position + 1] == b";":
            return position + 1
        if window.data[position : position + 3].upper() == b"ON ":
            return (yield from self._until(position, b";", "a clause after the rows that holds rows"))
        if position >= len(window.data):
            return position
        return (yield from self._resynchronise(position, "an INSERT that does not end where it should"))

    def _row(self, position: int, expected: int, *, wanted: bool) -> tuple[Values | None, int] | None:
        """Values (None when unreadable) and end of the row at position; None when it is not complete."""
        data = self._window.data
        if not wanted:
            found = self._grammar.row.match(data, position)
            return None if found is None else ((), found.end())
        values: list[bytes | None] = []
        match = self._grammar.value.match
        quick = g.QUICK.match
        escapes = self._grammar.escapes
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
            if found is None:
                whole = self._grammar.row.match(data, position)
                return None if whole is None else (None, whole.end())
            values.append(g.value_of(found, escapes=escapes))
            at = found.end()
            if found.group(8) == b")":
                break
        if expected and len(values) != expected:
            return None, at
        return tuple(values), at

    def _copy(
        self, raw_table: bytes, raw_columns: bytes | None, position: int
    ) -> Generator[DumpItem, None, int]:
        table = g.name_of(raw_table)
        columns = g.names_of(raw_columns) if raw_columns else self.columns.get(table, ())
        wanted = self._wanted is None or table in self._wanted
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
                    yield Broken(
                        start=window.base + position, end=window.base + len(window.data),
                        reason="a row that does not end", rows=1,
                    )  # fmt: skip
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
                    yield Broken(
                        start=window.base + position, end=window.base + end + 1,
                        reason="a row with another number of values than columns", rows=1,
                    )  # fmt: skip
                else:
                    rows.append(DumpRow(values, window.base + position, window.base + end))
            position = end + 1
            if len(rows) >= _ROWS_PER_BATCH:
                yield DumpRows(table=table, columns=columns, rows=rows)
                rows = []
        if rows:
            yield DumpRows(table=table, columns=columns, rows=rows)
        if passed:
            yield Passed(table=table, rows=passed)
        return position
