"""Gathers, for every person, what is known of its records, so that each person can be written by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from fairlead.attribution.networks import MASS_SQL
from fairlead.attribution.pairs import MULES
from fairlead.attribution.partition import Folded, fold, part_of, parts_for
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.components import connect
from fairlead.tables import Table
from fairlead.tables.attribution import DOSSIERS, IDENTIFIERS, LINKS, TAKEOVERS
from fairlead.tables.records import ACCESSES, ACCOUNTS, EVENTS, PAYMENTS
from fairlead.terms.grades import AttributionGrade

DOSSIERS_A_PART = 10_000

_RECORDS = """
CREATE TEMP TABLE numbered AS
SELECT row_number() OVER (ORDER BY record) - 1 AS n, record
FROM (SELECT account AS record FROM accounts UNION SELECT payment FROM payments)"""

_JOINED = """
SELECT a.n AS l, b.n AS r FROM links k JOIN numbered a ON a.record = k."left" JOIN numbered b ON b.record = k."right"
WHERE k.decision IN ('joined', 'same')"""

_MEMBERS = """
SELECT list_sort(list(n.record)) AS members
FROM numbered n JOIN lowest l USING (n) GROUP BY l.lowest"""

_PERSONS = """
CREATE TEMP TABLE joined_into AS SELECT record, person FROM (SELECT person, unnest(members) AS record FROM named);

CREATE TEMP TABLE people AS SELECT row_number() OVER (ORDER BY person) - 1 AS n, person FROM named"""

_WIDER = """
SELECT a.n AS l, b.n AS r FROM links k
JOIN joined_into p ON p.record = k."left" JOIN people a ON a.person = p.person
JOIN joined_into q ON q.record = k."right" JOIN people b ON b.person = q.person
WHERE k.wider IN ({grades})"""

# Days on which a record was seen in a country; those in another country after a break are told apart (``late``).
_ENTRIES = f"""
CREATE TEMP TABLE residences AS
WITH places AS (
    SELECT value, any_value(country) AS country FROM identifiers
    WHERE kind = 'ip' AND country IS NOT NULL AND coalesce(network, '') NOT IN ({MASS_SQL}) GROUP BY value),
visits AS (
    SELECT account AS owner, ip, "at" AS moment, exhibit || ':' || locator AS origin
    FROM accesses WHERE account IS NOT NULL
    UNION ALL SELECT account, ip, "at", exhibit || ':' || locator
    FROM events WHERE account IS NOT NULL AND ip IS NOT NULL
    UNION ALL SELECT owner, value, coalesce(first_at, TIMESTAMPTZ '1970-01-01 00:00:00Z'),
        exhibit || ':' || locator
    FROM identifiers WHERE kind = 'ip'),
placed AS (
    SELECT v.owner, p.country, v.moment, v.origin, b.broken_at,
        min(v.moment) OVER (PARTITION BY v.owner, p.country) AS appeared
    FROM visits v JOIN places p ON p.value = v.ip LEFT JOIN takeovers b ON b.account = v.owner),
counted AS (
    SELECT owner, country, coalesce(appeared >= broken_at, false) AS late, count(DISTINCT moment::DATE) AS days,
        min(origin) AS origin
    FROM placed GROUP BY owner, country, late)
SELECT owner AS record,
    list_sort(list({{'country': country, 'late': late, 'days': days, 'origin': origin}})) AS residences
FROM counted GROUP BY owner;

CREATE TEMP TABLE entries AS
WITH listed AS (
    SELECT account AS record, role, true AS is_account, status, country, language, zone,
        NULL::VARCHAR AS payer_country, NULL::VARCHAR AS instrument_country,
        coalesce(registered_at, last_seen_at) AS first_at, coalesce(last_seen_at, registered_at) AS last_at,
        exhibit || ':' || locator AS origin
    FROM accounts
    UNION ALL SELECT payment, 'payer', false, NULL, NULL, NULL, NULL, payer_country, instrument_country, paid_at, paid_at,
        exhibit || ':' || locator
    FROM payments ANTI JOIN accounts ON accounts.account = payments.payment),
stated AS (
    SELECT owner AS record, list_sort(list(
        {{'kind': kind, 'value': value, 'country': country, 'origin': exhibit || ':' || locator}})) AS stated
    FROM identifiers
    WHERE kind IN ('iban', 'phone') AND valid AND country IS NOT NULL AND scope IN ('personal', 'household') GROUP BY owner),
mules AS (
    SELECT DISTINCT owner AS record FROM identifiers
    WHERE owner_table = 'payments' AND (kind, value) IN (SELECT (kind, value) FROM ({MULES})))
SELECT e.record, p.person, {{
    'record': e.record, 'role': e.role, 'is_account': e.is_account, 'status': e.status, 'country': e.country,
    'language': e.language, 'zone': e.zone, 'payer_country': e.payer_country,
    'instrument_country': e.instrument_country, 'first_at': e.first_at, 'last_at': e.last_at, 'origin': e.origin,
    'broken_at': t.broken_at, 'mule': m.record IS NOT NULL, 'stated': s.stated, 'residences': r.residences}} AS entry
FROM listed e JOIN joined_into p USING (record) LEFT JOIN stated s USING (record)
LEFT JOIN residences r USING (record) LEFT JOIN mules m USING (record)
LEFT JOIN takeovers t ON t.account = e.record;
"""


def _items(parts: int) -> str:
    """Statements for the heads of dossiers and for the items of their lists, each with the part it goes into."""
    part = part_of("person", parts)
    return f"""
CREATE TEMP TABLE heads AS
SELECT {part_of("g.person", parts)} AS part, g.person,
    'G-' || a.person[3:] AS probable_group, 'G-' || b.person[3:] AS possible_group
FROM people g
JOIN probable_lowest x ON x.n = g.n JOIN people a ON a.n = x.lowest
JOIN possible_lowest y ON y.n = g.n JOIN people b ON b.n = y.lowest;

CREATE TEMP TABLE members AS SELECT {part} AS part, person, record, entry AS item FROM entries;

CREATE TEMP TABLE paid AS
SELECT {part_of("a.person", parts)} AS part, a.person, a.record AS account, e.record,
    {{'account': a.record, 'person': e.person, 'payment': e.entry}} AS item
FROM payments p JOIN joined_into a ON a.record = p.account JOIN entries e ON e.record = p.payment;

CREATE TEMP TABLE touching AS
WITH ends AS (
    SELECT k.*, p.person AS mine, q.person AS other FROM links k
    JOIN joined_into p ON p.record = k."left" JOIN joined_into q ON q.record = k."right"),
sides AS (
    SELECT mine AS person, "left", "right", NULL AS other, decision, grade, rule, reasons, against FROM ends
    WHERE mine = other
    UNION ALL SELECT mine, "left", "right", other, decision, grade, rule, [], [] FROM ends WHERE mine <> other
    UNION ALL SELECT other, "left", "right", mine, decision, grade, rule, [], [] FROM ends WHERE mine <> other)
SELECT {part} AS part, person, "left", "right", {{'other': other, 'decision': decision, 'grade': grade, 'rule': rule,
    'reasons': reasons, 'against': against}} AS item
FROM sides;
"""


def person_id(members: Sequence[str]) -> str:
    """The id of a person with these members: the same in every run as long as the members are."""
    return "P-" + hashlib.blake2b("\n".join(sorted(members)).encode(), digest_size=8).hexdigest()


class DossiersStage:
    """LINKS and what is known of records to DOSSIERS: follows the links that join, and names persons and groups."""

    name = "dossiers"
    version = "1"
    reads: tuple[Table, ...] = (ACCOUNTS, PAYMENTS, IDENTIFIERS, LINKS, ACCESSES, EVENTS, TAKEOVERS)
    writes = DOSSIERS

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield dossiers in parts, in the order of the persons' ids."""
        catalogue.prepare(_RECORDS)
        catalogue.hold("lowest", _connect(catalogue, "numbered", _JOINED))
        catalogue.hold("named", _name(catalogue.query(_MEMBERS).column("members")))
        catalogue.prepare(_PERSONS)
        grades = (AttributionGrade.PROBABLE, AttributionGrade.POSSIBLE)
        for position, grade in enumerate(grades, 1):
            wanted = ", ".join(f"'{one.value}'" for one in grades[:position])
            catalogue.hold(
                f"{grade.value}_lowest", _connect(catalogue, "people", _WIDER.format(grades=wanted))
            )
        catalogue.prepare(_ENTRIES)
        parts = parts_for(catalogue.scalar("SELECT count(*) FROM people"), DOSSIERS_A_PART)
        catalogue.prepare(_items(parts))
        lists = (
            Folded(column="members", items="members", order="record"),
            Folded(column="payments", items="paid", order="account, record"),
            Folded(column="links", items="touching", order='"left", "right"'),
        )
        for name, rows in fold(catalogue, "heads", "person", lists, parts):
            yield name, rows.select(DOSSIERS.schema.names).cast(DOSSIERS.schema)


def _connect(catalogue: Catalogue, rows: str, pairs: str) -> pa.Table:
    """For every number ``n`` in ``rows`` the lowest one that pairs of them lead to."""
    found = catalogue.query(pairs)
    count = catalogue.scalar(f"SELECT count(*) FROM {rows}")
    lowest = connect(count, found.column("l").to_numpy(), found.column("r").to_numpy())
    return pa.table({"n": np.arange(count, dtype=np.int64), "lowest": lowest})


def _name(groups: pa.ChunkedArray) -> pa.Table:
    """Every group of record ids with the id of its person."""
    ids = [person_id(members) for chunk in groups.chunks for members in chunk.to_pylist()]
    return pa.table({"person": pa.array(ids, pa.string()), "members": groups})
