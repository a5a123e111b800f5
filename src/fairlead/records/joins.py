"""Joins of a mapping: how a row that names no account leads to one, through other tables of the platform."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Literal, TypeVar

from pydantic import Field, model_validator

from fairlead.records.closed import Closed


class Outcome(StrEnum):
    """What came of looking for the account of one row."""

    FOUND = "found"
    NO_ROW = "no_row"
    SEVERAL = "several"
    NO_ACCOUNT = "no_account"
    SEVERAL_ACCOUNTS = "several_accounts"


class Step(Closed):
    """One table on the way: the row whose ``key`` has the value gives the next value."""

    table: str = Field(description="table to look in, as short as it is unique")
    key: str = Field(
        description="its column that holds the value; no two rows may give different ones for it"
    )
    gives: str = Field(description="its column that holds the next value")
    source: str | None = Field(
        None, description="source of that table; the one whose accounts are meant when left out"
    )


class _Join(Closed):
    pattern: str | None = Field(
        None,
        description="a regular expression; its one group is the value to look for; the whole text when left out",
    )
    through: tuple[Step, ...] = Field((), description="the tables on the way, in their order")
    ends: Literal["id", "user_name", "email"] = Field(
        "id", description="what of an account the last value is"
    )

    @model_validator(mode="after")
    def _one_group(self) -> _Join:
        if self.pattern is not None and groups_of(self.pattern) != 1:
            raise ValueError("pattern is a regular expression with exactly one group")
        return self

    def found_in(self, text: str | None) -> str | None:
        """The value that a text has to look for; None when it has none."""
        if not text:
            return None
        if self.pattern is None:
            return text
        found = re.search(self.pattern, text)
        return (found.group(1) or None) if found is not None else None

    def _way(self, begin: str) -> str:
        steps = [f"{step.table}.{step.key} > {step.gives}" for step in self.through]
        return ", ".join([begin, *steps, f"account by {self.ends.replace('_', ' ')}"])


class ColumnJoin(_Join):
    """A join that begins in a column of the row."""

    column: str = Field(description="column whose text holds the value to look for")

    @property
    def way(self) -> str:
        """The whole way in words; the same for the same join."""
        return self._way(self.column)


class LogJoin(_Join):
    """A join that begins in a field of the log's line."""

    field: Literal["path", "user_name", "agent", "cookie"] = Field(
        description="field whose text holds the value to look for; cookies read as name=value; name=value"
    )

    @property
    def way(self) -> str:
        """The whole way in words; the same for the same join."""
        return self._way(self.field)


Join = ColumnJoin | LogJoin
J = TypeVar("J", ColumnJoin, LogJoin)


def groups_of(pattern: str) -> int:
    """How many groups a pattern has; -1 when it is none."""
    try:
        return re.compile(pattern).groups
    except re.error:
        return -1


def first_way(joins: Iterable[J], text_of: Callable[[J], str | None]) -> tuple[J, str] | None:
    """The first join for which a row has a value, and the value; None when it has none for any."""
    for join in joins:
        value = join.found_in(text_of(join))
        if value is not None:
            return join, value
    return None
