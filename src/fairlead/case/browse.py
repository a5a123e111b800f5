"""Lists over the tables for eyes: filtered, ordered, one page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead.case.session import Session
from fairlead.engine.catalogue import Catalogue

PAGE_ROWS = 50
EXPORT_ROWS = 200_000


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
        counted = catalogue.rows(f"SELECT count(*) AS n FROM ({question.select}) WHERE {where}", values)
        rows = catalogue.rows(
            f"SELECT * FROM ({question.select}) WHERE {where} ORDER BY {question.order} "
            f"LIMIT {PAGE_ROWS} OFFSET {(max(1, page) - 1) * PAGE_ROWS}",
            values,
        )
        listed = {name: _facet(catalogue, question, name) for name in facets}
    finally:
        catalogue.close()
    return Answer(rows=rows, total=int(counted[0]["n"]), page=max(1, page), facets=listed)


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
        f"WHERE {where} AND {name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 40",
        values,
    )
    return [(row["k"], int(row["n"])) for row in rows]
