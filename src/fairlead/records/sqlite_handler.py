"""Inside the sandbox: one SQLite database, held in memory, listed and read page by page.

The worker opens no file: it copies the descriptor's bytes into memory and lets SQLite deserialise them, so a
write-ahead log beside the file is never applied and nothing can be written. Only plain tables are read; views,
virtual tables and triggers are never run.
"""

from __future__ import annotations

import base64
import os
import sqlite3
from typing import NotRequired, TypedDict

PAGE_BYTES = 4 << 20
CELL_BYTES = 24 << 20
MOST_BYTES = 4 << 30
_WAL_VERSIONS = slice(18, 20)
_CHUNK = 1 << 24
_open: dict[str, sqlite3.Connection] = {}
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_PRAGMA}


class DatabaseJob(TypedDict):
    """``op`` is tables, count or rows; the rest as these need it."""

    op: str
    token: str
    table: NotRequired[str]
    numbered: NotRequired[bool]
    after: NotRequired[int | None]
    count: NotRequired[int]


class TableTold(TypedDict):
    """A table, its columns, and whether its rows have numbers."""

    name: str
    columns: list[str]
    numbered: bool
    problem: NotRequired[str]


class DatabaseTold(TypedDict, total=False):
    """Tables; or how many rows one has; or a page of them, each with its number and cells in base 64."""

    tables: list[TableTold]
    wal: bool
    rows: int | list[tuple[int, list[str | None] | None]]
    more: bool
    problem: str


def warm() -> None:
    """Load the library before the lock."""
    sqlite3.connect(":memory:").execute("SELECT sqlite_version()").fetchone()


def handle(header: DatabaseJob, descriptors: list[int]) -> DatabaseTold:
    """``tables``: names, columns and whether rows have numbers. ``count``: of one table. ``rows``: a page of it."""
    database = _database(header["token"], descriptors[0])
    if header["op"] == "tables":
        return {"tables": _tables(database), "wal": header_says_wal(descriptors[0])}
    if header["op"] == "count":
        return _count(database, header["table"])
    return _page(database, header["table"], header["numbered"], header["after"], header["count"])


def header_says_wal(descriptor: int) -> bool:
    """Whether the file was last written through a write-ahead log (SQLite file format, offsets 18 and 19)."""
    return os.pread(descriptor, 20, 0)[_WAL_VERSIONS] == b"\x02\x02"


def _database(token: str, descriptor: int) -> sqlite3.Connection:
    if token not in _open:
        for old in _open.values():
            old.close()
        _open.clear()
        size = os.fstat(descriptor).st_size
        held = bytearray()
        while len(held) < size:
            piece = os.pread(descriptor, _CHUNK, len(held))
            if not piece:
                break
            held += piece
        held += bytes(max(0, min(_declared_bytes(held), MOST_BYTES) - len(held)))  # cut: what is left is read
        held[_WAL_VERSIONS] = b"\x01\x01"  # a database in memory cannot be in write-ahead mode
        database = sqlite3.connect(":memory:", isolation_level=None)
        database.deserialize(bytes(held))
        del held
        database.text_factory = bytes
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA query_only = ON")
        database.set_authorizer(_authorise)
        _open[token] = database
    return _open[token]


def _declared_bytes(held: bytearray) -> int:
    """The length that the header declares (offsets 16 and 28); a page size of 1 means 65,536."""
    size = int.from_bytes(held[16:18], "big")
    return (65536 if size == 1 else size) * int.from_bytes(held[28:32], "big")


def _authorise(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _tables(database: sqlite3.Connection) -> list[TableTold]:
    found: list[TableTold] = []
    names = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY name"
    ).fetchall()
    for (raw,) in names:
        name = raw.decode("utf-8", "backslashreplace")
        try:
            described = database.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
            columns = [column[1].decode("utf-8", "backslashreplace") for column in described]
            numbered = _is_numbered(database, name, columns)
        except sqlite3.Error as problem:
            found.append({"name": name, "columns": [], "numbered": False, "problem": type(problem).__name__})
            continue
        found.append({"name": name, "columns": columns, "numbered": numbered})
    return found


def _is_numbered(database: sqlite3.Connection, name: str, columns: list[str]) -> bool:
    if "rowid" in {column.lower() for column in columns}:
        return False
    try:
        database.execute(f"SELECT rowid FROM {_quoted(name)} LIMIT 0")
    except sqlite3.OperationalError:
        return False
    return True


def _count(database: sqlite3.Connection, table: str) -> DatabaseTold:
    try:
        return {"rows": database.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0]}
    except sqlite3.DatabaseError as problem:
        return {"problem": type(problem).__name__}


def _page(
    database: sqlite3.Connection, table: str, numbered: bool, after: int | None, count: int
) -> DatabaseTold:
    """Rows after one number, or from the first. Tables without row numbers are counted as they are stored."""
    name = _quoted(table)
    if numbered:
        after_it = "" if after is None else "WHERE rowid > ?"
        bound = (count,) if after is None else (after, count)
        cursor = database.execute(f"SELECT rowid, * FROM {name} {after_it} ORDER BY rowid LIMIT ?", bound)
    else:
        cursor = database.execute(
            f"SELECT ? + row_number() OVER () AS n, * FROM (SELECT * FROM {name} LIMIT ? OFFSET ?)",
            (after or 0, count, after or 0),
        )
    rows: list[tuple[int, list[str | None] | None]] = []
    size = 0
    try:
        for number, *values in cursor:
            cells = [_cell(value) for value in values]
            length = sum(len(cell) for cell in cells if cell is not None)
            if length > CELL_BYTES:
                rows.append((number, None))
                continue
            rows.append((number, cells))
            size += length
            if size > PAGE_BYTES:
                break
    except sqlite3.DatabaseError as problem:
        return {"rows": rows, "problem": type(problem).__name__}
    return {"rows": rows, "more": size > PAGE_BYTES or len(rows) == count}


def _cell(value: object) -> str | None:
    """A value as text: bytes in base 64, so that nothing of them is lost on the wire."""
    if value is None:
        return None
    held = value if isinstance(value, bytes) else str(value).encode()
    return base64.b64encode(held).decode()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
