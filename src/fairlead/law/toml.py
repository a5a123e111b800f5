"""Writes law records as TOML in one fixed form, so that TOML → JSON → TOML gives the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

# Fields in the order in which they are written; one not listed here follows in the order given.
_ORDER = (
    "schema", "code", "name", "provision", "sentence", "id", "jurisdictions", "acts", "images", "age_band", "contents",
    "citation", "uri", "text", "status", "liability", "valid_from", "from_unknown", "valid_to", "enacted_on",
    "penalty", "defences", "notes", "basis", "confidence", "seed_confidence", "sources", "recorded_on", "superseded_on",
    "verified_on", "verified_by", "verified_state", "condition", "wording", "open_question", "question", "says",
    "language", "words", "translation", "read_on", "means", "digest", "kind", "all_of", "any_of",
)  # fmt: skip
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_RANK = {name: rank for rank, name in enumerate(_ORDER)}


def write_toml(record: Mapping[str, Any]) -> str:
    """A record as TOML text: plain values, then tables, then arrays of tables; dates stay quoted text."""
    return "\n".join(_lines(record, ())) + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    names = sorted(table, key=lambda name: _RANK.get(name, len(_ORDER)))
    plain = [n for n in names if not isinstance(table[n], Mapping) and not _is_tables(table[n])]
    lines = [f"{_key(name)} = {_value(table[name])}" for name in plain]
    for name in names:
        value = table[name]
        inner = (*path, _key(name))
        if isinstance(value, Mapping):
            lines += ["", f"[{'.'.join(inner)}]", *_lines(value, inner)]
        elif _is_tables(value):
            for row in value:
                lines += ["", f"[[{'.'.join(inner)}]]", *_lines(row, inner)]
    return lines


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML forbids it bare
        case Sequence():
            return "[" + ", ".join(_value(item) for item in value) + "]"
    raise TypeError(f"law records hold no {type(value).__name__}")
