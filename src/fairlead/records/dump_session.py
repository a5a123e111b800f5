"""What a dump has set so far, as a client's session would have it: database, schema, character set, zone."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from fairlead.records import charsets
from fairlead.records.definitions import NAME, ColumnDefinition, unquoted
from fairlead.records.dialects import Dialect
from fairlead.terms.errors import UsageError

_PART = re.compile(NAME)
_USE = re.compile(rb"USE\s+(" + NAME + rb")", re.IGNORECASE)
_CONNECT = re.compile(
    rb"\\c(?:onnect)?\s+(?:-reuse-previous=\w+\s+)?(?:\"dbname='([^']*)'\"|(" + NAME + rb"))", re.IGNORECASE
)
_SEARCH_PATH = re.compile(
    rb"\bsearch_path\s*(?:=|TO)\s*(" + NAME + rb"|'[^']*')|set_config\('search_path',\s*'([^']*)'",
    re.IGNORECASE,
)
_NAMES = re.compile(rb"\bSET\s+NAMES\s+['\"]?([A-Za-z0-9_]+)", re.IGNORECASE)
_CLIENT_ENCODING = re.compile(rb"\bclient_encoding\s*(?:=|TO)\s*'?([A-Za-z0-9_-]+)", re.IGNORECASE)
_TIME_ZONE = re.compile(
    rb"\bSET\s+(?:SESSION\s+|@@SESSION\.)?TIME_ZONE\s*=\s*(?:'([^']*)'|\"([^\"]*)\"|\S+)", re.IGNORECASE
)


@dataclass(slots=True)
class DumpSession:
    """The session of one dump. Names of tables are ``database.schema.table``, as far as the dump says them."""

    dialect: Dialect
    database: str | None = None
    schema: str | None = None
    charset: str | None = None
    time_zone: str | None = None
    definitions: dict[str, tuple[ColumnDefinition, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.schema = self._usual_schema()

    def _usual_schema(self) -> str | None:
        match self.dialect:
            case Dialect.POSTGRES:
                return "public"
            case Dialect.SQLSERVER:
                return "dbo"
            case _:
                return None

    def full_name(self, raw: bytes) -> str:
        """The whole name of a table that the dump calls so here."""
        parts = [unquoted(part) for part in _PART.findall(raw)] or [unquoted(raw.strip())]
        if self.dialect in (Dialect.POSTGRES, Dialect.SQLSERVER):
            if len(parts) == 1 and self.schema:
                parts.insert(0, self.schema)
            if len(parts) == 2 and self.database:
                parts.insert(0, self.database)
        elif self.dialect is Dialect.SQLITE:
            parts = parts[-1:]
        elif len(parts) == 1 and self.database:
            parts.insert(0, self.database)
        return ".".join(parts)

    def database_of(self, table: str) -> str:
        """The database in the whole name of a table; empty when the dump does not say."""
        parts = table.split(".")
        if self.dialect in (Dialect.POSTGRES, Dialect.SQLSERVER):
            return parts[0] if len(parts) > 2 else ""
        return table.rpartition(".")[0]

    def learn(self, text: bytes) -> None:
        """Take what a statement, or a comment that MySQL runs, sets."""
        if found := _USE.match(text):
            self.database = unquoted(found.group(1))
            self.schema = self._usual_schema()
        if found := _SEARCH_PATH.search(text):
            raw = found.group(1) or found.group(2) or b""
            said = raw.strip(b"'\"").split(b",")[0].strip().decode("utf-8", "backslashreplace")
            self.schema = self._usual_schema() if said in ("", "$user") else said
        if found := _NAMES.search(text):
            name = found.group(1).decode("ascii")
            postgres = self.dialect is Dialect.POSTGRES
            self.charset = charsets.of_postgres(name) if postgres else charsets.of_mysql(name)
        if found := _CLIENT_ENCODING.search(text):
            self.charset = charsets.of_postgres(found.group(1).decode("ascii"))
        if found := _TIME_ZONE.search(text):
            said = (found.group(1) or found.group(2) or b"").decode("ascii", "replace")
            self.time_zone = (
                said if re.fullmatch(r"[+-]\d{1,2}:\d{2}|UTC|[A-Za-z_]+/[A-Za-z_/+-]+", said) else None
            )

    def connect(self, text: bytes) -> None:
        r"""Take psql's ``\connect``."""
        if found := _CONNECT.match(text):
            said = found.group(1)
            self.database = (
                said.decode("utf-8", "backslashreplace") if said is not None else unquoted(found.group(2))
            )
            self.schema = self._usual_schema()

    def define(self, table: str, columns: tuple[ColumnDefinition, ...]) -> None:
        """Keep what a CREATE TABLE says."""
        self.definitions[table] = columns

    def bits_of(self, table: str, columns: tuple[str, ...]) -> frozenset[int]:
        """Which of some columns hold bits: MySQL writes them as bytes, or as ``b'101'``."""
        if self.dialect is not Dialect.MYSQL:
            return frozenset()
        bits = {column.name for column in self.definitions.get(table, ()) if column.type == "BIT"}
        return frozenset(n for n, name in enumerate(columns) if name in bits) if bits else frozenset()

    def zones_of(self, table: str) -> dict[str, str]:
        """Zones that the dump itself states of columns: MySQL writes a TIMESTAMP in the session's zone."""
        if self.time_zone is None or self.dialect is not Dialect.MYSQL:
            return {}
        zone = "UTC" if self.time_zone in ("+00:00", "-00:00") else self.time_zone
        return {column.name: zone for column in self.definitions.get(table, ()) if column.type == "TIMESTAMP"}


class TableNames:
    """Which tables of a dump a mapping means: a name is as short as it is unique."""

    def __init__(self, wanted: Collection[str] | None) -> None:
        self._wanted = wanted
        self._meant: dict[str, str | None] = {}
        self._found: dict[str, str] = {}

    def meant(self, table: str) -> str | None:
        """The mapping's name of a table, or None when it names none. Raises UsageError when two are meant by one."""
        if table in self._meant:
            return self._meant[table]
        named = [name for name in self._wanted or () if table == name or table.endswith("." + name)]
        exact = max(named, key=len, default=None)
        if exact is not None:
            other = self._found.setdefault(exact, table)
            if other != table:
                raise UsageError(
                    f"the mapping's table {exact} is two tables: {other} and {table}",
                    "Write the longer name of the one that you mean; the other may have its own [[source.table]].",
                    code="MAPPING-008",
                )
        self._meant[table] = exact
        return exact

    @property
    def met(self) -> set[str]:
        """Names of the mapping whose tables were met."""
        return set(self._found)

    def full_name_of(self, name: str) -> str | None:
        """The whole name of a table of the mapping, if it was met."""
        return self._found.get(name)

    def is_wanted(self, table: str) -> bool:
        """Whether its rows are to be read; all are when nobody named any."""
        return self._wanted is None or self.meant(table) is not None
