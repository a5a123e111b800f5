"""How much of public schemas a draft of a mapping gets right, by the names of tables and columns alone.

``python -m benchmarks.records.propose FOLDER``: FOLDER holds NAME.sql for each schema in ``schemas.toml``. Schemas have no
rows, so each table gets some whose values are empty but for its primary key: this measures names, and is the harder half.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from fairlead.records.definitions import definitions_of
from fairlead.records.mapping import RowKind
from fairlead.records.propose import Place, ProposedTable, propose
from fairlead.records.survey import Surveyed, SurveyedTable
from fairlead.terms.errors import UsageError

_CREATE = re.compile(rb"CREATE TABLE (?:IF NOT EXISTS )?`?([\w{}$%.-]+)`?\s*\(", re.IGNORECASE)
_PRIMARY = re.compile(rb"PRIMARY KEY\s*\(\s*`?(\w+)`?(?:\(\d+\))?\s*\)", re.IGNORECASE)
_ROWS = 12


def tables_of(text: bytes) -> list[SurveyedTable]:
    """Every table of a schema, with rows that are empty but for a primary key of one column."""
    found = []
    for made in _CREATE.finditer(text):
        body = text[made.end() :]
        columns, end = definitions_of(body)
        names = tuple(column.name for column in columns)
        single = _PRIMARY.search(body[:end])
        inline = re.search(rb"`?(\w+)`?[^,]*\bPRIMARY KEY\b(?!\s*\()", body[:end], re.IGNORECASE)
        key = (single or inline).group(1).decode() if single or inline else ""
        rows = [
            tuple(str(n).encode() if name == key else None for name in names) for n in range(100, 100 + _ROWS)
        ]
        found.append(SurveyedTable(name=made.group(1).decode(), columns=names, rows=rows, total=_ROWS))
    return found


def is_named(table: ProposedTable, name: str) -> bool:
    """Whether a table is the one that an answer names without its prefix."""
    return (
        table.table == name or re.fullmatch(rf"(?:\W*\w+?[_}}%]){re.escape(name)}", table.table) is not None
    )


def main(folder: Path) -> int:
    """Print the score of each schema and of all; exit code 1 where a schema is missing."""
    answers = tomllib.loads((Path(__file__).parent / "schemas.toml").read_text("utf-8"))
    found = wanted = right = roles = admins = extra = 0
    missing = [name for name in answers if not (folder / f"{name}.sql").is_file()]
    for name, answer in answers.items():
        if name in missing:
            continue
        seen = Surveyed(kind="sql_dump", tables=tables_of((folder / f"{name}.sql").read_bytes()))
        try:
            drafted = propose([(Place("X", f"{name}.sql"), seen)]).tables
        except UsageError:
            drafted = ()
        lost, wrong = [], []
        told = {kind: answer.get(kind, {}) for kind in ("accounts", "payments")}
        told["events"] = {table: {} for table in answer["events"]}
        known: set[str] = set()
        for kind, tables in told.items():
            for table, columns in tables.items():
                wanted += 1
                one = next((t for t in drafted if t.rows is RowKind(kind) and is_named(t, table)), None)
                if one is None:
                    lost.append(f"{kind}: {table}")
                else:
                    found += 1
                    known.add(one.table)
                given = {role.role: role.column for role in one.roles} if one else {}
                for role, column in columns.items():
                    roles += one is not None
                    fits = given.get(role) in ([column] if isinstance(column, str) else column)
                    right += fits and one is not None
                    if one is not None and not fits:
                        wrong.append(f"{table}.{role}: {given.get(role)}, not {column}")
        for staff in answer.get("staff", ()):
            one = next((t for t in drafted if t.rows is RowKind.ACCOUNTS and is_named(t, staff)), None)
            if one is not None and not any(
                "operator" in role.use for role in one.roles if role.role == "status"
            ):
                admins += 1
                wrong.append(f"{staff}: administrators taken for customers")
        extra += sum(t.table not in known for t in drafted)
        print(f"{name}: not found {lost or 'nothing'}; wrong {wrong or 'nothing'}")
        print(f"  beside: {[f'{t.table} ({t.rows.value})' for t in drafted if t.table not in known]}")
    print(
        f"{len(answers) - len(missing)} schemas: {found} of {wanted} tables found, {right} of {roles} roles right, "
        f"{admins} tables of administrators taken for customers, {extra} tables drafted beside"
    )
    if missing:
        print(f"missing: {', '.join(missing)}")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
