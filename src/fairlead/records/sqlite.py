"""Rows of a SQLite database of the platform, read in a sandboxed worker, never opened for writing."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool, SandboxReply
from fairlead.records.dump import Broken, DumpItem, DumpRow, DumpRows, Passed
from fairlead.records.sqlite_handler import MOST_BYTES
from fairlead.terms.errors import ItemError

MAGIC = b"SQLite format 3\x00"
_ROWS_A_PAGE = 5000
_MEMORY_BESIDE = 1 << 30
_DEADLINE_S = 300.0
_LOWEST = -(1 << 63)  # row number
_NO_ANSWER = "the sandboxed worker's answer is not one"
_WAL = "the database was written through a write-ahead log; rows that only a file -wal beside it holds are not read"


def read_sqlite(
    descriptor: int, *, wanted: Collection[str] | None, at_most: int | None = None
) -> Iterator[DumpItem]:
    """Yield rows of the wanted tables (all when None), with a row's number as its place, 0-based ends half open.

    ``at_most`` bounds the rows of each table. Whatever cannot be read is ``Broken``: a table whose page the
    library calls malformed ends there, and a database that kills or overfills the worker ends with it.
    """
    size = os.fstat(descriptor).st_size
    if size > MOST_BYTES:
        yield Broken(
            start=0, end=size, reason=f"a database of more than {MOST_BYTES >> 30} GiB: give its dump instead"
        )
        return
    with _pool(size) as pool:
        token = f"{os.fstat(descriptor).st_ino}"
        reply = pool.call({"op": "tables", "token": token}, [descriptor])
        if reply.outcome is not Outcome.OK:
            yield Broken(start=0, end=size, reason=_reason(reply))
            return
        if reply.body.get("wal"):
            yield Broken(start=0, end=0, reason=_WAL, rows=None)
        for table in _tables(reply):
            if isinstance(table, Broken):
                yield table
            elif wanted is None or table.name in wanted:
                yield from _read_table(pool, descriptor, token, table, at_most)
            else:
                yield _count(pool, descriptor, token, table)


def read_row(descriptor: int, table: str, number: int) -> bytes:
    """One row as lines ``column=value``, the same for the same file. Raises ItemError when it cannot be read."""
    with _pool(os.fstat(descriptor).st_size) as pool:
        token = f"{os.fstat(descriptor).st_ino}"
        for found in _tables(pool.call({"op": "tables", "token": token}, [descriptor])):
            if isinstance(found, Broken) or found.name != table:
                continue
            before = number - 1 if number > _LOWEST else None
            page = _page(pool, descriptor, token, found, after=before, count=1)
            if page.rows and page.rows[0].start == number:
                return b"".join(
                    column.encode() + b"=" + (b"NULL" if value is None else value) + b"\n"
                    for column, value in zip(found.columns, page.rows[0].values, strict=True)
                )
    raise ItemError(
        "the row in the locator cannot be read any more",
        "Compare the exhibit's digest with the one recorded when it was added.",
        code="RECORDS-001",
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as the worker describes it; ``numbered`` rows go by their row number, others by their place."""

    name: str
    columns: tuple[str, ...]
    numbered: bool


@dataclass(frozen=True, slots=True)
class _Page:
    rows: list[DumpRow]
    refused: list[Broken]
    problem: str = ""
    last: int | None = None  # the number after which the next page begins; None when this is the last one


def _pool(size: int) -> SandboxPool:
    limits = SandboxLimits(
        memory_bytes=6 * size + _MEMORY_BESIDE, deadline_s=_DEADLINE_S, reply_bytes=96 << 20, open_files=16
    )
    return SandboxPool(handler="fairlead.records.sqlite_handler:handle", limits=limits)


def _tables(reply: SandboxReply) -> Iterator[_Table | Broken]:
    """What the worker says of the tables; what is no description is ``Broken``."""
    untrusted_tables = reply.body.get("tables")
    for untrusted in untrusted_tables if isinstance(untrusted_tables, list) else [None]:
        match untrusted:
            case {"name": str(name), "problem": str(problem)}:
                yield _broken(f"table {name} cannot be described ({problem[:80]})")
            case {"name": str(name), "columns": [*columns], "numbered": bool(numbered)} if all(
                isinstance(column, str) for column in columns
            ):
                yield _Table(name, tuple(columns), numbered)
            case _:
                yield _broken(_NO_ANSWER)


def _count(pool: SandboxPool, descriptor: int, token: str, table: _Table) -> DumpItem:
    """The rows of a table that nobody asked for."""
    reply = pool.call({"op": "count", "token": token, "table": table.name}, [descriptor])
    match reply.outcome, reply.body:
        case Outcome.OK, {"rows": int(rows)} if rows >= 0:
            return Passed(table=table.name, rows=rows)
        case Outcome.OK, {"problem": str(problem)}:
            return _broken(f"table {table.name}, not asked for, cannot be counted ({problem[:80]})")
        case Outcome.OK, _:
            return _broken(f"table {table.name}: {_NO_ANSWER}")
    return _broken(f"table {table.name}: {_reason(reply)}")


def _read_table(
    pool: SandboxPool, descriptor: int, token: str, table: _Table, at_most: int | None
) -> Iterator[DumpItem]:
    after, given = None, 0
    while at_most is None or given < at_most:
        count = _ROWS_A_PAGE if at_most is None else min(_ROWS_A_PAGE, at_most - given)
        page = _page(pool, descriptor, token, table, after=after, count=count)
        given += len(page.rows) + len(page.refused)
        if page.rows:
            yield DumpRows(table=table.name, columns=table.columns, rows=page.rows)
        yield from page.refused
        if page.problem:
            yield _broken(f"table {table.name}: after {given} rows {page.problem}")
        if page.last is None:
            return
        after = page.last


def _page(
    pool: SandboxPool, descriptor: int, token: str, table: _Table, *, after: int | None, count: int
) -> _Page:
    """At most ``count`` rows after a number, or from the first; a page that does not lead on is the last one."""
    header = {"op": "rows", "token": token, "table": table.name, "numbered": table.numbered,
              "after": after, "count": count}  # fmt: skip
    reply = pool.call(header, [descriptor])
    if reply.outcome is not Outcome.OK:
        return _Page([], [], _reason(reply))
    untrusted_rows = reply.body.get("rows")
    if not isinstance(untrusted_rows, list) or len(untrusted_rows) > count:
        return _Page([], [], _NO_ANSWER)
    rows: list[DumpRow] = []
    refused: list[Broken] = []
    last = after
    for untrusted in untrusted_rows:
        match untrusted:
            case [int(number), cells] if last is None or number > last:
                read = _row(number, cells, len(table.columns))
            case _:
                return _Page(rows, refused, _NO_ANSWER)
        last = number
        if isinstance(read, DumpRow):
            rows.append(read)
        else:
            refused.append(read)
    if "problem" in reply.body:
        return _Page(rows, refused, f"it is damaged ({str(reply.body['problem'])[:80]})")
    more = bool(reply.body.get("more")) and bool(untrusted_rows)
    return _Page(rows, refused, last=last if more else None)


def _row(number: int, untrusted_cells: object, width: int) -> DumpRow | Broken:
    if untrusted_cells is None:
        return _broken("a row that is too long", number)
    if not isinstance(untrusted_cells, list) or len(untrusted_cells) != width:
        return _broken("a row with another number of values", number)
    try:
        values = tuple(
            None if cell is None else base64.b64decode(cell, validate=True) for cell in untrusted_cells
        )
    except (binascii.Error, ValueError, TypeError):
        return _broken(_NO_ANSWER, number)
    return DumpRow(values=values, start=number, end=number + 1)


def _broken(reason: str, number: int | None = None) -> Broken:
    """What could not be read: one row, or no known number of them."""
    if number is None:
        return Broken(start=0, end=0, reason=reason)
    return Broken(start=number, end=number + 1, reason=reason, rows=1)


def _reason(reply: SandboxReply) -> str:
    said = {
        Outcome.FAILED: "not a readable SQLite database",
        Outcome.CRASHED: "reading it crashed the sandboxed worker",
        Outcome.TIMEOUT: "reading it took too long",
        Outcome.MEMORY: "reading it took too much memory",
    }
    return f"{said[reply.outcome]} ({reply.detail})" if reply.detail else said[reply.outcome]
