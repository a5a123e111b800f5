"""Draft a mapping from a dump: which table and column may be what, why, and ten rows as they would be read."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from fairlead.records.directory import AccountDirectory
from fairlead.records.dump import DumpItem, DumpReader, DumpRow, DumpRows
from fairlead.records.load import load_source
from fairlead.records.mapping import RowKind, parse_mapping
from fairlead.records.sqlite import MAGIC, read_sqlite
from fairlead.records.streams import as_descriptor
from fairlead.terms.errors import UsageError

SAMPLE_ROWS = 200
PREVIEW_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedRole:
    """A column that may have a role, and why."""

    role: str
    column: str
    use: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTable:
    """A dumped table that may hold accounts, payments or events."""

    table: str
    rows: RowKind
    reason: str
    roles: tuple[ProposedRole, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The drafted mapping as TOML with its reasons as comments, and rows as it would read them."""

    toml: str
    tables: tuple[ProposedTable, ...]
    unmapped: tuple[str, ...]
    preview: dict[str, list[Mapping[str, object]]] = field(default_factory=dict)


_EMAIL = re.compile(rb"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_ADDRESS = re.compile(rb"\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]+")
_UNIX = re.compile(rb"1[0-9]{9}")
_DATETIME = re.compile(rb"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}.*")
_AMOUNT = re.compile(rb"-?\d+(\.\d{1,4})?")
_WORD = re.compile(rb".{1,120}", re.DOTALL)

# role, pattern of the column's name, pattern that most of its values must fit
_ACCOUNT = (
    ("user_name", r"^(user_?name|login|user_login|nick(name)?|name)$", _WORD),
    ("email", r"e?_?mail", _EMAIL),
    ("phone", r"phone|mobile|tel(_|$)", re.compile(rb"\+?[\d ()/-]{6,}")),
    ("full_name", r"^(full_?name|real_?name|display_?name)$", _WORD),
    ("registered_ip", r"(reg|join|signup|create).*ip|^ip(_?addr(ess)?)?$|user_ip", _ADDRESS),
    ("last_ip", r"last.*ip", _ADDRESS),
    ("registered_at", r"reg.*(time|date|at|ed)$|^(created|joined|signup).*|user_regdate", None),
    ("last_seen_at", r"last.*(seen|active|activity|visit|login)", None),
    ("date_of_birth", r"birth|^dob$", re.compile(rb"\d{4}-\d{2}-\d{2}")),
    ("country", r"country", re.compile(rb"[A-Za-z]{2}")),
    ("postcode", r"post_?code|zip", _WORD),
    ("language", r"^(lang(uage)?|locale)$", _WORD),
    ("zone", r"time_?zone|^tz$", _WORD),
    ("device", r"device|fingerprint", _WORD),
    ("password", r"pass(word)?(_?hash)?|pwd", _WORD),
    ("status", r"^(status|role|rank|user_?group|type)$", _WORD),
)
_PAYMENT = (
    ("account_id", r"^(user|account|member|customer|buyer)_?id$|^uid$", re.compile(rb"\d+")),
    ("amount", r"amount|price|total|sum", _AMOUNT),
    ("currency", r"currency|^ccy$", re.compile(rb"[A-Za-z]{3}")),
    ("paid_at", r"(paid|created|booked|ordered|purchased).*|^(date|time|at)$|timestamp", None),
    ("reference", r"ref(erence)?|txn|transaction|processor|charge|payment_?id", _WORD),
    ("payer_email", r"e?_?mail", _EMAIL),
    ("ip", r"^ip(_?addr(ess)?)?$", _ADDRESS),
)
_EVENT = (
    (
        "account_id",
        r"^(user|account|member|sender|author|poster|from|owner|uploader)_?(user_?)?id$|^uid$|^sender$",
        re.compile(rb"\d+"),
    ),
    ("counterpart_id", r"^(recipient|receiver|to)_?(user_?)?id$|^recipient$", re.compile(rb"\d+")),
    ("at", r"(created|sent|posted|uploaded|logged|session).*|^(date|time|at|dateline)$|timestamp|_time$", None),
    ("ip", r"ip(_?addr(ess)?)?$", _ADDRESS),
    ("object", r"path|file|object|url", _WORD),
    ("agent", r"agent|browser", _WORD),
)  # fmt: skip
_ACTS = (
    ("message", r"message|post|comment|chat|mail|pm"),
    ("upload", r"upload|media|file|image|attachment"),
    ("access", r"session|login|access|visit"),
    ("download", r"download"),
    ("produce", r"generat|render|prompt_?job"),
)


def propose_mapping(dump: bytes | BinaryIO, *, exhibit: str, path: str, name: str = "platform") -> Proposal:
    """Draft a mapping from a dump; the draft leaves the zone unknown, because a dump does not say it.

    Only the first 200 rows of each table are looked at. A draft is for a person to correct.
    """
    whole = dump if isinstance(dump, bytes) else dump.read()
    samples = _sample(whole)
    tables = tuple(table for table in (_table(t, c, rows) for t, (c, rows) in samples.items()) if table)
    if not tables:
        raise UsageError(
            "no table of this dump looks like accounts, payments or events",
            "Write the mapping by hand: docs/how-to/map-a-platforms-records.md.",
            code="MAPPING-007",
        )
    kind = "sqlite" if whole.startswith(MAGIC) else "sql_dump"
    toml = "\n".join(_toml(tables, exhibit=exhibit, path=path, name=name, kind=kind))
    source = parse_mapping(toml).source[0]
    preview: dict[str, list[Mapping[str, object]]] = {}
    for table, batch in load_source(
        source,
        exhibit=exhibit,
        locator="",
        stream=io.BytesIO(whole),
        directory=AccountDirectory(),
        salt=b"preview",
    ):
        held = preview.setdefault(table.name, [])
        held += batch.slice(0, PREVIEW_ROWS - len(held)).to_pylist()
    mapped = {table.table for table in tables}
    return Proposal(
        toml=toml, tables=tables, unmapped=tuple(t for t in samples if t not in mapped), preview=preview
    )


def _sample(whole: bytes) -> dict[str, tuple[tuple[str, ...], list[DumpRow]]]:
    if whole.startswith(MAGIC):
        with as_descriptor(io.BytesIO(whole)) as descriptor:
            return _held(read_sqlite(descriptor, wanted=None, at_most=SAMPLE_ROWS))
    return _held(DumpReader(io.BytesIO(whole), wanted=None))


def _held(items: Iterable[DumpItem]) -> dict[str, tuple[tuple[str, ...], list[DumpRow]]]:
    samples: dict[str, tuple[tuple[str, ...], list[DumpRow]]] = {}
    for item in items:
        if isinstance(item, DumpRows) and item.columns:
            _, held = samples.setdefault(item.table, (item.columns, []))
            held += item.rows[: SAMPLE_ROWS - len(held)]
    return samples


def _table(table: str, columns: tuple[str, ...], rows: list[DumpRow]) -> ProposedTable | None:
    values: dict[str, list[bytes]] = {
        c: [v for r in rows for v in r.values[n : n + 1] if v is not None] for n, c in enumerate(columns)
    }
    accounts = _roles(_ACCOUNT, columns, values)
    payments = _roles(_PAYMENT, columns, values)
    events = _roles(_EVENT, columns, values)
    own = columns[0]
    key = ProposedRole(
        role="id", column=own, use=json.dumps(own), reason="the first column, its values are all different"
    )
    unique = len(set(values[own])) == len(rows)
    first = (key,) if unique else ()
    named = {role.role for role in accounts}
    if (
        unique
        and named & {"user_name", "email"}
        and named & {"password", "registered_at", "registered_ip", "email"}
        and re.search(r"user|member|account|customer", table)
    ):
        return ProposedTable(
            table=table,
            rows=RowKind.ACCOUNTS,
            reason="it has names or addresses and dates of registration",
            roles=(*first, *accounts),
        )
    paid = {role.role for role in payments}
    if "amount" in paid and paid & {"account_id", "payer_email", "reference"}:
        return ProposedTable(
            table=table,
            rows=RowKind.PAYMENTS,
            reason="it has amounts and says whose",
            roles=(*first, *payments),
        )
    happened = {role.role for role in events}
    act = next((act for act, pattern in _ACTS if re.search(pattern, table)), None)
    if act and {"account_id", "at"} <= happened:
        use = ProposedRole(
            role="act", column="", use=f'{{ constant = "{act}" }}', reason=f"the table is called {table}"
        )
        return ProposedTable(
            table=table,
            rows=RowKind.EVENTS,
            reason="it has an account and a time",
            roles=(*first, use, *events),
        )
    return None


def _roles(wanted: Any, columns: tuple[str, ...], values: dict[str, list[bytes]]) -> tuple[ProposedRole, ...]:
    found: dict[str, ProposedRole] = {}
    for role, name, pattern in wanted:
        for column in columns:
            taken = any(known.column == column for known in found.values())
            if role in found or taken or not re.search(name, column.lower()):
                continue
            held = values[column]
            use, fits = _fit(column, pattern, held)
            if use is not None:
                reason = (
                    f"the name says so; {fits} of {len(held)} values fit"
                    if held
                    else "the name says so; it is empty"
                )
                found[role] = ProposedRole(role=role, column=column, use=use, reason=reason)
    return tuple(found.values())


def _fit(column: str, pattern: re.Pattern[bytes] | None, held: list[bytes]) -> tuple[str | None, int]:
    """How the column is used in the mapping, or None where its values do not fit; and how many do."""
    if pattern is not None:
        fits = sum(pattern.fullmatch(value) is not None for value in held)
        return (json.dumps(column), fits) if fits * 2 >= len(held) else (None, fits)
    for form, time in (("unix", _UNIX), ("iso", _DATETIME)):
        fits = sum(time.fullmatch(value) is not None for value in held)
        if held and fits * 2 >= len(held):
            return f'{{ column = {json.dumps(column)}, format = "{form}" }}', fits
    return None, 0


def _toml(
    tables: tuple[ProposedTable, ...], *, exhibit: str, path: str, name: str, kind: str
) -> Iterator[str]:
    yield "# A draft. Read every reason, correct it, and state the zone: a dump does not say which one its times are in."
    yield "version = 1\n"
    yield "[[source]]"
    yield f'name = "{name}"\nkind = "{kind}"\nexhibit = {json.dumps(exhibit)}\npath = {json.dumps(path)}\nzone = "unknown"'
    for table in tables:
        yield f"\n# {table.table}: {table.reason}"
        yield f'[[source.table]]\nname = {json.dumps(table.table)}\nrows = "{table.rows.value}"\n[source.table.roles]'
        for role in table.roles:
            yield f"{role.role} = {role.use}  # {role.reason}"
    yield ""
