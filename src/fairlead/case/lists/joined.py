"""What the joins of the mapping found, and where the ways of the others ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

from fairlead.case.lists.prepared import View
from fairlead.engine.catalogue import Catalogue
from fairlead.records.joins import Outcome
from fairlead.tables.records import LOOKUPS

EXAMPLES = 5
_WHY = {
    Outcome.NO_ROW: "no row in {at} has the value",
    Outcome.SEVERAL: "rows in {at} give several values for it",
    Outcome.NO_ACCOUNT: "the last value is of no account",
    Outcome.SEVERAL_ACCOUNTS: "the last value is of several accounts",
}


class Ended(TypedDict):
    """A row of JOINS_VIEW: rows of one source whose ways ended alike, and up to five values with a place of each."""

    source: str
    rows_of: str
    way: str
    outcome: str
    lost_at: str | None
    n: int
    examples: list[str]


JOINS_VIEW = View(
    name="desk_joins",
    row=Ended,
    sql=f"""SELECT source, rows_of, way, outcome, lost_at, count(*) AS n,
                   min(value || ' (' || exhibit || ':' || locator || ')', {EXAMPLES}) FILTER (WHERE first) AS examples
            FROM (SELECT *, row_number() OVER (PARTITION BY source, rows_of, way, value ORDER BY exhibit, locator) = 1
                  AS first FROM lookups) GROUP BY ALL ORDER BY ALL""",
    reads=(LOOKUPS,),
)
"""Every join of the mapping that was followed, and how its ways ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What one join of the mapping found: how many rows found their account and how many did not, five of each, and why.

    ``lost`` are sentences with counts; examples are values with the place of a row that has them.
    """

    source: str
    rows_of: str
    way: str
    found: int
    not_found: int
    lost: tuple[str, ...]
    found_examples: tuple[str, ...]
    lost_examples: tuple[str, ...]


def find_joined(catalogue: Catalogue) -> Iterator[Joined]:
    """Every join that was followed, with its counts and examples, from JOINS_VIEW; none where there are no joins."""
    rows = catalogue.rows_as(Ended, f"SELECT * FROM {JOINS_VIEW.name} ORDER BY ALL")
    for way in dict.fromkeys((row["source"], row["rows_of"], row["way"]) for row in rows):
        mine = [row for row in rows if (row["source"], row["rows_of"], row["way"]) == way]
        found = [row for row in mine if row["outcome"] == Outcome.FOUND]
        lost = sorted((row for row in mine if row["outcome"] != Outcome.FOUND), key=lambda row: -row["n"])
        source, rows_of, name = way
        yield Joined(
            source=source,
            rows_of=rows_of,
            way=name,
            found=sum(row["n"] for row in found),
            not_found=sum(row["n"] for row in lost),
            lost=tuple(
                f"{row['n']:,}: {_WHY[Outcome(row['outcome'])].format(at=row['lost_at'])}" for row in lost
            ),
            found_examples=tuple(example for row in found for example in row["examples"])[:EXAMPLES],
            lost_examples=tuple(example for row in lost for example in row["examples"])[:EXAMPLES],
        )
