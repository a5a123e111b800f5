"""Identifiers of every record, normalised, with their scope, holders and period; default values found by their excess."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from fairlead.attribution.networks import MASS_SQL
from fairlead.attribution.normal_forms import raw_sql
from fairlead.attribution.partition import part_of, parts_for
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table
from fairlead.tables.attribution import ADDRESSES, IDENTIFIERS, NORMAL_FORMS, TAKEOVERS
from fairlead.tables.records import ACCESSES, ACCOUNTS, EVENTS, PAYMENTS, VALIDITY

SHARED_ABOVE = 20
DEFAULT_FROM, DEFAULT_TIMES = 8, 6
"""A value is a form's default, not a person's, where one source holds it in more records than the first number and the
second times as often as a population would: an even spread over birthdays, or the next most frequent postcode or name."""
BIRTHDAYS = 365 * 55
IDENTIFIERS_A_PART = 200_000

_COLLECT = f"""
CREATE TEMP TABLE collected AS
WITH raw AS ({raw_sql()}),
joined AS (
    SELECT r.owner, r.owner_table, r.role, r.kind, n.value, r.original, n.valid,
        CASE WHEN a.network IN ({MASS_SQL}) THEN 'shared' ELSE n.scope END AS scope,
        CASE WHEN r.kind = 'ip' AND n.valid THEN a.country ELSE n.country END AS country, a.network,
        r.first_at, r.last_at, r.days, r.exhibit, r.locator
    FROM raw r JOIN normal_forms n USING (kind, original, region)
    LEFT JOIN addresses a ON n.kind = 'ip' AND n.valid AND a.address = n.value),
merged AS (
    SELECT owner, any_value(owner_table) AS owner_table, role, kind, value,
        min(original) AS original, bool_or(valid) AS valid, any_value(scope) AS scope,
        any_value(country) AS country, any_value(network) AS network,
        min(first_at) AS first_at, max(last_at) AS last_at, max(days) AS days,
        min((exhibit, locator)) AS origin
    FROM joined GROUP BY owner, role, kind, value),
counted AS (SELECT kind, value, count(DISTINCT owner) AS holders FROM merged GROUP BY kind, value),
told AS (
    SELECT split_part(owner, ':', 1) AS source, kind, value, count(DISTINCT owner) AS records
    FROM merged WHERE kind IN ('date_of_birth', 'postcode', 'name') AND scope = 'personal' AND owner_table = 'accounts'
    GROUP BY ALL),
beside AS (
    SELECT *, sum(records) OVER (PARTITION BY source, kind) AS all_records,
        lead(records, 1, 0) OVER (PARTITION BY source, kind ORDER BY records DESC, value) AS next_records
    FROM told),
defaults AS (
    SELECT source, kind, value FROM beside
    WHERE (kind = 'date_of_birth' AND records > {DEFAULT_FROM} + {DEFAULT_TIMES} * all_records / {BIRTHDAYS})
        OR (kind <> 'date_of_birth' AND records > {DEFAULT_FROM} AND records > {DEFAULT_TIMES} * next_records
            AND next_records > 0))
SELECT m.owner, m.owner_table, m.role, m.kind, m.value, m.original, m.valid,
    CASE WHEN d.value IS NOT NULL THEN 'default'
        WHEN m.scope <> 'personal' THEN m.scope
        WHEN t.broken_at IS NOT NULL AND m.first_at >= t.broken_at AND m.kind IN ('ip', 'device')
            THEN 'after_takeover'
        WHEN c.holders > {SHARED_ABOVE} AND m.kind NOT IN ('name', 'date_of_birth', 'postcode')
            AND m.owner_table = 'accounts' THEN 'shared'
        ELSE m.scope END AS scope,
    m.country, m.network, c.holders, m.first_at, m.last_at, m.days,
    m.origin[1] AS exhibit, m.origin[2] AS locator
FROM merged m JOIN counted c USING (kind, value) LEFT JOIN takeovers t ON t.account = m.owner
LEFT JOIN defaults d ON d.kind = m.kind AND d.value = m.value AND d.source = split_part(m.owner, ':', 1)
"""


class IdentifiersStage:
    """Gives every record its identifiers; parts by kind, several where there are many of a kind."""

    name = "identifiers"
    version = "5"
    reads: tuple[Table, ...] = (
        ACCOUNTS,
        PAYMENTS,
        ACCESSES,
        EVENTS,
        VALIDITY,
        NORMAL_FORMS,
        ADDRESSES,
        TAKEOVERS,
    )
    writes = IDENTIFIERS

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield the identifiers of each kind, in order."""
        catalogue.prepare(_COLLECT)
        for row in catalogue.rows("SELECT kind, count(*) AS n FROM collected GROUP BY kind ORDER BY kind"):
            parts = parts_for(row["n"], IDENTIFIERS_A_PART)
            statement = f"""SELECT {part_of("owner", parts)} AS part, * FROM collected
                WHERE kind = '{row["kind"]}' ORDER BY part, owner, value, role"""
            for part, rows in catalogue.runs(statement, "part"):
                yield (
                    f"{row['kind']}-{part:05d}",
                    rows.select(IDENTIFIERS.schema.names).cast(IDENTIFIERS.schema),
                )
