"""What a load would lose: sources without a file, accounts and payments that go, columns that cannot be read."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.records.joins import Step
from fairlead.records.logs import ANOTHER_CLIENT
from fairlead.records.mapping import Mapping, Source
from fairlead.records.rows import ANOTHER_PERSON, Tallies
from fairlead.tables import Table
from fairlead.tables.evidence import FILES
from fairlead.tables.records import ACCOUNTS, LOOKUPS, PASSED_OVER, PAYMENTS, QUARANTINE, SOURCES, STEPS
from fairlead.terms.errors import UsageError

MOST_LOST = 0.1
FEWEST_VALUES = 3


def find_problems(
    before: PartStore,
    after: PartStore,
    mapping: Mapping,
    found: list[tuple[Source, str, str]],
    tallies: Tallies,
) -> list[str]:
    """Sentences on what should not happen by mistake; none when the load may go on."""
    with_file = {source.name for source, _, _ in found}
    walked = walked_exhibits(before)
    problems = [
        f"no readable file fits the source {source.name} (exhibit {source.exhibit}, path {source.path})"
        if source.exhibit in walked
        else f"exhibit {source.exhibit} of the source {source.name} has no files yet: run `fairlead process` first"
        for source in mapping.source
        if source.name not in with_file
    ]
    for table in (ACCOUNTS, PAYMENTS):
        problems += _losses(before, after, table)
    return [*problems, *_unread(tallies), *_joins(after, mapping)]


def require_one_state(after: PartStore) -> None:
    """Raise UsageError when files of one source say different persons of one account.

    Two backups of a platform are two states of it: what one says of account 5 may be about somebody else than what the
    other says, and a payment of one would be given to the person of the other. No ``accept`` goes past this.
    """
    catalogue = Catalogue(after, (QUARANTINE, SOURCES))
    try:
        rows = catalogue.rows(
            """SELECT q.source, count(*) AS n FROM quarantine q
               WHERE q.reason = $reason AND q.source IN (SELECT source FROM sources GROUP BY 1 HAVING count(*) > 1)
               GROUP BY 1 ORDER BY 1""",
            {"reason": ANOTHER_PERSON},
        )
    finally:
        catalogue.close()
    if rows:
        told = "; ".join(f"source {row['source']}: {row['n']:,} accounts" for row in rows)
        raise UsageError(
            f"the load was stopped, and everything is as it was: files of one source say different persons of the same"
            f" account ({told})",
            "Two backups are two states of a platform: name one of them in path, or give each file a source of its own.",
            code="MAPPING-STATES",
        )


def walked_exhibits(store: PartStore) -> set[str]:
    """The exhibits whose files are listed."""
    catalogue = Catalogue(store, (FILES,))
    try:
        return {str(row["exhibit"]) for row in catalogue.rows("SELECT DISTINCT exhibit FROM files")}
    finally:
        catalogue.close()


def _joins(after: PartStore, mapping: Mapping) -> Iterator[str]:
    """Joins that cannot be right: through a table that is not there, by a key that is none, or that find nothing."""
    catalogue = Catalogue(after, (LOOKUPS, STEPS, PASSED_OVER, SOURCES))
    try:
        for source in mapping.source:
            for step in mapping.steps_into(source.name):
                yield from _step(catalogue, source.name, step)
        for row in catalogue.rows(
            f"""SELECT source, way, count(*) AS n, count(account) AS found, mode(outcome) AS outcome,
                       mode(lost_at) AS lost_at FROM lookups GROUP BY ALL
                HAVING found = 0 AND n >= {FEWEST_VALUES} ORDER BY ALL"""
        ):
            yield (
                f"source {row['source']}: none of {row['n']:,} rows found an account by the join {row['way']}; "
                f"most ended at {row['lost_at']} ({row['outcome'].replace('_', ' ')})"
            )
    finally:
        catalogue.close()


def _step(catalogue: Catalogue, source: str, step: Step) -> Iterator[str]:
    """Whether a table on a way is in one file at least, and whether its key is one."""
    held = catalogue.rows(
        """SELECT count(*) AS keys, count(*) FILTER (WHERE several) AS several FROM (
             SELECT key, min(value) <> max(value) AS several FROM steps
             WHERE source = ? AND "table" = ? AND key_column = ? AND value_column = ? GROUP BY key)""",
        [source, step.table, step.key, step.gives],
    )[0]
    if held["several"] > held["keys"] * MOST_LOST:
        yield (
            f"source {source}, table {step.table}: {step.key} is no key for a join, {held['several']:,} of "
            f"{held['keys']:,} of its values come with several values of {step.gives}"
        )
    absent = catalogue.rows(
        """SELECT name FROM passed_over WHERE source = $s AND kind = 'absent' AND name = $t GROUP BY name
           HAVING count(*) = (SELECT count(*) FROM sources WHERE source = $s)""",
        {"s": source, "t": step.table},
    )
    if absent:
        there = catalogue.rows(
            "SELECT DISTINCT name FROM passed_over WHERE source = ? AND kind = 'table' ORDER BY 1", [source]
        )
        names = [row["name"] for row in there]
        near = difflib.get_close_matches(step.table, names, n=3) or names[:10]
        yield (
            f"source {source}: a join goes through the table {step.table}, which none of its files has; "
            + (f"there are, not mapped: {', '.join(near)}" if near else "it has no other tables")
        )


def _losses(before: PartStore, after: PartStore, table: Table) -> Iterator[str]:
    """Whether more than a tenth of the earlier rows would not be there any more, by their keys."""
    (key,) = table.key
    earlier = Catalogue(before, (table,))
    try:
        keys = earlier.query(f"SELECT {key} FROM {table.name}")
    finally:
        earlier.close()
    if not keys.num_rows:
        return
    later = Catalogue(after, (table,))
    try:
        later.hold("earlier", keys)
        there = later.scalar(f"SELECT count(*) FROM {table.name}")
        lost = later.scalar(f"SELECT count(*) FROM earlier ANTI JOIN {table.name} USING ({key})")
        renamed = later.scalar(
            f"""SELECT count(*) FROM (SELECT {key} FROM earlier ANTI JOIN {table.name} USING ({key})) e
                SEMI JOIN (SELECT split_part({key}, ':', 1) || ':' || split_part({key}, ':', -1) AS short
                           FROM {table.name}) t ON e.{key} = t.short"""
        )
    finally:
        later.close()
    if lost <= keys.num_rows * MOST_LOST:
        return
    said = f"{table.name}: {keys.num_rows:,} before, {there:,} after, {lost:,} of the earlier ones gone"
    if renamed:
        said += (
            f" ({renamed:,} of them come back under a longer key that holds their table, source:table:id; "
            'keys = "source" in the source keeps the keys as they were)'
        )
    yield said


def _unread(tallies: Tallies) -> Iterator[str]:
    """Mapped columns of which not one value could be read, and logs of which another column may say who the client is."""
    for (source, table, role), tally in sorted(tallies.items()):
        if role == ANOTHER_CLIENT:
            yield (
                f"source {source}: behind the format another address stands in {tally.seen:,} lines, so that the first"
                " may be a proxy's: name nginx_main (the first counts), nginx_forwarded (the other) or the server's format"
            )
            continue
        if tally.seen >= FEWEST_VALUES and tally.unread >= tally.seen:
            where = f"source {source}, table {table}" if table else f"source {source}"
            yield (
                f"{where}: none of {tally.seen:,} values of {role} can be read ({tally.reason}); they look like "
                + ", ".join(tally.shapes)
            )
