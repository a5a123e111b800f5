"""The page of a mapping's keys, made from its schema."""

from __future__ import annotations

import types
import typing
from enum import StrEnum

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fairlead.records.joins import ColumnJoin, LogJoin, Step
from fairlead.records.mapping import (
    AccountRoles,
    AccountTable,
    ActRule,
    ColumnUse,
    DumpSource,
    EventRoles,
    EventTable,
    LogSource,
    PaymentRoles,
    PaymentSource,
    PaymentTable,
    SqliteSource,
    SubscriberRoles,
    SubscriberSource,
    preset_names,
)
from fairlead.records.money import InstrumentKind, shipped_states

_PARTS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("[[source]] of kind sql_dump", "A dump of the platform's database.", DumpSource),
    ("[[source]] of kind sqlite", "A SQLite database of the platform.", SqliteSource),
    ("[[source]] of kind access_log", "An access log.", LogSource),
    ("[[source]] of kind payments", "A payment export.", PaymentSource),
    ("[[source]] of kind subscribers", "A provider's reply.", SubscriberSource),
    ('[[source.table]] with rows = "accounts"', "A table of accounts.", AccountTable),
    ('[[source.table]] with rows = "payments"', "A table of payments.", PaymentTable),
    ('[[source.table]] with rows = "events"', "A table of events.", EventTable),
    ("[[source.join]] of a log", "How lines that name no account lead to one.", LogJoin),
    (
        "[[source.join]] of payments, [[source.table.join]]",
        "How rows that name no account lead to one.",
        ColumnJoin,
    ),
    ("A step of a join", "One table on the way, in `through`.", Step),
    ("A role", "The name of a column in quotation marks, or a table with these keys.", ColumnUse),
    ("Roles of accounts", "Each is a role as above.", AccountRoles),
    ("Roles of subscribers", "Each is a role as above.", SubscriberRoles),
    ("Roles of payments", "Each is a role as above.", PaymentRoles),
    ("Roles of events", "Each is a role as above.", EventRoles),
    ("[[rule]]", "One rule by which acts are derived.", ActRule),
)


def render_mapping() -> str:
    """Every key of a mapping file, with what it may be and what it is when it is left out."""
    lines = [
        "# Keys of a mapping",
        "",
        "Every key that a mapping file may have. How to write one: `docs/how-to/map-a-platforms-records.md`.",
    ]
    for title, about, model in _PARTS:
        lines += ["", f"## {title}", "", about, "", "| key | is | left out | meaning |", "|---|---|---|---|"]
        lines += [_line(name, field) for name, field in model.model_fields.items()]
    lines += [
        "",
        "## Presets",
        "",
        ", ".join(f"`{name}`" for name in preset_names()),
        "",
        "## Tables of states",
        "",
    ]
    lines += ["For `states` of a role. What is not in a table is `unclear` and never counted as paid.", ""]
    for name, states in sorted(shipped_states().items()):
        lines.append(f"- `{name}`: " + ", ".join(f"{state} → {kind.value}" for state, kind in states.items()))
    kinds = ", ".join(kind.value for kind in InstrumentKind)
    lines += [
        "",
        "## Kinds of instruments",
        "",
        f"{kinds}. A card of which two to six digits are there is a card_tail.",
    ]
    return "\n".join(lines) + "\n"


def _line(name: str, field: FieldInfo) -> str:
    default = "has to be there" if field.is_required() else _default(field.default)
    meaning = (field.description or "").replace("|", "\\|")
    return f"| {name} | {_kind(field.annotation)} | {default} | {meaning} |"


def _default(value: object) -> str:
    if value in (None, (), {}, ""):
        return "nothing"
    return f"`{value.value if isinstance(value, StrEnum) else value}`"


def _kind(annotation: object) -> str:
    """A type in words."""
    origin = typing.get_origin(annotation)
    given = typing.get_args(annotation)
    if origin is typing.Literal:
        return _listed(given)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_kind(one) for one in given if one is not type(None)))
    if origin is not None:
        return f"list of {_kind(given[0])}" if origin is tuple else "table of text = text"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return _listed(tuple(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "role" if annotation is ColumnUse else "table"
    words: dict[object, str] = {str: "text", int: "whole number", bool: "true or false"}
    return words.get(annotation, "table")


def _listed(values: tuple[object, ...]) -> str:
    return " or ".join(f"`{value.value if isinstance(value, StrEnum) else value}`" for value in values)
