"""Candidate pairs of records, and what each pair agrees and disagrees in.

Payments that carry the same instrument, payer name, e-mail address and account are one profile here: a
customer who paid forty times is not forty holders of a card. Two of the four must be there: an instrument
alone may be a mule's.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.terms.platform import Judgement

Judged = tuple[str, str, Judgement]

MASS_ABOVE = 20
EXCLUSIVE_UP_TO = 6
PHONE_GAP_DAYS = 180
ADDRESS_GAP_DAYS = 3

MULE_ACCOUNTS = 3  # from so many accounts on, an instrument says nothing about who uses them

MULES = f"""SELECT i.kind, i.value FROM identifiers i JOIN payments p ON p.payment = i.owner
    WHERE i.kind IN ('iban', 'card', 'wallet')
    GROUP BY i.kind, i.value HAVING count(DISTINCT p.account) >= {MULE_ACCOUNTS}"""

APART_STATUSES = ("test", "investigator")
_APART = ", ".join(f"'{status}'" for status in APART_STATUSES)

_PROFILES = f"""
CREATE TEMP TABLE excluded AS SELECT account FROM accounts WHERE lower(status) IN ({_APART});

CREATE TEMP TABLE mules AS {MULES};

CREATE TEMP TABLE payment_keys AS
SELECT owner,
    max(value) FILTER (kind IN ('iban', 'card', 'wallet') AND (kind, value) NOT IN (SELECT (kind, value) FROM mules))
        AS instrument,
    max(value) FILTER (kind = 'email' AND scope = 'personal') AS email,
    max(value) FILTER (kind = 'name') AS name
FROM identifiers WHERE owner_table = 'payments' GROUP BY owner;

CREATE TEMP TABLE profiles AS
WITH keyed AS (
    SELECT p.payment AS owner, p.account, CASE WHEN (k.instrument IS NULL)::INT + (k.email IS NULL)::INT
            + (k.name IS NULL)::INT + (p.account IS NULL)::INT > 2 OR (k.instrument IS NULL AND k.email IS NULL)
            THEN p.payment
        ELSE concat_ws('|', k.instrument, '~', k.email, '~', k.name, '~', p.account) END AS key
    FROM payments p LEFT JOIN payment_keys k ON k.owner = p.payment),
told_apart AS (
    SELECT unnest([a.owner, b.owner]) AS owner
    FROM judgements j JOIN keyed a ON a.owner = j."left" JOIN keyed b ON b.owner = j."right"
    WHERE j.judgement = 'different' AND a.key = b.key)
SELECT owner, account, 'payer' AS role,
    CASE WHEN owner IN (FROM told_apart) THEN owner
        ELSE min(owner) OVER (PARTITION BY key, owner IN (FROM told_apart)) END AS profile
FROM keyed
UNION ALL
SELECT account, account, role, account FROM accounts;
"""

_RECORDS = """
CREATE TEMP TABLE records AS
WITH held AS (
    SELECT p.profile, i.kind, i.value, i.scope FROM identifiers i JOIN profiles p ON p.owner = i.owner),
shown AS (
    SELECT profile,
        max(value) FILTER (kind = 'name' AND scope <> 'junk') AS name,
        max(value) FILTER (kind = 'date_of_birth' AND scope <> 'junk') AS dob,
        count(DISTINCT value) FILTER (kind = 'date_of_birth' AND scope <> 'junk') AS dobs,
        max(value) FILTER (kind = 'postcode' AND scope <> 'junk') AS postcode,
        max(value) FILTER (kind = 'phone' AND scope = 'personal') AS phone,
        max(value) FILTER (kind = 'iban') AS iban
    FROM held GROUP BY profile),
split AS (
    SELECT *, string_split(name, ' ') AS tokens FROM shown)
SELECT row_number() OVER (ORDER BY q.profile) AS rid, q.profile, q.role, q.accounts, s.name, s.tokens,
    CASE WHEN len(s.tokens) > 1 THEN s.tokens[1] END AS first,
    CASE WHEN len(s.tokens) > 1 THEN s.tokens[-1] END AS last,
    CASE WHEN len(s.tokens) = 1 THEN s.tokens[1] END AS only_name,
    s.dob, s.postcode, s.phone, s.iban
FROM (SELECT profile, any_value(role) AS role, list_sort(list_distinct(list(account))) AS accounts
      FROM profiles GROUP BY profile) q
LEFT JOIN split s USING (profile)
WHERE q.profile NOT IN (SELECT account FROM excluded);
"""

_VALUES = f"""
CREATE TEMP TABLE held AS
WITH placed AS (
    SELECT r.rid, CASE WHEN i.kind = 'user_name' THEN 'handle' ELSE i.kind END AS kind, i.value,
        i.first_at, i.last_at, i.kind = 'user_name' AS chosen
    FROM identifiers i JOIN profiles p ON p.owner = i.owner JOIN records r ON r.profile = p.profile
    WHERE i.scope = 'personal' AND i.network IS DISTINCT FROM 'cgnat'
        AND i.kind IN ('email', 'phone', 'iban', 'card', 'wallet', 'device', 'ip', 'user_name', 'password')
    UNION ALL
    SELECT r.rid, 'handle', split_part(i.value, '@', 1), NULL, NULL, false
    FROM identifiers i JOIN profiles p ON p.owner = i.owner JOIN records r ON r.profile = p.profile
    WHERE i.kind = 'email' AND i.scope = 'personal' AND length(split_part(i.value, '@', 1)) >= 6
    UNION ALL
    SELECT rid, 'name_postcode', last || '|' || postcode, NULL, NULL, false FROM records
    WHERE postcode IS NOT NULL AND last IS NOT NULL
    UNION ALL
    SELECT rid, 'dob_part', dob || '|' || part, NULL, NULL, false
    FROM (SELECT rid, dob, unnest([first, last, 'at ' || postcode]) AS part FROM records WHERE dob IS NOT NULL)
    WHERE part IS NOT NULL)
SELECT rid, kind, value, min(first_at) AS first_at, max(last_at) AS last_at, bool_or(chosen) AS chosen,
    count(*) OVER (PARTITION BY kind, value) AS holders
FROM placed GROUP BY rid, kind, value;

CREATE TEMP TABLE shared AS
SELECT a.rid AS l, b.rid AS r, a.kind, a.value, a.holders, a.chosen AND b.chosen AS chosen,
    CASE WHEN a.first_at IS NULL OR b.first_at IS NULL THEN NULL
        ELSE greatest(0, date_diff('day', least(a.last_at, b.last_at), greatest(a.first_at, b.first_at))) END AS gap
FROM held a JOIN held b ON a.kind = b.kind AND a.value = b.value AND a.rid < b.rid
WHERE a.holders <= {MASS_ABOVE};
"""

_COMPARED = """
CREATE TEMP TABLE compared AS
WITH met AS (SELECT DISTINCT l, r FROM shared),
faced AS (
    SELECT m.l, m.r, a.role AS l_role, b.role AS r_role,
        a.first AS lf, a.last AS ll, b.first AS rf, b.last AS rl, a.only_name AS lo, b.only_name AS ro,
        a.tokens AS lt, b.tokens AS rt, a.dob AS ld, b.dob AS rd, a.postcode AS lp, b.postcode AS rp,
        a.phone AS lph, b.phone AS rph, a.iban AS lib, b.iban AS rib,
        list_has_any(a.accounts, b.accounts) AS same_account
    FROM met m JOIN records a ON a.rid = m.l JOIN records b ON b.rid = m.r)
SELECT l, r, l_role, r_role, same_account,
    CASE
        WHEN ll IS NOT NULL AND rl IS NOT NULL THEN CASE
            WHEN lf = rf AND ll = rl AND length(lf) > 1 THEN 'full'
            WHEN lf = rl AND ll = rf THEN 'swapped'
            WHEN ll = rl AND lf[1] = rf[1] AND (length(lf) = 1 OR length(rf) = 1) THEN 'initial'
            WHEN jaro_winkler_similarity(ll, rl) >= 0.92 AND (lf = rf OR (lf[1] = rf[1] AND (
                length(lf) = 1 OR length(rf) = 1 OR jaro_winkler_similarity(lf, rf) >= 0.9))) THEN 'near'
            WHEN jaro_winkler_similarity(ll, rl) < 0.85 AND NOT list_contains(rt, ll)
                AND NOT list_contains(lt, rl) THEN 'unrelated'
            WHEN ll = rl AND (lf[1] <> rf[1] OR jaro_winkler_similarity(lf, rf) < 0.7)
                AND length(lf) > 1 AND length(rf) > 1 THEN 'other_first'
            WHEN ll = rl AND lf[1] <> rf[1] THEN 'other_first'
            ELSE 'unclear' END
        WHEN (lo IS NOT NULL AND rf IS NOT NULL) OR (ro IS NOT NULL AND lf IS NOT NULL) THEN CASE
            WHEN list_contains(coalesce(lt, []), coalesce(lo, ro)) AND list_contains(coalesce(rt, []), coalesce(lo, ro))
                THEN 'part'
            WHEN jaro_winkler_similarity(coalesce(lo, lf), coalesce(ro, rf)) >= 0.85 THEN 'unclear'
            WHEN length(coalesce(lo, lf)) = 1 OR length(coalesce(ro, rf)) = 1 THEN 'unclear'
            ELSE 'other_part' END
        WHEN lo IS NOT NULL AND ro IS NOT NULL THEN CASE WHEN lo = ro THEN 'part'
            WHEN jaro_winkler_similarity(lo, ro) >= 0.85 THEN 'unclear' ELSE 'other_part' END
        ELSE 'none' END AS names,
    CASE WHEN ld IS NULL OR rd IS NULL THEN 'none' WHEN ld = rd THEN 'same'
        WHEN damerau_levenshtein(ld, rd) <= 2 OR ld = rd[:5] || rd[9:] || '-' || rd[6:7] THEN 'near'
        ELSE 'other' END AS dobs,
    CASE WHEN lp IS NULL OR rp IS NULL THEN 'none' WHEN lp = rp THEN 'same' ELSE 'other' END AS postcodes,
    coalesce(lph <> rph, false) AS other_phone, coalesce(lib <> rib, false) AS other_iban
FROM faced;

CREATE TEMP TABLE classes AS
SELECT s.kind, s.value, any_value(s.holders) AS holders,
    bool_or(c.names IN ('unrelated', 'other_first', 'other_part') OR c.dobs = 'other') AS conflict,
    bool_or((c.other_phone AND s.kind <> 'phone') OR (c.other_iban AND s.kind <> 'iban')) AS strict_conflict
FROM shared s JOIN compared c USING (l, r) GROUP BY s.kind, s.value;
"""

_FEATURES = f"""
CREATE TEMP TABLE evidence AS
SELECT s.l, s.r, s.kind, s.value, s.holders, s.chosen, s.gap,
    CASE
        WHEN s.kind = 'ip' AND s.gap > {ADDRESS_GAP_DAYS} THEN 'reassigned'
        WHEN s.kind = 'phone' AND s.gap > {PHONE_GAP_DAYS} THEN 'recycled'
        WHEN (s.kind, s.value) IN (SELECT (kind, value) FROM mules) THEN 'mule'
        WHEN c.conflict THEN 'conflict'
        WHEN s.holders > {EXCLUSIVE_UP_TO} OR c.strict_conflict THEN 'shared'
        ELSE 'exclusive' END AS class
FROM shared s JOIN classes c USING (kind, value)
WHERE s.kind NOT IN ('dob_part', 'name_postcode');
"""


def build_pairs(catalogue: Catalogue, judgements: Sequence[Judged] = ()) -> None:
    """Prepare ``judgements``, ``profiles``, ``records``, ``held``, ``compared`` and ``evidence`` for later statements.

    Accounts of ``APART_STATUSES`` take part in nothing. Of what people decided one thing matters here: two payments
    that say the same are no one profile where they were told apart.
    """
    columns = list(zip(*((a, b, which.value) for a, b, which in judgements), strict=True)) or [(), (), ()]
    names = ("left", "right", "judgement")
    catalogue.hold("judgements", pa.table([pa.array(c, pa.string()) for c in columns], names))
    for statement in (_PROFILES, _RECORDS, _VALUES, _COMPARED, _FEATURES):
        catalogue.prepare(statement)
