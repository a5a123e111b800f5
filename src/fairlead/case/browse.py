"""Lists over the tables for eyes: filtered, ordered, one page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead.case.session import Session
from fairlead.engine.catalogue import Catalogue

PAGE_ROWS = 50
EXPORT_ROWS = 200_000
_FACET_VALUES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A SELECT without order and limit, the filters that are set, and how it is ordered.

    ``filters`` maps a column to the text it must equal; ``search`` is looked for in ``searched`` columns.
    Column names come from the program, values from people: values travel as parameters only.
    """

    select: str
    order: str
    filters: dict[str, str]
    search: str = ""
    searched: tuple[str, ...] = ()

    def where(self) -> tuple[str, dict[str, Any]]:
        """The condition and its parameters."""
        parts, values = ["true"], dict[str, Any]()
        for number, (column, value) in enumerate(sorted(self.filters.items())):
            parts.append(f"CAST({column} AS VARCHAR) = $f{number}")
            values[f"f{number}"] = value
        if self.search and self.searched:
            listed = " OR ".join(f"contains(lower(CAST({c} AS VARCHAR)), lower($q))" for c in self.searched)
            parts.append(f"({listed})")
            values["q"] = self.search
        return " AND ".join(parts), values


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Rows of one page, how many there are in all, and the values each filter could take with their counts."""

    rows: list[dict[str, Any]]
    total: int
    page: int
    facets: dict[str, list[tuple[str, int]]]

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // PAGE_ROWS))


def browse(session: Session, question: Question, *, page: int = 1, facets: tuple[str, ...] = ()) -> Answer:
    """One page of a list, from 1. Counts of a facet are over what the other filters leave."""
    where, values = question.where()
    catalogue = Catalogue(session.store)
    try:
        rows = catalogue.rows(
            f"SELECT * FROM ({question.select}) WHERE {where} ORDER BY {question.order} "
            f"LIMIT {PAGE_ROWS} OFFSET {(max(1, page) - 1) * PAGE_ROWS}",
            values,
        )
        total, listed = _count(catalogue, question, facets)
        for name in facets:
            if name in question.filters:
                listed[name] = _facet(catalogue, question, name)
    finally:
        catalogue.close()
    return Answer(rows=rows, total=total, page=max(1, page), facets=listed)


def _count(
    catalogue: Catalogue, question: Question, facets: tuple[str, ...]
) -> tuple[int, dict[str, list[tuple[str, int]]]]:
    """All rows, and the values of every facet, counted in one pass over what the filters leave."""
    where, values = question.where()
    if not facets:
        counted = catalogue.rows(f"SELECT count(*) AS n FROM ({question.select}) WHERE {where}", values)
        return int(counted[0]["n"]), {}
    names = [f"c{number}" for number in range(len(facets))]
    columns = ", ".join(
        f"CAST({facet} AS VARCHAR) AS {name}" for name, facet in zip(names, facets, strict=True)
    )
    sets = ", ".join(f"({name})" for name in names)
    rows = catalogue.rows(
        f"SELECT {', '.join(names)}, grouping({', '.join(names)}) AS without, count(*) AS n "
        f"FROM (SELECT {columns} FROM ({question.select}) WHERE {where}) GROUP BY GROUPING SETS ({sets}, ())",
        values,
    )
    everything = 2 ** len(names) - 1
    listed: dict[str, list[tuple[str, int]]] = {}
    for number, (name, facet) in enumerate(zip(names, facets, strict=True)):
        this = everything - 2 ** (len(names) - 1 - number)
        found = [
            (row[name], int(row["n"])) for row in rows if row["without"] == this and row[name] is not None
        ]
        listed[facet] = sorted(found, key=lambda pair: (-pair[1], pair[0]))[:_FACET_VALUES]
    return next(int(row["n"]) for row in rows if row["without"] == everything), listed


def browse_all(session: Session, question: Question) -> list[dict[str, Any]]:
    """Every row of a list, for an export; at most ``EXPORT_ROWS``."""
    where, values = question.where()
    catalogue = Catalogue(session.store)
    try:
        return catalogue.rows(
            f"SELECT * FROM ({question.select}) WHERE {where} ORDER BY {question.order} LIMIT {EXPORT_ROWS}",
            values,
        )
    finally:
        catalogue.close()


def _facet(catalogue: Catalogue, question: Question, name: str) -> list[tuple[str, int]]:
    others = {k: v for k, v in question.filters.items() if k != name}
    where, values = Question(
        select=question.select,
        order="1",
        filters=others,
        search=question.search,
        searched=question.searched,
    ).where()
    rows = catalogue.rows(
        f"SELECT CAST({name} AS VARCHAR) AS k, count(*) AS n FROM ({question.select}) "
        f"WHERE {where} AND {name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_FACET_VALUES}",
        values,
    )
    return [(row["k"], int(row["n"])) for row in rows]
