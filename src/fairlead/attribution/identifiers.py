"""Identifiers of every record, normalised, with their scope, holders and period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa

from fairlead.attribution.networks import MASS_KINDS, Networks
from fairlead.attribution.normalise import normalise
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table
from fairlead.tables.attribution import IDENTIFIERS
from fairlead.tables.records import ACCESSES, ACCOUNTS, EVENTS, PAYMENTS
from fairlead.terms.platform import IdentifierKind

SHARED_ABOVE = 20
TAKEOVER_DAYS = 3
SAME_DAYS = 2

_ACCOUNT_KINDS = {
    IdentifierKind.EMAIL: "email",
    IdentifierKind.PHONE: "phone",
    IdentifierKind.USER_NAME: "user_name",
    IdentifierKind.NAME: "full_name",
    IdentifierKind.DATE_OF_BIRTH: "date_of_birth",
    IdentifierKind.POSTCODE: "postcode",
    IdentifierKind.DEVICE: "device",
    IdentifierKind.PASSWORD: "password_key",
}
_PAYMENT_KINDS = {
    IdentifierKind.EMAIL: "payer_email",
    IdentifierKind.PHONE: "payer_phone",
    IdentifierKind.NAME: "payer_name",
    IdentifierKind.POSTCODE: "payer_postcode",
    IdentifierKind.IP: "ip",
}


def _raw_sql() -> str:
    """Every identifier as stored, with its owner, a country as a hint, its period and its origin."""
    parts = [
        f"""SELECT account, 'accounts', role, '{kind}', {column}, country, registered_at,
            coalesce(last_seen_at, registered_at), NULL::BIGINT, exhibit, locator
            FROM accounts WHERE {column} IS NOT NULL"""
        for kind, column in _ACCOUNT_KINDS.items()
    ]
    parts += [
        f"""SELECT account, 'accounts', role, 'ip', {column}, NULL, {at}, {at}, 1,
            exhibit, locator FROM accounts WHERE {column} IS NOT NULL"""
        for column, at in (("registered_ip", "registered_at"), ("last_ip", "last_seen_at"))
    ]
    parts.append(
        """SELECT account, 'accounts', role, instrument_kind, instrument, NULL, registered_at, last_seen_at,
        NULL, exhibit, locator FROM accounts WHERE instrument IS NOT NULL
        AND instrument_kind IN ('iban', 'card', 'wallet')"""
    )
    parts += [
        f"""SELECT payment, 'payments', 'payer', '{kind}', {column}, payer_country, paid_at, paid_at, 1,
            exhibit, locator FROM payments WHERE {column} IS NOT NULL"""
        for kind, column in _PAYMENT_KINDS.items()
    ]
    parts.append(
        """SELECT payment, 'payments', 'payer', instrument_kind, instrument, NULL, paid_at, paid_at, 1, exhibit,
        locator FROM payments WHERE instrument IS NOT NULL AND instrument_kind IN ('iban', 'card', 'wallet')"""
    )
    for table, column, kind in (
        ("accesses", "ip", "ip"),
        ("events", "ip", "ip"),
        ("events", "device", "device"),
    ):
        parts.append(
            f"""SELECT account, 'accounts', 'account_user', '{kind}', {column}, NULL, min("at"), max("at"),
            count(DISTINCT "at"::DATE), arg_min(exhibit, "at"), arg_min(locator, "at")
            FROM {table} WHERE account IS NOT NULL AND {column} IS NOT NULL GROUP BY account, {column}"""
        )
    columns = "owner, owner_table, role, kind, original, hint, first_at, last_at, days, exhibit, locator"
    return f"WITH raw({columns}) AS ({' UNION ALL '.join(parts)}) SELECT * FROM raw"


def arrow(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """The answer to one SELECT as an Arrow table."""
    return connection.sql(sql).to_arrow_table()


class IdentifiersStage:
    """Normalises the identifiers of accounts, payments and accesses; one partition per kind."""

    name = "identifiers"
    reads: tuple[Table, ...] = (ACCOUNTS, PAYMENTS, ACCESSES, EVENTS)
    writes = IDENTIFIERS

    def __init__(self, networks: Networks) -> None:
        self.networks = networks
        self.version = f"1-{networks.digest}"

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield the identifiers of each kind."""
        raw = catalogue.query(_raw_sql())
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET threads TO 2")
        connection.register("raw", raw)
        connection.register("normal", self._normal(connection))
        takeovers = self.find_takeovers(catalogue)
        connection.register("takeovers", pa.Table.from_pylist(takeovers, schema=_TAKEOVERS))
        connection.execute(_COLLECT)
        for kind in IdentifierKind:
            rows = arrow(
                connection, f"SELECT * FROM collected WHERE kind = '{kind.value}' ORDER BY owner, value, role"
            )
            if rows.num_rows:
                yield kind.value, rows.select(IDENTIFIERS.schema.names).cast(IDENTIFIERS.schema)
        connection.close()

    def _normal(self, connection: duckdb.DuckDBPyConnection) -> pa.Table:
        """The normal form of every distinct (kind, text, hint)."""
        distinct = arrow(
            connection,
            """SELECT DISTINCT kind, original, CASE WHEN kind = 'phone' THEN hint END AS hint FROM raw
            ORDER BY ALL""",
        )
        rows: dict[str, list[Any]] = defaultdict(list)
        for kind, original, hint in zip(*(column.to_pylist() for column in distinct.columns), strict=True):
            normal = normalise(IdentifierKind(kind), original, hint)
            if normal is None:
                continue
            scope, country, network = normal.scope, normal.country, None
            if kind == IdentifierKind.IP and normal.valid:
                placed = self.networks.look_up(normal.value)
                country, network = placed.country, placed.kind
                scope = "shared" if network in MASS_KINDS else scope
            for name, value in (
                ("kind", kind), ("original", original), ("hint", hint), ("value", normal.value),
                ("valid", normal.valid), ("scope", scope), ("country", country), ("network", network),
            ):  # fmt: skip
                rows[name].append(value)
        return pa.table({n: pa.array(rows[n], pa.bool_() if n == "valid" else pa.string()) for n in _NORMAL})

    def find_takeovers(self, catalogue: Catalogue) -> list[dict[str, Any]]:
        """Accounts that somebody else may have used from a moment on (see ``find_break``).

        Only addresses of known country outside mass networks count, and each side needs three days of use.
        """
        days = catalogue.query(
            """SELECT account, "at"::DATE AS day, ip, agent, min("at") AS moment
            FROM accesses
            WHERE account IS NOT NULL AND status < 400 GROUP BY ALL ORDER BY account, moment, ip, agent"""
        )
        found: list[dict[str, Any]] = []
        visits: dict[str, list[tuple[Any, str, str | None, Any]]] = defaultdict(list)
        places: dict[str, str | None] = {}
        columns = (days.column(n).to_pylist() for n in ("account", "day", "ip", "agent", "moment"))
        for account, day, ip, agent, at in zip(*columns, strict=True):
            if ip not in places:
                placed = self.networks.look_up(ip)
                places[ip] = None if placed.kind in MASS_KINDS else placed.country
            country = places[ip]
            if country is not None:
                visits[account].append((day, country, agent, at))
        for account in sorted(visits):
            broken = find_break(visits[account])
            if broken is not None:
                found.append({"account": account, "broken_at": broken})
        return found


def find_break(visits: list[tuple[Any, str, str | None, Any]]) -> Any:
    """The moment from which somebody else may have used the account; None when there is none.

    Visits are (day, country, agent, moment) in time order. Either country and agent are others than ever
    before, for good; or a second country appears, with agents of its own, on days on which the first is in use.
    A journey is neither: one comes back, and is in one country at a time.
    """
    return _break_for_good(visits) or _second_user(visits)


def _break_for_good(visits: list[tuple[Any, str, str | None, Any]]) -> Any:
    countries = [country for _, country, _, _ in visits]
    for index in range(1, len(visits)):
        if countries[index] == countries[index - 1]:
            continue
        before, after = visits[:index], visits[index:]
        if {v[1] for v in before} & {v[1] for v in after} or {v[2] for v in before} & {v[2] for v in after}:
            continue
        if min(len({v[0] for v in before}), len({v[0] for v in after})) >= TAKEOVER_DAYS:
            return after[0][3]
    return None


def _second_user(visits: list[tuple[Any, str, str | None, Any]]) -> Any:
    days: dict[str, set[Any]] = defaultdict(set)
    agents: dict[str, set[str | None]] = defaultdict(set)
    for day, country, agent, _ in visits:
        days[country].add(day)
        agents[country].add(agent)
    first = visits[0][1]
    for country in sorted(days):
        if country == first or agents[country] & agents[first]:
            continue
        if len(days[country]) >= TAKEOVER_DAYS and len(days[country] & days[first]) >= SAME_DAYS:
            return next(moment for _, place, _, moment in visits if place == country)
    return None


_NORMAL = ("kind", "original", "hint", "value", "valid", "scope", "country", "network")
_TAKEOVERS = pa.schema([("account", pa.string()), ("broken_at", pa.timestamp("us", tz="UTC"))])
_COLLECT = f"""
CREATE TABLE collected AS
WITH joined AS (
    SELECT r.owner, r.owner_table, r.role, r.kind, n.value, r.original, n.valid, n.scope, n.country, n.network,
        r.first_at, r.last_at, r.days, r.exhibit, r.locator
    FROM raw r JOIN normal n ON r.kind = n.kind AND r.original = n.original
        AND n.hint IS NOT DISTINCT FROM CASE WHEN r.kind = 'phone' THEN r.hint END),
merged AS (
    SELECT owner, any_value(owner_table) AS owner_table, role, kind, value,
        min(original) AS original, bool_or(valid) AS valid, any_value(scope) AS scope,
        any_value(country) AS country, any_value(network) AS network,
        min(first_at) AS first_at, max(last_at) AS last_at, max(days) AS days,
        min((exhibit, locator)) AS origin
    FROM joined GROUP BY owner, role, kind, value),
counted AS (SELECT kind, value, count(DISTINCT owner) AS holders FROM merged GROUP BY kind, value)
SELECT m.owner, m.owner_table, m.role, m.kind, m.value, m.original, m.valid,
    CASE WHEN m.scope <> 'personal' THEN m.scope
        WHEN t.broken_at IS NOT NULL AND m.first_at >= t.broken_at AND m.kind IN ('ip', 'device')
            THEN 'after_takeover'
        WHEN c.holders > {SHARED_ABOVE} AND m.kind NOT IN ('name', 'date_of_birth', 'postcode')
            AND m.owner_table = 'accounts' THEN 'shared'
        ELSE m.scope END AS scope,
    m.country, m.network, c.holders, m.first_at, m.last_at, m.days,
    m.origin[1] AS exhibit, m.origin[2] AS locator
FROM merged m JOIN counted c USING (kind, value) LEFT JOIN takeovers t ON t.account = m.owner
"""
