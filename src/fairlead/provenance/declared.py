"""What a file declares without a signature: generator metadata and the IPTC digital source type."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairlead.provenance.signal import Item, Signal
from fairlead.terms.provenance import Finding, SignalKind, Strength

_DATA = Path(__file__).parent / "data"
_RULE_KEYS = {"id", "name", "namespaces", "keys", "pattern", "tool", "derived", "source"}
_FORGEABLE = (
    "Unsigned: anybody can write such text into any file, also into a photograph, and anybody can remove it."
)
_INPUT_FORGEABLE = (
    "Unsigned. Says that some picture was loaded, not which; it may have been machine-made itself."
)
_ONE_LINE = "Unsigned: one line of text that any program can write or change."
_SOURCE_TYPE_KEYS = {"Iptc4xmpExt:DigitalSourceType", "Iptc4xmpExt:digitalSourceType"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorRule:
    """How one program can be told by a metadata item; a row of data/generators.toml."""

    id: str
    name: str
    namespaces: frozenset[str]
    keys: frozenset[str]
    pattern: re.Pattern[str] | None
    tool: re.Pattern[str] | None
    derived: tuple[re.Pattern[str], ...]
    source: str

    def matches(self, item: Item) -> bool:
        """Whether the item is what the rule describes."""
        if item.namespace not in self.namespaces or item.key not in self.keys:
            return False
        return self.pattern is None or self.pattern.search(item.value) is not None


@functools.cache
def generator_rules() -> tuple[GeneratorRule, ...]:
    """All rules in the order of the file. Raises ValueError for a key the schema does not know."""
    return parse_rules((_DATA / "generators.toml").read_text("utf-8"))


def parse_rules(text: str) -> tuple[GeneratorRule, ...]:
    """Read rules from TOML. Raises ValueError for an unknown or a missing key."""
    rules = []
    for row in tomllib.loads(text)["rule"]:
        unknown = row.keys() - _RULE_KEYS
        missing = {"id", "name", "namespaces", "keys", "source"} - row.keys()
        if unknown or missing:
            raise ValueError(f"rule {row.get('id')}: unknown {sorted(unknown)}, missing {sorted(missing)}")
        rules.append(
            GeneratorRule(
                id=row["id"],
                name=row["name"],
                namespaces=frozenset(row["namespaces"]),
                keys=frozenset(row["keys"]),
                pattern=re.compile(row["pattern"]) if "pattern" in row else None,
                tool=re.compile(row["tool"]) if "tool" in row else None,
                derived=tuple(re.compile(pattern) for pattern in row.get("derived", ())),
                source=row["source"],
            )
        )
    return tuple(rules)


@functools.cache
def source_type_findings() -> dict[str, Finding]:
    """What each IPTC digital source type points to."""
    table = tomllib.loads((_DATA / "source_types.toml").read_text("utf-8"))
    return {code: Finding(finding) for code, finding in table["findings"].items()}


def find_generator_signals(items: list[Item]) -> Iterator[Signal]:
    """A signal for each program named, and one more where it says that a picture was its input."""
    for item in items:
        for rule in generator_rules():
            if not rule.matches(item):
                continue
            named = rule.tool.search(item.value) if rule.tool else None
            tool = f"{rule.name}: {_clean(named.group(1))}" if named else rule.name
            yield Signal(
                kind=SignalKind.GENERATOR_METADATA,
                finding=Finding.MACHINE_MADE,
                strength=Strength.MODERATE,
                tool=tool,
                detail=f"{item.namespace} item {item.key} has the form that {rule.name} writes ({rule.id})",
                caveat=_FORGEABLE,
                offset=item.offset,
                length=item.length,
            )
            if any(pattern.search(item.value) for pattern in rule.derived):
                yield Signal(
                    kind=SignalKind.GENERATOR_METADATA,
                    finding=Finding.DERIVED_FROM_PICTURE,
                    strength=Strength.MODERATE,
                    tool=tool,
                    detail=f"{item.namespace} item {item.key} names a picture as input ({rule.id})",
                    caveat=_INPUT_FORGEABLE,
                    offset=item.offset,
                    length=item.length,
                )


def find_source_type_signals(items: list[Item]) -> Iterator[Signal]:
    """A signal for each IPTC digital source type in XMP."""
    for item in items:
        if item.namespace != "xmp" or item.key not in _SOURCE_TYPE_KEYS:
            continue
        code = item.value.strip().rstrip("/").rpartition("/")[2]
        finding = source_type_findings().get(code)
        known = finding is not None
        yield Signal(
            kind=SignalKind.DIGITAL_SOURCE_TYPE,
            finding=finding or Finding.OTHER,
            strength=Strength.WEAK if known and finding is not Finding.OTHER else Strength.NO_SUPPORT,
            detail=f"IPTC digital source type {code}" if known else "an unknown IPTC digital source type",
            caveat=_ONE_LINE,
            offset=item.offset,
            length=item.length,
        )


def _clean(name: str) -> str:
    return "".join(character for character in name if character.isprintable())[:80]
