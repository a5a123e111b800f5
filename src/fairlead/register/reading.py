"""Reads rows of the register that the gate has let through, as rows of a type."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import F, QuerySet

R = TypeVar("R")


def read_rows(rows: QuerySet[Any], row: type[R], *, limit: int | None = None, **computed: F) -> list[R]:
    """The rows that the gate let through as rows of a type; ``computed`` are keys that are no columns of the table."""
    return list(_asked(rows, row, computed)[:limit])


def read_first(rows: QuerySet[Any], row: type[R], **computed: F) -> R | None:
    """The first of them, or None."""
    found: R | None = _asked(rows, row, computed).first()
    return found


def _asked(rows: QuerySet[Any], row: type[R], computed: dict[str, F]) -> QuerySet[Any]:
    return rows.values(*(name for name in row.__annotations__ if name not in computed), **computed)
