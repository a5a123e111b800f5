"""Find the accounts of rows that name none themselves, over tables that were read and checked; memory stays bounded.

Nothing here sees a file of an exhibit: it reads parts of LOOKUPS, STEPS and ACCOUNTS, and writes parts again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.records.joins import Join, Outcome
from fairlead.records.mapping import Mapping, Source, account_tables, joins_of
from fairlead.tables import Table
from fairlead.tables.records import ACCESSES, ACCOUNTS, EVENTS, LOOKUPS, PAYMENTS, STEPS
from fairlead.terms.errors import RunError

_FOUND = ("account", "outcome", "lost_at", "through")
_NOWHERE: tuple[object, ...] = (None, Outcome.NO_ROW.value, None, [])


@dataclass(frozen=True, slots=True, kw_only=True)
class FileParts:
    """The parts that one record file became, by table, in the order in which they were written."""

    source: Source
    parts: dict[str, list[str]] = field(default_factory=dict)


def find_accounts(
    store: PartStore, mapping: Mapping, files: Sequence[FileParts], *, spill: Path | None = None
) -> None:
    """Fill in the account of every row that has one at the end of a join, and what came of each in LOOKUPS.

    ``spill`` is a folder for what does not fit into memory, see ``fairlead.engine.catalogue.spilling``.
    """
    asking = [file for file in files if file.parts.get(LOOKUPS.name)]
    if not asking:
        return
    catalogue = Catalogue(store, (STEPS, ACCOUNTS), spill=spill, frugal=spill is not None)
    try:
        ways = _Ways(catalogue, mapping)
        for file in asking:
            for name in file.parts[LOOKUPS.name]:
                _write(store, LOOKUPS, name, ways.follow(file.source, store.part(LOOKUPS, name).read()))
    finally:
        catalogue.close()
    for file in asking:
        for table in (ACCESSES, PAYMENTS, EVENTS):
            if file.parts.get(table.name):
                _fill(store, table, file)


class _Ways:
    """The joins of a mapping as statements; each table on a way is prepared once."""

    def __init__(self, catalogue: Catalogue, mapping: Mapping) -> None:
        self._catalogue = catalogue
        self._mapping = mapping
        self._prepared: dict[str, str] = {}

    def follow(self, source: Source, lookups: pa.Table) -> pa.Table:
        """Lookups with what came of them, in their order."""
        joins = {join.way: join for join in joins_of(source)}
        found: dict[tuple[str, str], tuple[object, ...]] = {}
        for way in pc.unique(lookups["way"]).to_pylist():
            if way not in joins:  # no join of this source: whoever read the file made it up
                continue
            values = pc.unique(lookups.filter(pc.equal(lookups["way"], way))["value"])
            self._catalogue.hold("asked", pa.table({"value": values}))
            for row in self._catalogue.rows(self._statement(source, joins[way])):
                found[way, row["value"]] = tuple(row[name] for name in _FOUND)
        answers = [
            found.get(key, _NOWHERE)
            for key in zip(lookups["way"].to_pylist(), lookups["value"].to_pylist(), strict=True)
        ]
        for place, name in enumerate(_FOUND):
            kind = LOOKUPS.schema.field(name)
            column = pa.array([answer[place] for answer in answers], kind.type)
            lookups = lookups.set_column(lookups.schema.get_field_index(name), kind, column)
        return lookups

    def _statement(self, source: Source, join: Join) -> str:
        """Of every value of ``asked``: the account, or where the way ended."""
        steps = [self._mapping.step(source, step) for step in join.through]
        joined, lost, before = [], [], "a.value"
        for number, step in enumerate(steps):
            name = self._table(
                f"""SELECT key, CASE WHEN min(value) = max(value) THEN min(value) END AS next,
                    min(exhibit || ':' || locator) AS origin FROM steps
                    WHERE source = {_text(step.source or "")} AND "table" = {_text(step.table)}
                    AND key_column = {_text(step.key)} AND value_column = {_text(step.gives)} GROUP BY key"""
            )
            joined.append(f"LEFT JOIN {name} s{number} ON s{number}.key = {before}")
            lost.append((f"s{number}.key IS NULL", Outcome.NO_ROW, step.table))
            lost.append((f"s{number}.next IS NULL", Outcome.SEVERAL, step.table))
            before = f"s{number}.next"
        word = f"lower({before})" if join.ends == "email" else before
        joined.append(f"LEFT JOIN {self._ends(source, join)} e ON e.word = {word}")
        lost.append(("e.word IS NULL", Outcome.NO_ACCOUNT, "accounts"))
        lost.append(("e.account IS NULL", Outcome.SEVERAL_ACCOUNTS, "accounts"))
        outcome = " ".join(f"WHEN {when} THEN '{which}'" for when, which, _ in lost)
        lost_at = " ".join(f"WHEN {when} THEN {_text(where)}" for when, _, where in lost)
        through = ", ".join(f"s{number}.origin" for number in range(len(steps)))
        return f"""SELECT a.value, e.account, CASE {outcome} ELSE '{Outcome.FOUND}' END AS outcome,
            CASE {lost_at} END AS lost_at, list_filter([{through}]::VARCHAR[], lambda one: one IS NOT NULL) AS through
            FROM asked a {" ".join(joined)}"""

    def _ends(self, source: Source, join: Join) -> str:
        """The table of words by which accounts are named at the end of a way."""
        name = source.account_source
        meant = next(other for other in self._mapping.source if other.name == name)
        tables = account_tables(meant) if getattr(meant, "keys", "source") == "table" else ()
        if source.account_table is not None:
            tables = (source.account_table,) if tables else ()
        fronts = [f"{name}:{table}:" for table in tables] or [f"{name}:"]
        word = {"user_name": "user_name", "email": "lower(email)"}.get(join.ends, "")
        parts = [
            f"""SELECT {word or f"substr(account, {len(front) + 1})"} AS word, account FROM accounts
                WHERE source = {_text(name)} AND role = 'account_user' AND starts_with(account, {_text(front)})"""
            for front in fronts
        ]
        return self._table(
            f"""SELECT word, CASE WHEN min(account) = max(account) THEN min(account) END AS account
                FROM ({" UNION ALL ".join(parts)}) WHERE word IS NOT NULL GROUP BY word"""
        )

    def _table(self, statement: str) -> str:
        name = self._prepared.get(statement)
        if name is None:
            name = self._prepared[statement] = f"way_{len(self._prepared)}"
            self._catalogue.prepare(f"CREATE TEMP TABLE {name} AS {statement}")
        return name


def _fill(store: PartStore, table: Table, file: FileParts) -> None:
    """Write the accounts that were found into the rows of one file: both stand in the order of the file."""
    found = _found(store, table, file)
    current = next(found, None)
    for name in file.parts[table.name]:
        rows = store.part(table, name).read()
        accounts = rows["account"].to_pylist()
        last, changed = None, False
        for place, locator in enumerate(rows["locator"].to_pylist()):
            if last is not None and locator == last[0]:  # a refund stands where its payment does
                accounts[place] = last[1]
            elif current is not None and locator == current[0]:
                accounts[place], last, changed = current[1], current, True
                current = next(found, None)
        if changed:
            kind = table.schema.field("account")
            filled = rows.set_column(
                rows.schema.get_field_index("account"), kind, pa.array(accounts, kind.type)
            )
            _write(store, table, name, filled)
    if current is not None:
        raise RunError(
            f"what was looked for in source {file.source.name} does not fit its rows in {table.name}",
            "Load again; if it stays, report it with the source's name.",
            code="RUN-LOOKUPS",
        )


def _found(store: PartStore, table: Table, file: FileParts) -> Iterator[tuple[str, str]]:
    for name in file.parts[LOOKUPS.name]:
        rows = store.part(LOOKUPS, name).read(["locator", "rows_of", "account"])
        chosen = rows.filter(pc.and_(pc.equal(rows["rows_of"], table.name), pc.is_valid(rows["account"])))
        yield from zip(chosen["locator"].to_pylist(), chosen["account"].to_pylist(), strict=True)


def _write(store: PartStore, table: Table, name: str, rows: pa.Table) -> None:
    store.write(table, name, rows.cast(table.schema).to_batches())


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
