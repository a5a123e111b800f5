"""Record files looked at in the sandbox: what comes back is checked before anybody believes it."""

from __future__ import annotations

import base64
import binascii
import os
from types import TracebackType
from typing import Self

from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool
from fairlead.records.sqlite import MAGIC, read_sqlite
from fairlead.records.survey import ROWS_A_TABLE, Surveyed, SurveyedTable, held

_LIMITS = SandboxLimits(memory_bytes=4 << 30, start_s=120.0, deadline_s=600.0, reply_bytes=256 << 20)
_HANDLER = "fairlead.records.survey_handler:handle"


class Surveyor:
    """Looks at one file after the other."""

    def __init__(self) -> None:
        self._pool = SandboxPool(handler=_HANDLER, limits=_LIMITS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def look_at(self, descriptor: int) -> Surveyed:
        """What a file is; a file that ends its reader is none that is read, and ``said`` tells why."""
        if os.pread(descriptor, len(MAGIC), 0) == MAGIC:
            tables = held(read_sqlite(descriptor, wanted=None, at_most=ROWS_A_TABLE))
            return Surveyed(kind="sqlite", said="a SQLite database", tables=tables)
        reply = self._pool.call({}, [descriptor])
        if reply.outcome is not Outcome.OK:
            return Surveyed(kind="", said=f"it ended its reader ({reply.outcome.value})")
        return _checked(reply.body) or Surveyed(kind="", said="its reader answered with something else")


def _checked(untrusted: object) -> Surveyed | None:
    match untrusted:
        case {
            "kind": str(kind), "form": str(form), "said": str(said), "delimiter": str(delimiter),
            "charset": str(charset), "header_column": str(header), "tables": [*tables],
        }:  # fmt: skip
            checked = [_table(one) for one in tables]
            found = [one for one in checked if one is not None]
            if len(found) < len(checked):
                return None
            return Surveyed(
                kind=kind, form=form, said=said[:300], delimiter=delimiter[:1], charset=charset,
                header_column=header, tables=found,
            )  # fmt: skip
    return None


def _table(untrusted: object) -> SurveyedTable | None:
    match untrusted:
        case {"name": str(name), "columns": [*columns], "rows": [*rows], "total": int(total)}:
            names = tuple(str(column) for column in columns)
            try:
                kept = [tuple(_cell(cell) for cell in row) for row in rows[:ROWS_A_TABLE]]
            except (TypeError, binascii.Error, ValueError):
                return None
            if any(len(row) != len(names) for row in kept):
                return None
            return SurveyedTable(name=name, columns=names, rows=kept, total=total)
    return None


def _cell(cell: object) -> bytes | None:
    if cell is None:
        return None
    if not isinstance(cell, str):
        raise TypeError(type(cell).__name__)
    return base64.b64decode(cell, validate=True)
