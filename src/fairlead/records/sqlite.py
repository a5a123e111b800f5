"""Rows of a SQLite database of the platform, read in a sandboxed worker, never opened for writing."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Collection, Iterator
from typing import Any

from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool, SandboxReply
from fairlead.records.dump import Broken, DumpItem, DumpRow, DumpRows, Passed
from fairlead.records.sqlite_handler import MOST_BYTES
from fairlead.terms.errors import ItemError

MAGIC = b"SQLite format 3\x00"
_ROWS_A_PAGE = 5000
_MEMORY_BESIDE = 1 << 30
_DEADLINE_S = 300.0
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
        for untrusted in reply.body.get("tables", ()):
            yield from _read_table(pool, descriptor, token, untrusted, wanted, at_most)


def read_row(descriptor: int, table: str, number: int) -> bytes:
    """One row as lines ``column=value``, the same for the same file. Raises ItemError when it cannot be read."""
    with _pool(os.fstat(descriptor).st_size) as pool:
        token = f"{os.fstat(descriptor).st_ino}"
        listed = pool.call({"op": "tables", "token": token}, [descriptor])
        found = next((t for t in listed.body.get("tables", ()) if t["name"] == table), None)
        if found is not None:
            header = {"op": "rows", "token": token, "table": table, "numbered": bool(found["numbered"]),
                      "after": number - 1, "count": 1}  # fmt: skip
            rows, _ = _rows(pool.call(header, [descriptor]).body, len(found["columns"]))
            if rows and rows[0].start == number:
                return b"".join(
                    str(column).encode() + b"=" + (b"NULL" if value is None else value) + b"\n"
                    for column, value in zip(found["columns"], rows[0].values, strict=True)
                )
    raise ItemError(
        "the row in the locator cannot be read any more",
        "Compare the exhibit's digest with the one recorded when it was added.",
        code="RECORDS-001",
    )


def _pool(size: int) -> SandboxPool:
    limits = SandboxLimits(
        memory_bytes=6 * size + _MEMORY_BESIDE, deadline_s=_DEADLINE_S, reply_bytes=96 << 20, open_files=16
    )
    return SandboxPool(handler="fairlead.records.sqlite_handler:handle", limits=limits)


def _read_table(
    pool: SandboxPool,
    descriptor: int,
    token: str,
    untrusted: dict[str, Any],
    wanted: Collection[str] | None,
    at_most: int | None,
) -> Iterator[DumpItem]:
    name, columns = str(untrusted["name"]), tuple(str(column) for column in untrusted["columns"])
    asked_for = wanted is None or name in wanted
    if "problem" in untrusted:
        if asked_for:
            yield Broken(start=0, end=0, reason=f"table {name} cannot be described ({untrusted['problem']})")
        return
    after, given, more = -(1 << 63) if untrusted["numbered"] else 0, 0, True
    while more and (at_most is None or given < at_most):
        count = _ROWS_A_PAGE if at_most is None else min(_ROWS_A_PAGE, at_most - given)
        header = {"op": "rows", "token": token, "table": name, "numbered": bool(untrusted["numbered"]),
                  "after": after, "count": count}  # fmt: skip
        reply = pool.call(header, [descriptor])
        if reply.outcome is not Outcome.OK:
            yield Broken(start=0, end=0, reason=f"table {name}: {_reason(reply)}")
            return
        rows, refused = _rows(reply.body, len(columns))
        given += len(rows) + len(refused)
        if rows or refused:
            after = max([row.start for row in rows] + [row.start for row in refused])
        if asked_for and rows:
            yield DumpRows(table=name, columns=columns, rows=rows)
        elif rows:
            yield Passed(table=name, rows=len(rows))
        if asked_for:
            yield from refused
            if "problem" in reply.body:
                yield Broken(
                    start=0,
                    end=0,
                    reason=f"table {name} is damaged after {given} rows ({reply.body['problem']})",
                )
        more = bool(reply.body.get("more")) and "problem" not in reply.body


def _rows(untrusted: dict[str, Any], width: int) -> tuple[list[DumpRow], list[Broken]]:
    rows, refused = [], []
    for number, cells in untrusted.get("rows", ()):
        if cells is None or len(cells) != width:
            reason = "a row that is too long" if cells is None else "a row with another number of values"
            refused.append(Broken(start=int(number), end=int(number) + 1, reason=reason, rows=1))
            continue
        try:
            values = tuple(None if cell is None else base64.b64decode(cell, validate=True) for cell in cells)
        except (binascii.Error, ValueError, TypeError):
            refused.append(
                Broken(start=int(number), end=int(number) + 1, reason="an answer that is not one", rows=1)
            )
            continue
        rows.append(DumpRow(values=values, start=int(number), end=int(number) + 1))
    return rows, refused


def _reason(reply: SandboxReply) -> str:
    said = {
        Outcome.FAILED: "not a readable SQLite database",
        Outcome.CRASHED: "reading it crashed the sandboxed worker",
        Outcome.TIMEOUT: "reading it took too long",
        Outcome.MEMORY: "reading it took too much memory",
    }
    return f"{said[reply.outcome]} ({reply.detail})" if reply.detail else said[reply.outcome]
