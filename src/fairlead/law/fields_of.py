"""A record as a list of fields that a lawyer can read and correct, and back: paths such as ``penalty.tier.2.max``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.terms.errors import UsageError

FIXED = frozenset({
    "id", "schema", "provision", "seed_confidence", "recorded_on", "superseded_on", "verified_on", "verified_by",
    "verified_state", "wording.digest", "wording.read_on",
})  # fmt: skip
"""Fields that a form shows to nobody: they say what the program did."""
OFFERED = (
    "citation", "uri", "valid_from", "valid_to", "penalty.min", "penalty.max", "penalty.text", "wording.language",
    "wording.words", "wording.translation", "wording.means",
)  # fmt: skip
"""Fields that a form offers where a record does not have them yet."""


def fields_of(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every field of a record with its value as text; lists of texts joined by semicolons."""
    for name, value in record.items():
        path = f"{prefix}{name}"
        if path in FIXED or name in ("version", "answer"):
            continue
        match value:
            case Mapping():
                yield from fields_of(value, f"{path}.")
            case list() if value and isinstance(value[0], Mapping):
                for number, row in enumerate(value, start=1):
                    yield from fields_of(row, f"{path}.{number}.")
            case _:
                yield path, say_value(value)


def say_value(value: Any) -> str:
    """A value of a field as text."""
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(str(item) for item in value)
    return str(value)


def corrected(record: Mapping[str, Any], corrections: Mapping[str, str]) -> dict[str, Any]:
    """A copy of a record with fields set; an empty text or “-” takes a field away. UsageError for an unknown path."""
    fresh: dict[str, Any] = json.loads(json.dumps(record))
    for path, said in corrections.items():
        if path in FIXED:
            raise _unknown(path)
        _set(fresh, path.split("."), said.strip(), path)
    return fresh


def _set(table: dict[str, Any], path: list[str], said: str, whole: str) -> None:
    name, *rest = path
    if not rest:
        if said in ("", "-"):
            table.pop(name, None)
        else:
            table[name] = _value(table.get(name), said, name)
        return
    inner = table.get(name)
    if isinstance(inner, list):
        number = int(rest[0]) if rest[0].isdecimal() else 0
        if not (1 <= number <= len(inner) and isinstance(inner[number - 1], dict) and len(rest) > 1):
            raise _unknown(whole)
        _set(inner[number - 1], rest[1:], said, whole)
        return
    if inner is None and name in ("penalty", "wording"):
        inner = table[name] = {}
    if not isinstance(inner, dict):
        raise _unknown(whole)
    _set(inner, rest, said, whole)


def _value(before: Any, said: str, name: str) -> Any:
    lists = ("acts", "contents", "notes", "defences", "sources", "all_of", "any_of", "jurisdictions")
    if isinstance(before, bool) or name == "from_unknown":
        return said.lower() in ("yes", "true", "ja", "oui")
    if isinstance(before, list) or name in lists:
        return [item.strip() for item in said.split(";") if item.strip()]
    return said


def _unknown(path: str) -> UsageError:
    return UsageError(
        f"no field {path} can be corrected in a form",
        "Leave the column of fields as it was printed, and write beside it.",
        code="LAW-FIELD",
    )
