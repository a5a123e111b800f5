"""Inside the sandbox: applies NSRL delta files to a copy of a full set.

Their SQL is read as text and never executed as it stands.

Three forms of statement change rows: INSERT INTO t [(columns)] VALUES (…)[, (…)], DELETE FROM t WHERE c = v
[AND …], UPDATE t SET c = v[, …] WHERE c = v [AND …]. Each is taken apart, its table and columns are looked up
by name in the copy, and a statement of our own is run with the values as parameters. Everything else in the file
is counted and left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TextIO

import apsw

from fairlead.known.descriptor_database import open_database

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<quoted>\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\])"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<mark>[(),=;.]))"
)
_MOST_STATEMENT = 16 << 20
_BATCH = 100_000
Value = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaReport:
    """Statements carried out, statements left alone, rows that changed."""

    applied: int
    left_alone: int
    rows: int


def apply_delta(database: int, delta: TextIO) -> DeltaReport:
    """Change the database in a descriptor as the delta says; it has to be a copy of ours. Raises apsw.Error."""
    applied = left_alone = 0
    with closing(open_database(database, writable=True)) as copy:
        for (trigger,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            copy.execute(
                f"DROP TRIGGER {_name(str(trigger))}"
            )  # the file's own statements would run otherwise
        tables = _tables(copy)
        before = copy.total_changes()
        copy.execute("BEGIN")
        for statement in split_statements(delta):
            change = _Reader(statement).read(tables)
            if change is None:
                left_alone += 1
                continue
            for sql, values in change:
                copy.execute(sql, values)
            applied += 1
            if applied % _BATCH == 0:
                copy.execute("COMMIT")
                copy.execute("BEGIN")
        copy.execute("COMMIT")
        return DeltaReport(applied=applied, left_alone=left_alone, rows=copy.total_changes() - before)


def split_statements(file: TextIO) -> Iterator[str]:
    """Statements of a file, cut at semicolons outside quotes; one that is too long is cut and will not be read."""
    held = ""
    for line in file:
        if not held.strip() and line.lstrip().startswith("--"):
            continue
        held += line
        if ";" in line and held.count("'") % 2 == 0 and held.rstrip().endswith(";"):
            yield held.strip()
            held = ""
        elif len(held) > _MOST_STATEMENT:
            yield "too long"
            held = ""
    if held.strip():
        yield held.strip()


def _tables(copy: apsw.Connection) -> dict[str, dict[str, str]]:
    """Table, upper case → column, lower case → column as it is written."""
    names = [n for (n,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        n.upper(): {r[1].lower(): r[1] for r in copy.execute(f"PRAGMA table_info({_name(n)})")} for n in names
    }


def _name(untrusted: str) -> str:
    return '"' + untrusted.replace('"', '""') + '"'


class _UnreadableError(ValueError):
    """Not one of the three forms."""


Change = list[tuple[str, list[Value]]]


class _Reader:
    """Reads one statement, token by token."""

    def __init__(self, statement: str) -> None:
        self._tokens = _tokens(statement)
        self._at = 0

    def read(self, tables: dict[str, dict[str, str]]) -> Change | None:
        """Our own statements with their values; None when the statement is not of a form that is applied."""
        try:
            match self._word():
                case "INSERT":
                    change = self._insert(tables)
                case "DELETE":
                    change = self._delete(tables)
                case "UPDATE":
                    change = self._update(tables)
                case _:
                    return None
            if self._at < len(self._tokens) and self._tokens[self._at :] != [("mark", ";")]:
                return None
        except _UnreadableError:
            return None
        return change

    def _insert(self, tables: dict[str, dict[str, str]]) -> Change:
        if self._peek() == ("word", "OR"):
            self._at += 1
            if self._word() not in {"REPLACE", "IGNORE"}:
                raise _UnreadableError
        self._expect("word", "INTO")
        table, columns = self._table(tables)
        chosen = list(columns.values())
        if self._peek() == ("mark", "("):
            chosen = [self._column(columns) for _ in self._listed()]
        self._expect("word", "VALUES")
        rows: Change = []
        sql = (
            f"INSERT OR REPLACE INTO {_name(table)} ({', '.join(map(_name, chosen))}) "
            f"VALUES ({', '.join('?' * len(chosen))})"
        )
        while True:
            values = [self._value() for _ in self._listed()]
            if len(values) != len(chosen):
                raise _UnreadableError
            rows.append((sql, values))
            if self._peek() != ("mark", ","):
                return rows
            self._at += 1

    def _delete(self, tables: dict[str, dict[str, str]]) -> Change:
        self._expect("word", "FROM")
        table, columns = self._table(tables)
        where, values = self._where(columns)
        return [(f"DELETE FROM {_name(table)} WHERE {where}", values)]

    def _update(self, tables: dict[str, dict[str, str]]) -> Change:
        table, columns = self._table(tables)
        self._expect("word", "SET")
        assigned: list[str] = []
        values: list[Value] = []
        while True:
            assigned.append(self._column(columns))
            self._expect("mark", "=")
            values.append(self._value())
            if self._peek() != ("mark", ","):
                break
            self._at += 1
        where, more = self._where(columns)
        told = ", ".join(f"{_name(column)} = ?" for column in assigned)
        return [(f"UPDATE {_name(table)} SET {told} WHERE {where}", values + more)]

    def _where(self, columns: dict[str, str]) -> tuple[str, list[Value]]:
        """Equalities joined by AND: a statement without a condition, which means every row, is not applied."""
        self._expect("word", "WHERE")
        tests: list[str] = []
        values: list[Value] = []
        while True:
            tests.append(f"{_name(self._column(columns))} IS ?")
            if self._peek() == ("word", "IS"):
                self._at += 1
            else:
                self._expect("mark", "=")
            values.append(self._value())
            if self._peek() != ("word", "AND"):
                return " AND ".join(tests), values
            self._at += 1

    def _listed(self) -> Iterator[None]:
        self._expect("mark", "(")
        while True:
            yield None
            if self._peek() == ("mark", ")"):
                self._at += 1
                return
            self._expect("mark", ",")

    def _table(self, tables: dict[str, dict[str, str]]) -> tuple[str, dict[str, str]]:
        name = self._identifier()
        if name.upper() not in tables:
            raise _UnreadableError
        return name, tables[name.upper()]

    def _column(self, columns: dict[str, str]) -> str:
        name = self._identifier().lower()
        if name not in columns:
            raise _UnreadableError
        return columns[name]

    def _identifier(self) -> str:
        kind, text = self._next()
        if kind == "quoted":
            return text[1:-1]
        if kind == "word":
            return text
        raise _UnreadableError

    def _value(self) -> Value:
        kind, text = self._next()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "word" and text.upper() == "NULL":
            return None
        raise _UnreadableError

    def _word(self) -> str:
        kind, text = self._next()
        if kind != "word":
            raise _UnreadableError
        return text.upper()

    def _expect(self, kind: str, text: str) -> None:
        found, said = self._next()
        if found != kind or said.upper() != text:
            raise _UnreadableError

    def _peek(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            return "", ""
        kind, text = self._tokens[self._at]
        return kind, text.upper() if kind == "word" else text

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise _UnreadableError
        self._at += 1
        return self._tokens[self._at - 1]


def _tokens(statement: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(statement.rstrip()):
        token = _TOKEN.match(statement, at)
        if token is None or token.lastgroup is None:
            return [("unreadable", "")]
        found.append((token.lastgroup, token.group(token.lastgroup)))
        at = token.end()
    return found
