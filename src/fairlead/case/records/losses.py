"""What a load would lose: sources without a file, accounts and payments that go, columns that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.records.mapping import Mapping, Source
from fairlead.records.rows import Tallies
from fairlead.tables import Table
from fairlead.tables.records import ACCOUNTS, PAYMENTS

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
    problems = [
        f"no readable file fits the source {source.name} (exhibit {source.exhibit}, path {source.path})"
        for source in mapping.source
        if source.name not in with_file
    ]
    for table in (ACCOUNTS, PAYMENTS):
        problems += _losses(before, after, table)
    return [*problems, *_unread(tallies)]


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
    """Mapped columns of which not one value could be read."""
    for (source, table, role), tally in sorted(tallies.items()):
        if tally.seen >= FEWEST_VALUES and tally.unread >= tally.seen:
            where = f"source {source}, table {table}" if table else f"source {source}"
            yield (
                f"{where}: none of {tally.seen:,} values of {role} can be read ({tally.reason}); they look like "
                + ", ".join(tally.shapes)
            )
