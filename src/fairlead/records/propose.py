"""Draft one mapping for everything that was found: by values as much as by names, with joins."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from fairlead.records.likeness import Rule, plain_name, plain_names, share_of, shipped, time_form
from fairlead.records.mapping import RowKind
from fairlead.records.preset import PRESETS
from fairlead.records.survey import Surveyed, SurveyedTable
from fairlead.terms.errors import UsageError

SAMPLES = 3
_FITS, _LEAST = 0.5, 0.5
_INCLUDED, _DISTINCT = 0.6, 0.9
_FEWEST = 2
_LONGEST_SAMPLE = 40
_MOST_PLACES = 60
_SECRET = frozenset({"password"})
_OPERATOR_WORDS = re.compile(r"(?i)admin|staff|operator|superuser|root")


class Place(NamedTuple):
    """A file of an exhibit, or several that are parts of one."""

    exhibit: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedRole:
    """A column that may have a role, how sure that is (0 to 1), why, and three of its values."""

    role: str
    column: str
    use: str
    reason: str
    score: float = 1.0
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTable:
    """A table that may hold accounts, payments or events; ``join`` are lines of a join, where rows need one."""

    source: str
    table: str
    rows: RowKind
    reason: str
    roles: tuple[ProposedRole, ...]
    join: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The drafted mapping as TOML with its reasons as comments, its sources in words, and what was not understood."""

    toml: str
    sources: tuple[str, ...]
    tables: tuple[ProposedTable, ...]
    unmapped: tuple[str, ...]


_MARK_OF_A_ROW = re.compile(
    r"(?!\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|[-+]?\d+[.,]\d{1,2}$)(?=[^0-9]*[0-9])[A-Za-z0-9_.:#/+=-]{1,80}"
)
_MOSTLY_MARKS = 0.95


@dataclass(slots=True)
class _Columns:
    """The values of a surveyed table by column, as text."""

    table: SurveyedTable
    values: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, name in enumerate(self.table.columns):
            cells = [row[place] for row in self.table.rows]
            self.values[name] = [c.decode("utf-8", "backslashreplace") for c in cells if c]

    def is_key(self, column: str) -> bool:
        """Whether every row has a value here, and each another one."""
        values = self.values[column]
        return len(values) == len(self.table.rows) > 0 and len(set(values)) == len(values)

    def numbers_rows(self, column: str) -> bool:
        """Whether it is a key that says which row it is, and not who or what: no words, and a digit in nearly all values.

        A name that happens to stand in one of the first rows only is none: the second row of that name would be lost.
        """
        values = self.values[column]
        marks = sum(_MARK_OF_A_ROW.fullmatch(value) is not None for value in values)
        return self.is_key(column) and marks >= _MOSTLY_MARKS * len(values)

    def is_nearly_key(self, column: str) -> bool:
        """Whether hardly a value stands in two rows: a join may look for it."""
        values = self.values[column]
        return len(set(values)) >= _DISTINCT * len(self.table.rows) > 0

    def samples(self, column: str) -> tuple[str, ...]:
        """Three different values, cut short."""
        return tuple(v[:_LONGEST_SAMPLE] for v in dict.fromkeys(self.values[column]))[:SAMPLES]


def propose(found: list[tuple[Place, Surveyed]], *, name: str = "platform") -> Proposal:
    """Draft a mapping for surveyed files; it leaves zones unknown where no file says them.

    Raises UsageError where nothing in any of them looks like records. A draft is for a person to correct.
    """
    sources = _named(found, name)
    lines: list[str] = []
    told: list[str] = []
    tables: list[ProposedTable] = []
    lost: list[tuple[str, str]] = []
    main, people = None, _Accounts()
    for source, place, seen in sources:
        if seen.kind not in ("sql_dump", "sqlite"):
            continue
        drafted, left = _tables(source, seen)
        lost += [(f"{place.path}: {one.name} ({one.total:,} rows)", one.name) for one in left]
        for unsure in _apart_from_customers(drafted):
            drafted.remove(unsure)
            lost.append(
                (
                    f"{place.path}: {unsure.table} (customers or those who run it? look at its rows)",
                    unsure.table,
                )
            )
        if drafted:
            main = main or (source if any(t.rows is RowKind.ACCOUNTS for t in drafted) else None)
            people.learn(source, seen, drafted)
            tables += drafted
    for source, place, seen in sources:
        own = [people.joined(table, seen) for table in tables if table.source == source]
        of_nobody = [table for table in own if table.rows is RowKind.EVENTS and not _is_of_somebody(table)]
        lost += [(f"{place.path}: {one.table} (it names no account)", one.table) for one in of_nobody]
        own = [table for table in own if table not in of_nobody]
        tables = [table for table in tables if table.source != source] + own
        if own or seen.kind in ("access_log", "payments"):
            written = list(_source(source, place, seen, own, main, people))
            if written:
                lines += written
                joined = (
                    f", {sum('source.join' in line for line in written)} ways to accounts"
                    if own == []
                    else ""
                )
                told.append(f"{source} ({seen.kind}): {place.path}, {seen.said}{joined}")
                continue
        if seen.kind not in ("sql_dump", "sqlite"):
            lost.append((f"{place.path}: {seen.said or 'not a record file'}", ""))
    if not lines:
        raise UsageError(
            "nothing here looks like accounts, payments, events or an access log",
            "Write the mapping by hand: docs/how-to/map-a-platforms-records.md.",
            code="MAPPING-007",
        )
    toml = "\n".join([*_HEAD, *lines, ""])
    unmapped = tuple(
        said for said, table in lost if not table or f"{{ table = {json.dumps(table)}," not in toml
    )
    return Proposal(toml=toml, sources=tuple(told), tables=tuple(tables), unmapped=unmapped)


_HEAD = (
    "# A draft. Read every reason, correct it, and state the zones: most files do not say which one their times are in.",
    "# Each role has how sure it is (0 to 1), why, and up to three values as they stand.",
    "version = 1",
)


def _named(found: list[tuple[Place, Surveyed]], name: str) -> list[tuple[str, Place, Surveyed]]:
    """Each file with a short name of its own; the first database has the name that was asked for."""
    taken: set[str] = set()
    named = []
    databases = [place for place, seen in found if seen.kind in ("sql_dump", "sqlite") and seen.tables]
    for place, seen in found:
        stem = re.sub(r"[^a-z0-9]+", "_", place.path.rpartition("/")[2].lower().partition(".")[0]).strip("_")
        short = name if databases and place == databases[0] else (stem or "source")[:40]
        number = 1
        while (full := short if number == 1 else f"{short}_{number}") in taken:
            number += 1
        taken.add(full)
        named.append((full, place, seen))
    return named


def _tables(source: str, seen: Surveyed) -> tuple[list[ProposedTable], list[SurveyedTable]]:
    drafted, left = [], []
    for table in seen.tables:
        one = _table(source, table)
        if one is None:
            left.append(table)
        else:
            drafted.append(one)
    return drafted, left


def _table(source: str, table: SurveyedTable) -> ProposedTable | None:
    """What a table may hold; None where it is neither accounts nor payments nor events."""
    columns = _Columns(table)
    _, names, acts = shipped()
    whole = plain_name(table.name)
    plain = _without_prefix(whole)
    about_people = names["accounts"].fullmatch(plain) is not None
    staff = any(names["staff"].match(word) for word in whole.split("_"))
    no_rows = names["not_rows"].fullmatch(plain.rpartition("_")[2]) is not None
    key = next((c for c in table.columns if columns.numbers_rows(c)), None)
    own = (
        ()
        if key is None
        else (_role("id", key, json.dumps(key), "every row has another value", columns, 1.0),)
    )
    accounts = _with_user_name(_roles("accounts", columns, key), columns)
    named = {role.role for role in accounts}
    if key and named & {"user_name", "email"} and (
        (about_people or staff) or (named >= {"password"} and named & {"registered_at", "email"})
    ) and not no_rows:  # fmt: skip
        if staff:
            accounts = [r for r in accounts if r.role != "status"]
            accounts.append(
                ProposedRole(
                    role="status", column="", use='{ constant = "operator" }', reason="the table's name"
                )
            )
        reason = "it is about those who run it" if staff else "it has names or addresses, and each row a key"
        return ProposedTable(
            source=source, table=table.name, rows=RowKind.ACCOUNTS, reason=reason, roles=(*own, *accounts)
        )
    payments = _roles("payments", columns, key)
    paid = {role.role for role in payments}
    if names["payments"].fullmatch(plain) and "amount" in paid and paid & {
        "account_id", "payer_email", "reference", "paid_at"
    }:  # fmt: skip
        return ProposedTable(
            source=source, table=table.name, rows=RowKind.PAYMENTS, reason="it has amounts and says whose or when",
            roles=(*own, *payments),
        )  # fmt: skip
    events = _roles("events", columns, key)
    act = next((a for a, pattern in acts.items() if pattern.fullmatch(plain)), None) or next(
        (a for a, pattern in acts.items() if pattern.fullmatch(plain.rpartition("_")[2])), None
    )
    if act and "at" in {role.role for role in events} and not no_rows and not staff:
        use = ProposedRole(
            role="act", column="", use=f'{{ constant = "{act}" }}', reason=f"the table is called {plain}"
        )
        return ProposedTable(
            source=source,
            table=table.name,
            rows=RowKind.EVENTS,
            reason="it has a time and an act",
            roles=(*own, use, *events),
        )
    return None


def _with_user_name(roles: list[ProposedRole], columns: _Columns) -> list[ProposedRole]:
    """Where no column is called a user name, a name without a space in it is one."""
    names = {role.role for role in roles}
    one_word = [
        role.column
        for role in roles
        if role.role == "full_name"
        and columns.values[role.column]
        and sum(" " not in v for v in columns.values[role.column]) >= 0.8 * len(columns.values[role.column])
    ]
    if "user_name" in names or not one_word:
        return roles
    return [replace(role, role="user_name") if role.role == "full_name" else role for role in roles]


def _without_prefix(plain: str) -> str:
    """A table's name without what a program puts before all of its tables."""
    _, names, acts = shipped()
    known = [names["accounts"], names["payments"], *acts.values()]
    words = plain.split("_")
    for start in range(min(len(words), 3)):
        rest = "_".join(words[start:])
        if any(pattern.fullmatch(rest) for pattern in known):
            return rest
    return plain


def _roles(kind: str, columns: _Columns, key: str | None) -> list[ProposedRole]:
    """The best column of each role: by its name and its values together."""
    rules = shipped()[0][kind]
    scored = sorted(
        (
            (_score(_is_called(rule, column, columns), rule.value, columns.values[column]), role, column)
            for role, rule in rules.items()
            for column in columns.table.columns
            if column != key or _is_called(rule, column, columns)
        ),
        key=lambda one: -one[0][0],
    )  # fmt: skip
    roles: dict[str, ProposedRole] = {}
    used: set[str] = set() if key is None else {key}
    for (score, reason), role, column in scored:
        if score < _LEAST or role in roles or column in used:
            continue
        use = _use(kind, role, column, columns)
        roles[role] = _role(role, column, use, reason, columns, score)
        used.add(column)
    return [roles[role] for role in rules if role in roles]


def _is_called(rule: Rule, column: str, columns: _Columns) -> bool:
    return any(rule.name.fullmatch(name) for name in plain_names(column, columns.table.name))


_BY_VALUE = frozenset({"email", "address", "hash", "agent"})


def _score(by_name: bool, value: str, values: list[str]) -> tuple[float, str]:
    """How well a column fits a role, and why; a column without values goes by its name alone."""
    if not values:
        return (0.55, "the name says so; it is empty") if by_name else (0.0, "")
    share = share_of(value, values)
    fits = round(share * len(values))
    said = f"{fits} of {len(values)} values fit"
    if by_name and (share >= _FITS or value == "hash"):
        return 0.5 + share / 2, f"the name says so; {said}"
    if not by_name and value in _BY_VALUE and share >= 0.95 and len(values) >= _FEWEST:
        return 0.45 + share / 10, f"by its values alone; {said}"
    return 0.0, ""


def _role(role: str, column: str, use: str, reason: str, columns: _Columns, score: float) -> ProposedRole:
    shown = () if role in _SECRET else columns.samples(column)
    return ProposedRole(
        role=role, column=column, use=use, reason=reason, score=round(score, 2), samples=shown
    )


def _use(kind: str, role: str, column: str, columns: _Columns) -> str:
    values = columns.values[column]
    rule = shipped()[0][kind][role]
    if rule.value == "time":
        form = time_form(values)[0] if values else "iso"
        return f'{{ column = {json.dumps(column)}, format = "{form or "iso"}" }}'
    if (
        role == "status"
        and _OPERATOR_WORDS.search(column)
        and set(values) <= {"0", "1", "t", "f", "true", "false"}
    ):
        said = '"1" = "operator", "t" = "operator", "true" = "operator", "*" = "member"'
        return f"{{ column = {json.dumps(column)}, values = {{ {said} }} }}"
    return json.dumps(column)


def _is_of_somebody(table: ProposedTable) -> bool:
    return bool(table.join) or any(role.role == "account_id" for role in table.roles)


def _apart_from_customers(drafted: list[ProposedTable]) -> list[ProposedTable]:
    """Tables called users beside one of customers: in shops, those are the ones who run it. They are left to a person."""
    people = [table for table in drafted if table.rows is RowKind.ACCOUNTS]
    if not any(_CUSTOMERS.search(plain_name(table.table)) for table in people):
        return []
    return [
        table for table in people if _USERS.search(plain_name(table.table)) and "run it" not in table.reason
    ]


_CUSTOMERS, _USERS = re.compile(r"(^|_)(customers?|clients?)$"), re.compile(r"(^|_)users?$")


class _Accounts:
    """Keys of accounts and of other tables, by which rows that name no account may find theirs."""

    def __init__(self) -> None:
        self.tables: dict[str, tuple[str, str, set[str]]] = {}  # source: table, key column, keys
        self._columns: dict[str, list[_Columns]] = {}

    def learn(self, source: str, seen: Surveyed, drafted: list[ProposedTable]) -> None:
        """Take in the tables of a source; of several tables of accounts, the one that is not of staff and largest."""
        self._columns[source] = [_Columns(table) for table in seen.tables]
        sizes = {table.name: table.total for table in seen.tables}
        people = [t for t in drafted if t.rows is RowKind.ACCOUNTS and "run it" not in t.reason]
        if people:
            main = max(people, key=lambda table: sizes[table.table])
            key = next(role.column for role in main.roles if role.role == "id")
            columns = next(c for c in self._columns[source] if c.table.name == main.table)
            self.tables[source] = (main.table, key, set(columns.values[key]))

    def joined(self, table: ProposedTable, seen: Surveyed) -> ProposedTable:
        """A table with the account that its rows name by a key, or with the way to it through other tables."""
        if table.rows is RowKind.ACCOUNTS or table.source not in self.tables:
            return table
        columns = next(_Columns(one) for one in seen.tables if one.name == table.table)
        if any(role.role == "account_id" for role in table.roles):
            return table
        keys = self.tables[table.source][2]
        taken = {role.column for role in table.roles}
        for column in columns.table.columns:
            if (
                column not in taken
                and _included(columns.values[column], keys)
                and not _counts_up(columns, column)
            ):
                reason = "its values are keys of accounts"
                role = _role("account_id", column, json.dumps(column), reason, columns, 0.6)
                return replace(table, roles=(*table.roles, role))
        way = self.way(table.source, columns)
        return table if way is None else replace(table, join=way)

    def way(self, source: str, columns: _Columns) -> tuple[str, ...] | None:
        """Lines of a join from a column of these through one table or two to the accounts; None when there is none."""
        for column in columns.table.columns:
            values = columns.values[column]
            steps = self.steps(source, set(values), skip=columns.table.name)
            if steps is not None:
                return (f"column = {json.dumps(column)}", f"through = [{', '.join(steps)}]")
        return None

    def steps(self, source: str, values: set[str], *, skip: str = "", depth: int = 2) -> list[str] | None:
        """Steps from values to the accounts, through tables whose keys they are; None when there are none."""
        if source not in self.tables or len(values) < _FEWEST:
            return None
        keys = self.tables[source][2]
        for other in self._columns[source]:
            if other.table.name in (skip, self.tables[source][0]):
                continue
            for key in other.table.columns:
                if not other.is_nearly_key(key) or not _included(list(values), set(other.values[key])):
                    continue
                met = list(other.table.rows)
                at = other.table.columns.index(key)
                for column in other.table.columns:
                    if column == key:
                        continue
                    place = other.table.columns.index(column)
                    given = [
                        (row[place] or b"").decode("utf-8", "replace")
                        for row in met
                        if _cell(row[at]) in values
                    ]
                    named = {"table": other.table.name, "key": key, "gives": column}
                    step = "{ " + ", ".join(f"{k} = {json.dumps(v)}" for k, v in named.items()) + " }"
                    if _included(given, keys) and not _counts_up(other, column):
                        return [step]
                    if depth > 1 and not _counts_up(other, column):
                        more = self.steps(
                            source, {g for g in given if g}, skip=other.table.name, depth=depth - 1
                        )
                        if more is not None:
                            return [step, *more]
        return None


def _cell(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _included(values: list[str], keys: set[str]) -> bool:
    """Whether most values are keys; single digits prove nothing."""
    telling = {value for value in values if len(value) > 1}
    return len(telling) >= _FEWEST and sum(v in keys for v in telling) >= _INCLUDED * len(telling)


def _counts_up(columns: _Columns, column: str) -> bool:
    """Whether a column only numbers its rows: such numbers are keys of everything and mean nothing."""
    values = columns.values[column]
    return columns.is_key(column) and [v for v in values if v.isdigit()] == [
        str(n) for n in range(1, len(values) + 1)
    ]


def _source(
    source: str,
    place: Place,
    seen: Surveyed,
    tables: list[ProposedTable],
    main: str | None,
    people: _Accounts,
) -> Iterator[str]:
    preset = _preset_of(seen)
    if seen.kind == "payments" and preset is None:
        drafted = _payments(source, seen)
        if drafted is None:
            return
        tables = [drafted]
    yield f"\n# {place.path}: {seen.said}"
    yield "[[source]]"
    yield f'name = "{source}"\nkind = "{seen.kind}"\nexhibit = {json.dumps(place.exhibit)}\npath = {json.dumps(place.path)}'
    yield f'zone = "{"stated" if _states_zone(seen) else "unknown"}"'
    if seen.kind in ("access_log", "payments"):
        yield from _beside(source, seen, main, preset)
    if seen.kind == "access_log":
        yield from _log_join(seen, main, people)
    if seen.kind == "payments" and preset is None:
        yield "[source.roles]"
        for role in tables[0].roles:
            yield _line(role)
    for table in tables if seen.kind in ("sql_dump", "sqlite") else ():
        yield f"\n# {table.table}: {table.reason}"
        yield f'[[source.table]]\nname = {json.dumps(table.table)}\nrows = "{table.rows.value}"'
        has_many = sum(t.rows is RowKind.ACCOUNTS for t in tables) > 1
        if has_many and table.rows is not RowKind.ACCOUNTS and source in people.tables:
            yield f"accounts = {json.dumps(people.tables[source][0])}"
        yield "[source.table.roles]"
        for role in table.roles:
            yield _line(role)
        if table.join:
            yield "[[source.table.join]]  # found by values that are keys elsewhere"
            yield from table.join


def _line(role: ProposedRole) -> str:
    shown = f"; e.g. {json.dumps(list(role.samples), ensure_ascii=False)}" if role.samples else ""
    return f"{role.role} = {role.use}  # {role.score:.2f}: {role.reason}{shown}".replace("\n", " ")


def _beside(source: str, seen: Surveyed, main: str | None, preset: str | None) -> Iterator[str]:
    """What a log or a list of payments needs beside its place."""
    if preset is not None:
        yield f'preset = "{preset}"  # its columns are those of this program'
    elif seen.form != "csv":
        yield f"format = {json.dumps(seen.form)}"
    if seen.kind == "payments" and seen.form == "csv":
        if seen.delimiter != ",":
            yield f"delimiter = {json.dumps(seen.delimiter)}"
        if seen.charset != "utf-8":
            yield f"charset = {json.dumps(seen.charset)}"
        if seen.header_column and preset is None:
            yield f"header_column = {json.dumps(seen.header_column)}"
    if main is not None and main != source:
        yield f'accounts = "{main}"'


def _log_join(seen: Surveyed, main: str | None, people: _Accounts) -> Iterator[str]:
    """A way from a part of the path, its query or a cookie to an account, where values there are keys of a table."""
    if main is None or not seen.tables:
        return
    rows = seen.tables[0].rows
    paths = [_cell(row[2]).rpartition(" ")[0] or _cell(row[2]) for row in rows]
    cookies = [_cell(row[3]) for row in rows if row[3]]
    fronts = sorted(
        {path.split("/")[1] for path in paths if path.count("/") > 1 and "?" not in path.split("/")[1]}
    )
    asked = sorted({name for path in paths for name in re.findall(r"[?&]([\w.-]+)=", path)})
    named = sorted({name for one in cookies for name in re.findall(r"(?:^|; ?)([\w.-]+)=", one)})
    places = [
        *(("path", rf"^/{re.escape(front)}/([^/?]+)", paths) for front in fronts),
        *(("path", rf"[?&]{re.escape(name)}=([^&]+)", paths) for name in asked),
        *(("cookie", rf"(?:^|; ?){re.escape(name)}=([^;]+)", cookies) for name in named),
    ]
    for place, pattern, texts in places[:_MOST_PLACES]:
        values = {found.group(1) for text in texts if (found := re.search(pattern, text))}
        steps = people.steps(main, values)
        if steps is not None:
            yield f"[[source.join]]  # {len(values)} values at this place are keys of a table"
            yield f"field = \"{place}\"\npattern = '{pattern}'\nthrough = [{', '.join(steps)}]"


def _payments(source: str, seen: Surveyed) -> ProposedTable | None:
    if not seen.tables:
        return None
    columns = _Columns(seen.tables[0])
    key = next((c for c in columns.table.columns if columns.numbers_rows(c)), None)
    roles = _roles("payments", columns, None)
    if "amount" not in {role.role for role in roles}:
        return None
    taken = {role.column for role in roles}
    if key is not None and key not in taken:
        roles.insert(0, _role("id", key, json.dumps(key), "every row has another value", columns, 1.0))
    return ProposedTable(
        source=source, table="", rows=RowKind.PAYMENTS, reason="it has amounts", roles=tuple(roles)
    )


def _preset_of(seen: Surveyed) -> str | None:
    """The preset of payments whose columns most of a file's are; None where none fits."""
    if seen.kind != "payments" or not seen.tables:
        return None
    columns = set(seen.tables[0].columns)
    best, share = None, 0.6
    for name, preset in PRESETS.all().items():
        told = tomllib.loads(preset.text)
        if preset.of != "payments" or told.get("format", "csv") != seen.form:
            continue
        uses = [use if isinstance(use, dict) else {"column": use} for use in told["roles"].values()]
        wanted = [{use["column"], *use.get("or_columns", ())} for use in uses if "column" in use]
        amount = told["roles"]["amount"]
        if (amount["column"] if isinstance(amount, dict) else amount) not in columns:
            continue
        met = sum(bool(names & columns) for names in wanted)
        fits = max(met / len(wanted), met / len(columns))
        if fits > share and met > _FEWEST:
            best, share = name, fits
    return best


def _states_zone(seen: Surveyed) -> bool:
    """Whether every time of a log states its zone."""
    return seen.kind == "access_log" and seen.form != "haproxy"
