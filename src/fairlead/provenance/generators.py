"""Signatures of generators, as data: what each program writes into its files, and what facts the text states."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

from fairlead.provenance.graphs import takes_a_picture_in
from fairlead.provenance.signal import Item, printable

_DATA = Path(__file__).parent / "data"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_NEEDED = {"id", "name", "namespaces", "keys", "source"}
_KNOWN = _NEEDED | {
    "pattern",
    "unless",
    "tool",
    "derived",
    "also_key",
    "also_pattern",
    "facts",
    "layout",
    "settings",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorRule:
    """How one program can be told by a metadata item; a row of data/generators.toml.

    ``also_key`` and ``also_pattern`` ask for a second item of the same namespace. ``layout`` says that the
    value is a graph of nodes; ``settings`` where the settings begin behind the words of a prompt.
    """

    id: str
    name: str
    namespaces: frozenset[str]
    keys: frozenset[str]
    pattern: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    tool: re.Pattern[str] | None
    derived: tuple[re.Pattern[str], ...]
    also_key: str
    also_pattern: re.Pattern[str] | None
    facts: tuple[tuple[str, re.Pattern[str]], ...]
    layout: bool
    settings: re.Pattern[str] | None
    source: str

    def matches(self, item: Item, beside: Sequence[Item] = ()) -> bool:
        """Whether the item is what the rule describes; ``beside`` are the other items of the content."""
        if item.namespace not in self.namespaces or item.key not in self.keys:
            return False
        if self.pattern is not None and not self.pattern.search(item.value):
            return False
        if self.unless is not None and self.unless.search(item.value):
            return False
        return not self.also_key or any(
            other.namespace == item.namespace
            and other.key == self.also_key
            and (self.also_pattern is None or self.also_pattern.search(other.value))
            for other in beside
        )

    def tool_of(self, item: Item) -> str:
        """The program's name, with version or model where the text states one."""
        named = self.tool.search(item.value) if self.tool else None
        return f"{self.name}: {printable(named.group(1))}" if named else self.name

    def names_input(self, item: Item) -> bool:
        """Whether the text says that another picture was the input: its settings, never the words of a prompt."""
        told = self._settings_of(item.value)
        if any(pattern.search(told) for pattern in self.derived):
            return True
        return self.layout and takes_a_picture_in(item.value)

    def _settings_of(self, value: str) -> str:
        """The part behind the last place where settings begin, without what stands in quotation marks."""
        if self.settings is None:
            return value
        last = max((found.start() for found in self.settings.finditer(value)), default=0)
        return _QUOTED.sub('""', value[last:])


@functools.cache
def generator_rules() -> tuple[GeneratorRule, ...]:
    """All rules in the order of the file. Raises ValueError for a key the schema does not know."""
    return parse_rules((_DATA / "generators.toml").read_text("utf-8"))


def parse_rules(text: str) -> tuple[GeneratorRule, ...]:
    """Read rules from TOML. Raises ValueError for an unknown or a missing key."""
    file = tomllib.loads(text)
    groups = {name: frozenset(members) for name, members in file.get("namespaces", {}).items()}
    return tuple(_rule(row, groups) for row in file["rule"])


class _RuleTold(TypedDict):
    """A rule as the file has it."""

    id: str
    name: str
    namespaces: list[str]
    keys: list[str]
    source: str
    pattern: NotRequired[str]
    unless: NotRequired[str]
    tool: NotRequired[str]
    derived: NotRequired[list[str]]
    also_key: NotRequired[str]
    also_pattern: NotRequired[str]
    facts: NotRequired[dict[str, list[str]]]
    layout: NotRequired[bool]
    settings: NotRequired[str]


def _rule(row: _RuleTold, groups: dict[str, frozenset[str]]) -> GeneratorRule:
    unknown, missing = row.keys() - _KNOWN, _NEEDED - row.keys()
    if unknown or missing:
        raise ValueError(f"rule {row.get('id')}: unknown {sorted(unknown)}, missing {sorted(missing)}")
    namespaces = frozenset[str]().union(*(groups.get(name, {name}) for name in row["namespaces"]))
    return GeneratorRule(
        id=row["id"],
        name=row["name"],
        namespaces=namespaces,
        keys=frozenset(row["keys"]),
        pattern=_compiled(row.get("pattern")),
        unless=_compiled(row.get("unless")),
        tool=_compiled(row.get("tool")),
        derived=tuple(re.compile(pattern) for pattern in row.get("derived", ())),
        also_key=row.get("also_key", ""),
        also_pattern=_compiled(row.get("also_pattern")),
        facts=tuple(
            (name, re.compile(pattern)) for name, listed in row.get("facts", {}).items() for pattern in listed
        ),
        layout=row.get("layout", False),
        settings=_compiled(row.get("settings")),
        source=row["source"],
    )


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    return re.compile(pattern) if pattern is not None else None
