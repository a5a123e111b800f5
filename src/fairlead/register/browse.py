"""Lists of rows that the gate has let through: filtered, counted and paged by the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

_FACET_VALUES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Filters that are set, words to look for, and which rows of the list are wanted; all when ``limit`` is None."""

    filters: dict[str, str] = field(default_factory=dict)
    search: str = ""
    start: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The rows that were wanted, how many there are in all, and the values of each facet with their counts."""

    rows: list[Any]
    total: int
    facets: dict[str, list[tuple[str, int]]]


def browse_rows(
    rows: QuerySet[Any],
    asked: Asked,
    *,
    facets: tuple[str, ...],
    searched: tuple[str, ...],
    order: tuple[str, ...],
) -> Found:
    """One page of ``rows``. As many queries as there are facets and two, whatever the number of rows.

    Counts of a facet are over what the other filters leave. Names of columns come from the program only.
    """
    if asked.search and searched:
        words = Q()
        for column in searched:
            words |= Q(**{f"{column}__icontains": asked.search})
        rows = rows.filter(words)
    wanted = {name: value for name, value in asked.filters.items() if name in facets}
    counted = {}
    for name in facets:
        others = {k: v for k, v in wanted.items() if k != name}
        values = (
            rows.filter(**others).exclude(**{name: ""}).order_by().values_list(name).annotate(n=Count("pk"))
        )
        counted[name] = [(str(value), n) for value, n in values.order_by("-n", name)[:_FACET_VALUES]]
    kept = rows.filter(**wanted)
    end = None if asked.limit is None else asked.start + asked.limit
    return Found(rows=list(kept.order_by(*order)[asked.start : end]), total=kept.count(), facets=counted)
