"""Cuts the pairs of all records into webs that can be decided each by itself.

Two records can end in one group only by way of links that some rule supports, by a triangle (see ``links``), or
because a person judged them the same. Records that no chain of such pairs connects are decided apart. Pairs across
webs join nothing; they are kept because their reasons belong to the explanation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pyarrow as pa

from fairlead.attribution.pairs import Judged, build_pairs
from fairlead.attribution.partition import Folded, fold, part_of, parts_for
from fairlead.attribution.scoring import measure_at, score_pairs, shipped_weights
from fairlead.attribution.shipped import digest_of_shipped
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.components import connect
from fairlead.tables import Table
from fairlead.tables.attribution import IDENTIFIERS, WEBS
from fairlead.tables.records import ACCOUNTS, PAYMENTS

WEBS_A_PART = 20_000

_JUDGED = """
CREATE TEMP TABLE judged AS
SELECT least(a.rid, b.rid) AS l, greatest(a.rid, b.rid) AS r,
    list(j.judgement ORDER BY j."left", j."right") AS judgements
FROM judgements j
JOIN profiles p ON p.owner = j."left" JOIN records a ON a.profile = p.profile
JOIN profiles q ON q.owner = j."right" JOIN records b ON b.profile = q.profile
WHERE a.rid <> b.rid GROUP BY 1, 2;

CREATE TEMP TABLE pairs AS
SELECT l, r, j.judgements, s.* EXCLUDE (l, r) FROM scored s FULL JOIN judged j USING (l, r);
"""

_JOINING = """SELECT l - 1 AS l, r - 1 AS r FROM pairs WHERE list_contains(judgements, 'same')
    OR (refusal IS NULL AND (grade <> 'unresolved'
        OR (email = 'exclusive' AND (ip = 'exclusive' OR device = 'exclusive'))))"""

_PLACED = """
CREATE TEMP TABLE placed AS
SELECT r.rid, r.profile, w.profile AS web FROM records r JOIN lowest l ON l.rid = r.rid
JOIN records w ON w.rid = l.lowest;

CREATE TEMP TABLE pairs_placed AS
SELECT p.l, p.r, CASE WHEN a.web = b.web THEN a.web ELSE 'between ' || a.profile END AS web
FROM pairs p JOIN placed a ON a.rid = p.l JOIN placed b ON b.rid = p.r;

CREATE TEMP TABLE copies AS
SELECT p.profile, list_sort(list({'record': p.owner, 'origin': o.exhibit || ':' || o.locator})) AS copies
FROM profiles p JOIN payments o ON o.payment = p.owner WHERE p.owner <> p.profile GROUP BY p.profile;

CREATE TEMP TABLE records_placed AS
SELECT web, l AS rid FROM pairs_placed UNION SELECT web, r FROM pairs_placed
UNION SELECT web, rid FROM placed WHERE profile IN (SELECT profile FROM copies);
"""


def _items(parts: int) -> str:
    """Statements for the heads of webs and for the items of their lists, each with the part it goes into."""
    return f"""
CREATE TEMP TABLE web_heads AS
SELECT DISTINCT {part_of("web", parts)} AS part, web FROM records_placed;

CREATE TEMP TABLE web_pairs AS
WITH values_shared AS (
    SELECT l, r, list_sort(list({{'kind': kind, 'value': value, 'held': class, 'holders': holders,
        'network': network}})) AS shared
    FROM evidence GROUP BY l, r)
SELECT {part_of("t.web", parts)} AS part, t.web, l, r,
    {{'left': a.profile, 'right': b.profile, 'grade': p.grade, 'bits': p.bits, 'refusal': p.refusal,
     'pattern': p.pattern, 'probability': CASE WHEN p.refusal IS NULL THEN m.probability END,
     'families': p.families, 'names': p.names, 'marks': p.marks, 'dobs': p.dobs, 'postcodes': p.postcodes,
     'addresses': p.addresses,
     'other_phone': p.other_phone, 'other_iban': p.other_iban, 'same_account': p.same_account, 'email': p.email,
     'ip': p.ip, 'device': p.device, 'mail_bears_name': p.mail_bears_name, 'shared': v.shared,
     'judgements': p.judgements}} AS item
FROM pairs p JOIN pairs_placed t USING (l, r) JOIN records a ON a.rid = p.l JOIN records b ON b.rid = p.r
LEFT JOIN values_shared v USING (l, r) LEFT JOIN measured m USING (pattern);

CREATE TEMP TABLE web_records AS
WITH origins AS (
    SELECT account AS record, exhibit || ':' || locator AS origin FROM accounts
    UNION ALL SELECT payment, exhibit || ':' || locator FROM payments),
paid AS (
    SELECT account AS profile, list_sort(list(DISTINCT profile)) AS payers
    FROM (SELECT profile, unnest(accounts) AS account FROM records WHERE role = 'payer') GROUP BY account)
SELECT {part_of("t.web", parts)} AS part, t.web, rid,
    {{'record': r.profile, 'role': r.role,
     'names': CASE WHEN r.mark IS NULL THEN r.tokens ELSE list_append(r.tokens, r.mark) END,
     'script': r.script, 'date_of_birth': r.dob, 'origin': o.origin,
     'payers': paid.payers, 'copies': CASE WHEN t.web = p.web THEN c.copies END}} AS item
FROM records_placed t JOIN placed p USING (rid) JOIN records r USING (rid) JOIN origins o ON o.record = r.profile
LEFT JOIN copies c ON c.profile = r.profile LEFT JOIN paid ON paid.profile = r.profile;
"""


class WebsStage:
    """IDENTIFIERS, ACCOUNTS and PAYMENTS to WEBS: finds pairs, weighs them, and cuts them where nothing joins."""

    name = "webs"
    reads: tuple[Table, ...] = (IDENTIFIERS, ACCOUNTS, PAYMENTS)
    writes = WEBS

    def __init__(self, judgements: tuple[Judged, ...] = ()) -> None:
        self.judgements: tuple[Judged, ...] = tuple(
            sorted((min(a, b), max(a, b), judgement) for a, b, judgement in judgements)
        )
        text = repr([(a, b, judgement.value) for a, b, judgement in self.judgements]).encode()
        judged = hashlib.blake2b(text, digest_size=8).hexdigest()
        self.version = f"3-{digest_of_shipped('linkage.toml', 'measured.toml', 'names.toml', 'given_names.txt')}-{judged}"

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield webs in parts, in the order of their names."""
        build_pairs(catalogue, self.judgements)
        score_pairs(catalogue, shipped_weights())
        catalogue.prepare(_JUDGED)
        count = catalogue.scalar("SELECT count(*) FROM records")
        joining = catalogue.query(_JOINING)
        lowest = connect(count, joining.column("l").to_numpy(), joining.column("r").to_numpy())
        numbers = pa.array(range(1, count + 1), pa.int64())
        catalogue.hold("lowest", pa.table({"rid": numbers, "lowest": lowest + 1}))
        catalogue.hold("measured", _measured(count))
        catalogue.prepare(_PLACED)
        parts = parts_for(catalogue.scalar("SELECT count(DISTINCT web) FROM records_placed"), WEBS_A_PART)
        catalogue.prepare(_items(parts))
        lists = (
            Folded(column="records", items="web_records", order="rid"),
            Folded(column="pairs", items="web_pairs", order="l, r"),
        )
        for name, rows in fold(catalogue, "web_heads", "web", lists, parts):
            yield name, rows.cast(WEBS.schema)


def _measured(records: int) -> pa.Table:
    """The share shown with each rule, at the size of the case."""
    found = {rule.name: measure_at(rule.name, records) for rule in shipped_weights().rules}
    shares = {name: measure.probability for name, measure in found.items() if measure is not None}
    return pa.table(
        {
            "pattern": pa.array(list(shares), pa.string()),
            "probability": pa.array(list(shares.values()), pa.float64()),
        }
    )
