"""The mapping file: which column of whose records is what. A closed schema: an unknown key is refused."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from fairlead.records import zones
from fairlead.records.closed import Closed
from fairlead.records.dialects import Dialect
from fairlead.records.joins import ColumnJoin, Join, LogJoin, Step, groups_of
from fairlead.records.money import SmallerUnits, shipped_states
from fairlead.records.payment_forms import PAYMENT_FORMS
from fairlead.records.preset import PRESETS, TOLD
from fairlead.records.values import Clock
from fairlead.terms.errors import UsageError

FIXED_ZONES = frozenset({"UTC", "stated", "unknown"})


class RowKind(StrEnum):
    """Which table the rows of a dumped table become."""

    ACCOUNTS = "accounts"
    PAYMENTS = "payments"
    EVENTS = "events"


class ColumnUse(Closed):
    """Where the value of a role stands: a column or a constant, and how it is to be read."""

    column: str | None = Field(None, description="name of the column")
    or_columns: tuple[str, ...] = Field(
        (), description="other names of that column; the first that is there counts"
    )
    constant: str | None = Field(None, description="the same value for every row, instead of a column")
    pattern: str | None = Field(None, description="a regular expression; its one group is the value")
    values: dict[str, str] = Field(
        {}, description='words of the platform = words of Fairlead; "*" is any other'
    )
    states: str | None = Field(None, description="name of a shipped table of states, for the role state")
    format: str | None = Field(
        None, description="of a time: unix, unix_ms, unix_us, unix_ns, iso, or a strptime pattern"
    )
    zone: str | None = Field(
        None, description="of a time in this column: a name, an offset, or an abbreviation"
    )
    divide_by: Annotated[int, Field(ge=2)] | SmallerUnits | None = Field(
        None,
        description="of an amount in smaller units: how many of them are one of the currency; minor_units: as ISO 4217 says"
        " of the row's currency; stripe_units: as Stripe counts",
    )
    optional: bool = Field(False, description="the column may be absent")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and (why := zones.unclear(zone)):
            raise ValueError(why)
        return zone

    @field_validator("states")
    @classmethod
    def _known_states(cls, states: str | None) -> str | None:
        if states is not None and states not in shipped_states():
            raise ValueError(f"states is one of: {', '.join(sorted(shipped_states()))}")
        return states

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_place(self) -> ColumnUse:
        if (self.column is None) == (self.constant is None):
            raise ValueError("say either column or constant")
        if self.pattern is not None and groups_of(self.pattern) != 1:
            raise ValueError("pattern is a regular expression with exactly one group")
        return self


Use = ColumnUse | None


class AccountRoles(Closed):
    """Roles of columns that describe an account or a subscriber."""

    id: Use = None
    user_name: Use = None
    full_name: Use = None
    first_name: Use = None
    last_name: Use = None
    date_of_birth: Use = None
    email: Use = None
    phone: Use = None
    registered_at: Use = None
    registered_ip: Use = None
    last_seen_at: Use = None
    last_ip: Use = None
    device: Use = None
    country: Use = None
    postcode: Use = None
    address: Use = None
    language: Use = None
    zone: Use = None
    password: Use = None
    status: Use = None
    instrument_kind: Use = None
    instrument: Use = None


class SubscriberRoles(AccountRoles):
    """Roles of columns of a provider's reply: those of accounts, and from when to when the reply holds."""

    valid_from: Use = None
    valid_to: Use = None


class PaymentRoles(Closed):
    """Roles of columns that describe a payment."""

    id: Use = None
    account_id: Use = None
    account_user_name: Use = None
    account_email: Use = None
    reference: Use = None
    kind: Use = None
    state: Use = None
    amount: Use
    refunded_amount: Use = None
    disputed_amount: Use = None
    currency: Use = None
    paid_at: Use = None
    paid_on: Use = None
    paid_at_time: Use = None
    paid_zone: Use = None
    payer_name: Use = None
    payer_email: Use = None
    payer_phone: Use = None
    payer_country: Use = None
    payer_postcode: Use = None
    instrument_kind: Use = None
    instrument: Use = None
    card_tail: Use = None
    instrument_country: Use = None
    ip: Use = None
    captured: Use = None
    confirmations: Use = None


class EventRoles(Closed):
    """Roles of columns that describe an event of an account."""

    id: Use = None
    account_id: Use = None
    account_user_name: Use = None
    account_email: Use = None
    act: ColumnUse
    at: Use = None
    ip: Use = None
    device: Use = None
    agent: Use = None
    object: Use = None
    counterpart_id: Use = None


class AccountTable(Closed):
    """A dumped table whose rows are accounts."""

    name: str
    rows: Literal[RowKind.ACCOUNTS]
    columns: tuple[str, ...] = Field(
        (), description="names of the columns, where nothing in the dump names them"
    )
    roles: AccountRoles


class PaymentTable(Closed):
    """A dumped table whose rows are payments."""

    name: str
    rows: Literal[RowKind.PAYMENTS]
    accounts: str | None = Field(
        None, description="the table of accounts that its account_id means, if there are several"
    )
    columns: tuple[str, ...] = Field(
        (), description="names of the columns, where nothing in the dump names them"
    )
    join: tuple[ColumnJoin, ...] = Field(
        (), description="how rows that name no account lead to one; the first that finds a value counts"
    )
    roles: PaymentRoles


class EventTable(Closed):
    """A dumped table whose rows are events."""

    name: str
    rows: Literal[RowKind.EVENTS]
    accounts: str | None = Field(
        None, description="the table of accounts that its account_id means, if there are several"
    )
    columns: tuple[str, ...] = Field(
        (), description="names of the columns, where nothing in the dump names them"
    )
    join: tuple[ColumnJoin, ...] = Field(
        (), description="how rows that name no account lead to one; the first that finds a value counts"
    )
    roles: EventRoles


DumpTable = Annotated[AccountTable | PaymentTable | EventTable, Field(discriminator="rows")]


class _Source(Closed):
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$", description="short name; begins the key of every row"
    )
    exhibit: str = Field(description="number of the exhibit that holds the file")
    path: str = Field(description="path inside the exhibit; * and ? stand for anything")
    zone: str = Field(
        description="of times that do not say theirs: UTC, an IANA name, stated (every time has its own), unknown"
    )
    clock_offset_seconds: int = Field(0, description="by how many seconds the clock was fast")
    clock_evidence: str = Field("", description="how that was found; needed with clock_offset_seconds")
    accounts: str | None = Field(
        None, description="source whose accounts are meant, or source:table; the source itself when left out"
    )
    charset: str | None = Field(
        None, description="character set, where the file does not say it or says it wrongly; utf-8 otherwise"
    )

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in FIXED_ZONES and zone not in available_timezones():
            raise ValueError("zone is UTC, stated, unknown or an IANA name such as Europe/Copenhagen")
        return zone

    @field_validator("charset")
    @classmethod
    def _known_charset(cls, charset: str | None) -> str | None:
        try:
            "".encode(charset or "utf-8")
        except LookupError as problem:
            raise ValueError("this character set does not exist") from problem
        return charset

    @model_validator(mode="after")
    def _offset_has_evidence(self) -> _Source:
        if self.clock_offset_seconds and not self.clock_evidence.strip():
            raise ValueError("clock_offset_seconds needs clock_evidence: how was the offset found?")
        return self

    @property
    def zone_info(self) -> ZoneInfo | None:
        """The named zone, or None for UTC, stated and unknown."""
        return None if self.zone in FIXED_ZONES else ZoneInfo(self.zone)

    @property
    def clock(self) -> Clock:
        """How times of this source are read."""
        return Clock(zone=self.zone, zone_info=self.zone_info, offset_seconds=self.clock_offset_seconds)

    @property
    def account_source(self) -> str:
        """The source whose accounts this one refers to."""
        return (self.accounts or self.name).partition(":")[0]

    @property
    def account_table(self) -> str | None:
        """The table of that source, where ``accounts`` names one behind a colon."""
        return (self.accounts or "").partition(":")[2] or None


def _check_tables(tables: tuple[DumpTable, ...], keys: str) -> None:
    """Raise ValueError for tables that cannot be told apart, and accounts that no table has."""
    names = [table.name for table in tables]
    if len(set(names)) != len(names):
        raise ValueError("two tables have the same name")
    of_accounts = {table.name for table in tables if table.rows is RowKind.ACCOUNTS}
    for table in tables:
        if (
            not isinstance(table, AccountTable)
            and table.accounts is not None
            and table.accounts not in of_accounts
        ):
            raise ValueError(f"table {table.name}: accounts names no table of accounts of this source")
    for kind in (RowKind.ACCOUNTS, RowKind.PAYMENTS):
        if keys == "source" and sum(table.rows is kind for table in tables) > 1:
            raise ValueError(f'keys = "source" is for sources with one table of {kind.value}')


class DumpSource(_Source):
    """A dump of the platform's database, read as text and never executed."""

    kind: Literal["sql_dump"]
    dialect: Dialect = Field(Dialect.AUTO, description="whose words the dump is in; found from its content")
    keys: Literal["table", "source"] = Field(
        "table", description="of rows: source:table:id, or source:id for operations that already rest on it"
    )
    preset: str | None = Field(None, description="name of a shipped mapping to begin with")
    prefix: str | None = Field(None, description="beginning of the names of its tables")
    table: tuple[DumpTable, ...] = Field((), description="the tables to read")

    @model_validator(mode="after")
    def _short_keys(self) -> DumpSource:
        _check_tables(self.table, self.keys)
        return self


class SqliteSource(_Source):
    """A SQLite database of the platform, read in the sandbox and never opened for writing."""

    kind: Literal["sqlite"]
    keys: Literal["table", "source"] = Field(
        "table", description="of rows: source:table:id, or source:id for operations that already rest on it"
    )
    preset: str | None = Field(None, description="name of a shipped mapping to begin with")
    prefix: str | None = Field(None, description="beginning of the names of its tables")
    table: tuple[DumpTable, ...] = Field((), description="the tables to read")

    @model_validator(mode="after")
    def _short_keys(self) -> SqliteSource:
        _check_tables(self.table, self.keys)
        return self


class LogSource(_Source):
    """An access log; ``format`` is a named one (the door of access logs) or an nginx or Apache format."""

    kind: Literal["access_log"]
    format: str = Field(
        "combined",
        description="a named format, one inside another as docker_json(combined), or the server's own format string",
    )
    user_is: Literal["user_name", "id", "email"] = Field(
        "user_name", description="what the log's user field holds"
    )
    hop: str = Field(
        "last_public",
        pattern=r"^(last_public|first|last|[1-9])$",
        description="which address of a list (X-Forwarded-For) counts; a number counts from its end",
    )
    join: tuple[LogJoin, ...] = Field(
        (), description="how lines that name no account lead to one; the first that finds a value counts"
    )
    preset: str | None = Field(None, description="name of a shipped mapping to begin with")


class PaymentSource(_Source):
    """A payment export, in one of the formats that are registered (docs/reference/readers.md)."""

    kind: Literal["payments"]
    format: str = Field("csv", description="csv, or another format of payments")
    header_column: str | None = Field(
        None, description="a column of the header, where a CSV file has other lines before it"
    )
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="between fields of CSV")
    decimal: Literal[".", ","] = Field(
        ".", description="decimal mark, where an amount could be read either way"
    )
    reference_is: Literal["free", "account_id", "user_name", "email", "platform_reference"] = Field(
        "free", description="what the reference names of an account"
    )
    reference_pattern: str | None = Field(
        None, description="its one group is the part that names the account"
    )
    join: tuple[ColumnJoin, ...] = Field(
        (), description="how rows that name no account lead to one; the first that finds a value counts"
    )
    preset: str | None = Field(None, description="name of a shipped mapping to begin with")
    roles: PaymentRoles | None = None

    @field_validator("format")
    @classmethod
    def _known_format(cls, form: str) -> str:
        if form not in PAYMENT_FORMS.names():
            raise ValueError(f"format is one of: {', '.join(PAYMENT_FORMS.names())}")
        return form


class SubscriberSource(_Source):
    """A provider's reply about its subscribers: CSV, JSON or XLSX."""

    kind: Literal["subscribers"]
    format: Literal["csv", "json", "xlsx"] = "csv"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    roles: SubscriberRoles


Source = DumpSource | SqliteSource | LogSource | PaymentSource | SubscriberSource


def account_tables(source: Source) -> tuple[str, ...]:
    """The tables of accounts of a source, as the mapping names them; none where it is not one of tables."""
    if not isinstance(source, DumpSource | SqliteSource):
        return ()
    return tuple(table.name for table in source.table if table.rows is RowKind.ACCOUNTS)


def joins_of(source: Source) -> tuple[Join, ...]:
    """Every join of a source, whichever of its tables declares it."""
    if isinstance(source, LogSource | PaymentSource):
        return tuple(source.join)
    if isinstance(source, DumpSource | SqliteSource):
        return tuple(
            join for table in source.table if not isinstance(table, AccountTable) for join in table.join
        )
    return ()


class ActRule(Closed):
    """One rule by which conduct is derived from records; rules are data (`records/rules.toml`)."""

    name: str
    act: str
    rows: Literal["accounts", "payments", "accesses", "events"]
    why: str
    path_pattern: str | None = None
    methods: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    account_statuses: tuple[str, ...] = ()
    event_kinds: tuple[str, ...] = ()
    payment_kinds: tuple[str, ...] = ()


class Mapping(Closed):
    """The whole mapping file: sources, and rules of this platform that add to or replace the shipped ones."""

    version: Literal[1] = 1
    source: tuple[Annotated[Source, Field(discriminator="kind")], ...] = ()
    rule: tuple[ActRule, ...] = ()

    @model_validator(mode="after")
    def _names(self) -> Mapping:
        names = [source.name for source in self.source]
        if len(set(names)) != len(names):
            raise ValueError("two sources have the same name")
        for source in self.source:
            if source.account_source not in names:
                raise ValueError(f"source {source.name}: accounts names an unknown source")
            if source.account_table is not None and source.account_table not in self.account_tables(
                source.account_source
            ):
                raise ValueError(f"source {source.name}: accounts names an unknown table of accounts")
            for _, step in self._steps_from(source):
                self._check_step(source, step)
        return self

    def _check_step(self, source: Source, step: Step) -> None:
        """Raise ValueError for a step into a source that has no tables."""
        into = step.source or source.account_source
        kinds = {other.name: other.kind for other in self.source}
        if into not in kinds:
            raise ValueError(f"source {source.name}: join names an unknown source, {into}")
        if kinds[into] not in ("sql_dump", "sqlite"):
            raise ValueError(
                f"source {source.name}: join goes through the table {step.table} of {into}, which has no tables; "
                "say with source = which source of kind sql_dump or sqlite has it"
            )

    def _steps_from(self, source: Source) -> Iterator[tuple[Join, Step]]:
        return ((join, step) for join in joins_of(source) for step in join.through)

    def step(self, source: Source, step: Step) -> Step:
        """A step of one of a source's joins, with the source it goes into, and its table as that source calls it."""
        into = next(other for other in self.source if other.name == (step.source or source.account_source))
        mapped = [t.name for t in into.table] if isinstance(into, DumpSource | SqliteSource) else []
        same = next((n for n in mapped if n == step.table or n.endswith("." + step.table)), step.table)
        return step.model_copy(update={"source": into.name, "table": same})

    def steps_into(self, name: str) -> tuple[Step, ...]:
        """Every step that any join takes through tables of a source, once each."""
        steps = (self.step(source, step) for source in self.source for _, step in self._steps_from(source))
        return tuple(dict.fromkeys(step for step in steps if step.source == name))

    def account_tables(self, name: str) -> tuple[str, ...]:
        """The tables of accounts of a source, as the mapping names them; none where it is not one of tables."""
        source = next(source for source in self.source if source.name == name)
        return account_tables(source)

    def ordered(self) -> tuple[Source, ...]:
        """Sources in the order of loading: those with accounts before what refers to them."""
        rank = {"sql_dump": 0, "sqlite": 0, "subscribers": 1, "payments": 2, "access_log": 3}
        return tuple(sorted(self.source, key=lambda source: (rank[source.kind], source.name)))


def parse_mapping(text: str, *, name: str = "the mapping") -> Mapping:
    """Read a mapping file's text; a wrong or unknown key is a UsageError that names it."""
    try:
        untrusted = tomllib.loads(text)
        for source in untrusted.get("source", []):
            _apply_preset(source)
        return Mapping.model_validate(untrusted)
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"line (\d+)", str(problem))
        line = f"line {found.group(1)}" if found else "its end"
        raise UsageError(
            f"{name} is not TOML: it cannot be read from {line} on",
            "Correct that line: key = value, text in quotation marks, one [[source]] for each source.",
            code="MAPPING-001",
        ) from problem
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        raise UsageError(
            f"{name}: {place_of(untrusted, first['loc'])}: {_in_words(first)}",
            "Correct this key; docs/reference/mapping.md lists all keys.",
            code="MAPPING-002",
        ) from problem


def place_of(untrusted: Any, loc: tuple[int | str, ...]) -> str:
    """Where in the file something is wrong: the source and the table by their names, and the key."""
    said: list[str] = []
    here = untrusted
    for part, kind in zip(loc, ("", *loc), strict=False):
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            continue
        if isinstance(part, int) and isinstance(here, dict) and kind in ("source", "table", "rule"):
            named = here.get("name")
            said.append(f"{kind} {named}" if isinstance(named, str) else f"{kind} number {part + 1}")
    key = ".".join(str(part) for part in loc)
    return f"{', '.join(said)} ({key})" if said else key or "the file"


_WANTED = {
    "string": "text",
    "int": "a whole number",
    "bool": "true or false",
    "tuple": "a list",
    "dict": "a table",
}
_SAID = {
    "missing": "this key is missing",
    "extra_forbidden": "there is no such key here",
    "literal_error": "it has to be one of {expected}",
    "enum": "it has to be one of {expected}",
    "union_tag_invalid": "say which one it is: {expected_tags}",
    "union_tag_not_found": "say which one it is by the key {discriminator}",
    "value_error": "{error}",
    "string_pattern_mismatch": "it has to fit {pattern}",
    "string_too_long": "it is too long",
    "string_too_short": "it is too short",
}


def _in_words(error: ErrorDetails) -> str:
    """What is wrong, in words of this program."""
    said = _SAID.get(error["type"])
    if said is not None:
        return said.format_map(error.get("ctx", {}))
    wanted = error["type"].partition("_")[0]
    return f"it has to be {_WANTED.get(wanted, 'something else')}"


def preset_names() -> tuple[str, ...]:
    """Names of the shipped presets, and of those that packages bring."""
    return tuple(sorted(PRESETS.names()))


def _apply_preset(source: Any) -> None:
    """Fill a source from its preset; what the file itself says wins."""
    name = source.get("preset") if isinstance(source, dict) else None
    if name is None:
        return
    if name not in preset_names():
        raise UsageError(
            "a source names a preset that is not shipped",
            f"Use one of: {', '.join(preset_names())}.",
            code="MAPPING-003",
        )
    preset = tomllib.loads(PRESETS.get(name).text)
    for key in TOLD:
        preset.pop(key, None)
    prefix = source.get("prefix", preset.pop("prefix", ""))
    tables = preset.pop("table", [])
    for table in tables:
        table["name"] = prefix + table["name"]
        for role, use in table["roles"].items():
            table["roles"][role] = {"optional": True} | ({"column": use} if isinstance(use, str) else use)
    own = {table["name"] for table in source.get("table", [])}
    if tables:
        source["table"] = [*source.get("table", []), *(t for t in tables if t["name"] not in own)]
    if "roles" in preset:
        roles = {
            role: {"optional": True} | ({"column": use} if isinstance(use, str) else use)
            for role, use in preset.pop("roles").items()
        }
        source["roles"] = roles | source.get("roles", {})
    for key, value in preset.items():
        source.setdefault(key, value)
