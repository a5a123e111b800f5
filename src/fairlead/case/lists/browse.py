"""Lists over the tables for eyes: filtered, one page at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairlead.case.lists.prepared import View, open_views
from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue

PAGE_ROWS = 50
_FACET_VALUES = 40
_EXPORT_ROWS = 5000
_COUNTED = "counted"
_DIGEST = re.compile("[0-9a-f]{3,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A view, the filters that are set, and words to look for.

    ``filters`` maps a facet of the view to the text it must equal; ``search`` is looked for in the view's column
    ``text``, which is in lower case, and at the beginning of its column ``digest`` when it looks like a digest.
    Column names come from the program, values from people: values travel as parameters only.
    """

    view: View
    filters: dict[str, str]
    search: str = ""
    digest: str = ""

    def where(self, *, but: str = "") -> tuple[str, dict[str, str]]:
        """The condition and its parameters, without the filter ``but``."""
        parts, values = ["true"], dict[str, str]()
        for number, (column, value) in enumerate(sorted(self.filters.items())):
            if column != but:
                parts.append(f"CAST({column} AS VARCHAR) = $f{number}")
                values[f"f{number}"] = value
        return " AND ".join(parts), values

    def words(self) -> tuple[str, dict[str, str]]:
        """The condition on words and its parameters."""
        if not self.search:
            return "true", {}
        wanted = self.search.lower()
        starts = f" OR starts_with({self.digest}, $q)" if self.digest and _DIGEST.fullmatch(wanted) else ""
        return f"(contains(text, $q){starts})", {"q": wanted}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Rows of one page, how many there are in all, and the values each filter could take with their counts."""

    rows: Sequence[Mapping[str, object]]
    total: int
    page: int
    facets: dict[str, list[tuple[str, int]]]

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // PAGE_ROWS))


def browse(session: Session, question: Question, *, page: int = 1) -> Answer:
    """One page of a list, from 1. Counts of a facet are over what the other filters leave."""
    page = max(1, page)
    catalogue = open_views(session, (question.view, question.view.counts))
    try:
        rows = _rows(catalogue, question, page)
        _hold_counts(catalogue, question)
        total, facets = _count(catalogue, question)
        for name in question.view.facets:
            if name in question.filters:
                facets[name] = _facet(catalogue, question, name)
    finally:
        catalogue.close()
    return Answer(rows=rows, total=total, page=page, facets=facets)


def _rows(catalogue: Catalogue, question: Question, page: int) -> Sequence[Mapping[str, object]]:
    """The rows of a page: first their places, for which few columns are read, then the rows at these places."""
    skipped = (page - 1) * PAGE_ROWS
    if not question.filters and not question.search:
        condition = f"place BETWEEN {skipped + 1} AND {skipped + PAGE_ROWS}"
    else:
        (where, values), (words, more) = question.where(), question.words()
        found = catalogue.rows(
            f"SELECT place FROM {question.view.name} WHERE {where} AND {words} "
            f"ORDER BY place LIMIT {PAGE_ROWS} OFFSET {skipped}",
            values | more,
        )
        if not found:
            return []
        places = [row["place"] for row in found]
        listed = ", ".join(map(str, places))
        condition = f"place BETWEEN {places[0]} AND {places[-1]} AND place IN ({listed})"
    return catalogue.rows(f"SELECT * FROM {question.view.name} WHERE {condition} ORDER BY place")


def _hold_counts(catalogue: Catalogue, question: Question) -> None:
    """How many rows there are for every combination of facets, of the rows that hold the words."""
    if not question.search:
        counted = catalogue.query(f"SELECT * FROM {question.view.counts.name}")
    else:
        words, values = question.words()
        listed = ", ".join(f"CAST({facet} AS VARCHAR) AS {facet}" for facet in question.view.facets)
        counted = catalogue.query(
            f"SELECT {listed}, count(*) AS n FROM {question.view.name} WHERE {words} GROUP BY ALL", values
        )
    catalogue.hold(_COUNTED, counted)


def _count(catalogue: Catalogue, question: Question) -> tuple[int, dict[str, list[tuple[str, int]]]]:
    """All rows, and the values of every facet, counted in one pass over what the filters leave."""
    where, values = question.where()
    facets = question.view.facets
    names = [f"c{number}" for number in range(len(facets))]
    columns = ", ".join(
        f"CAST({facet} AS VARCHAR) AS {name}" for name, facet in zip(names, facets, strict=True)
    )
    sets = ", ".join(f"({name})" for name in names)
    rows = catalogue.rows(
        f"SELECT {', '.join(names)}, grouping({', '.join(names)}) AS without, sum(n)::BIGINT AS n "
        f"FROM (SELECT {columns}, n FROM {_COUNTED} WHERE {where}) GROUP BY GROUPING SETS ({sets}, ())",
        values,
    )
    everything = 2 ** len(names) - 1
    listed: dict[str, list[tuple[str, int]]] = {}
    for number, (name, facet) in enumerate(zip(names, facets, strict=True)):
        this = everything - 2 ** (len(names) - 1 - number)
        found = [(row[name], row["n"]) for row in rows if row["without"] == this and row[name] is not None]
        listed[facet] = sorted(found, key=lambda pair: (-pair[1], pair[0]))[:_FACET_VALUES]
    return next(int(row["n"] or 0) for row in rows if row["without"] == everything), listed


def _facet(catalogue: Catalogue, question: Question, name: str) -> list[tuple[str, int]]:
    where, values = question.where(but=name)
    rows = catalogue.rows(
        f"SELECT CAST({name} AS VARCHAR) AS k, sum(n)::BIGINT AS n FROM {_COUNTED} "
        f"WHERE {where} AND {name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_FACET_VALUES}",
        values,
    )
    return [(row["k"], row["n"]) for row in rows]


def browse_all(session: Session, question: Question) -> tuple[int, Iterator[Mapping[str, object]]]:
    """How many rows a list has, and all of them, a few thousand at a time: for an export."""
    (where, values), (words, more) = question.where(), question.words()
    catalogue = open_views(session, (question.view, question.view.counts))
    _hold_counts(catalogue, question)
    total, _ = _count(catalogue, question)

    def read() -> Iterator[Mapping[str, object]]:
        try:
            last = 0
            while rows := catalogue.rows(
                f"SELECT * FROM {question.view.name} WHERE {where} AND {words} AND place > {last} "
                f"ORDER BY place LIMIT {_EXPORT_ROWS}",
                values | more,
            ):
                yield from rows
                last = rows[-1]["place"]
        finally:
            catalogue.close()

    return total, read()
