"""Reads the fields of one table of a law file against a closed schema, collecting what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong in the law's data: the file, the place in it, and what to change."""

    file: str
    place: str
    message: str


class Fields:
    """The fields of one table. Every field read is ticked off; ``end`` reports what nobody asked for."""

    def __init__(self, table: Mapping[str, Any], *, file: str, place: str, findings: list[Finding]) -> None:
        self._table = table
        self._file = file
        self._place = place
        self._findings = findings
        self._read: set[str] = set()

    def report(self, message: str) -> None:
        """Note a finding about this table."""
        self._findings.append(Finding(file=self._file, place=self._place, message=message))

    def _take(self, name: str, *, required: bool) -> Any:
        self._read.add(name)
        if required and name not in self._table:
            self.report(f"the field {name} is missing")
        return self._table.get(name)

    def text(self, name: str, *, required: bool = False) -> str:
        """A text; empty when absent."""
        value = self._take(name, required=required)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.report(f"{name} must be text in quotes, not {type(value).__name__}")
            return ""
        return value

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A day as quoted ISO text; an unquoted one is a finding, because JSON has no dates."""
        value = self._take(name, required=required)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self.report(f'{name} = "{value}" is no day; write it like "2026-11-22"')
                return None
        self.report(f'{name} is an unquoted date or number; write it in quotes, like "2026-11-22"')
        return None

    def must_day(self, name: str) -> date:
        """A day that has to be there."""
        return self.day(name, required=True) or date.min

    def flag(self, name: str) -> bool:
        """True or false; false when absent."""
        value = self._take(name, required=False)
        if value is not None and not isinstance(value, bool):
            self.report(f"{name} must be true or false")
        return value is True

    def texts(self, name: str, *, required: bool = False, distinct: bool = True) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(name, required=required)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.report(f"{name} must be a list of texts in quotes")
            return ()
        if distinct and len(set(value)) < len(value):
            self.report(f"{name} names something twice")
        return tuple(value)

    def word(self, name: str, words: type[Word], default: Word | None = None) -> Word:
        """One word of a closed list."""
        value = self.text(name, required=default is None)
        if not value and default is not None:
            return default
        if value in set(words):
            return words(value)
        if value:
            self.report(f"{name} = {value!r} is not one of: {', '.join(words)}")
        return default or next(iter(words))

    def maybe_word(self, name: str, words: type[Word]) -> Word | None:
        """One word of a closed list, or None when absent."""
        return self.word(name, words) if name in self._table else self._take(name, required=False)

    def words(
        self, name: str, words: type[Word], *, required: bool = False, distinct: bool = True
    ) -> tuple[Word, ...]:
        """A list of words of a closed list."""
        found = []
        for value in self.texts(name, required=required, distinct=distinct):
            if value in set(words):
                found.append(words(value))
            else:
                self.report(f"{name} holds {value!r}, which is not one of: {', '.join(words)}")
        return tuple(found)

    def table(self, name: str, *, required: bool = False) -> Fields:
        """A table inside this one; empty when absent."""
        value = self._take(name, required=required)
        if value is not None and not isinstance(value, Mapping):
            self.report(f"{name} must be a table")
            value = None
        return self._inner(value or {}, name)

    def tables(self, name: str) -> list[Fields]:
        """An array of tables inside this one."""
        value = self._take(name, required=False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            self.report(f"{name} must be an array of tables")
            return []
        return [self._inner(row, f"{name} {number}") for number, row in enumerate(value, start=1)]

    def names(self) -> tuple[str, ...]:
        """The names of all fields, for tables whose keys are data."""
        return tuple(self._table)

    def named(self, place: str) -> None:
        """Say where findings of this table are, once its id is known."""
        if place:
            self._place = place

    def end(self) -> None:
        """Report every field that the schema does not know."""
        for name in self._table:
            if name not in self._read:
                self.report(f"the field {name} is not known to the schema; correct its name or remove it")

    def _inner(self, table: Mapping[str, Any], name: str) -> Fields:
        place = f"{self._place}, {name}" if self._place else name
        return Fields(table, file=self._file, place=place, findings=self._findings)
