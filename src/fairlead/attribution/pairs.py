"""Candidate pairs of records, and what each pair agrees and disagrees in.

Payments that carry the same instrument, payer name, e-mail address and account are one profile here: a
customer who paid forty times is not forty holders of a card. Two of the four must be there: an instrument
alone may be a mule's.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from fairlead.attribution.names import MARKS, TELLING_BONES, WHOLE_NAME_LETTERS, WHOLE_NAME_SLIPS, words_of
from fairlead.engine.catalogue import Catalogue
from fairlead.terms.platform import Judgement

Judged = tuple[str, str, Judgement]

MASS_ABOVE = 20
EXCLUSIVE_UP_TO = 6
SMALL_CASE, BLOCKED_IN_SMALL_CASE = 100_000, 60
"""Up to so many records, pairs are also looked for among the second number of records that look alike: it costs little."""
PHONE_GAP_DAYS = 180
ADDRESS_GAP_DAYS = 3
GENERATION_YEARS = 15
"""Dates of birth so many years apart are two, however alike they are written."""
SCRIPTS = {
    "Greek": r"\x{0370}-\x{03FF}\x{1F00}-\x{1FFF}", "Cyrillic": r"\x{0400}-\x{052F}",
    "Hebrew": r"\x{0590}-\x{05FF}", "Arabic": r"\x{0600}-\x{06FF}\x{0750}-\x{077F}",
    "another": r"\x{0900}-\x{1DFF}\x{3040}-\x{D7FF}",
}  # fmt: skip
_MARKS = "[" + ", ".join(f"'{mark}'" for mark in sorted(MARKS)) + "]"

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
    max(value) FILTER (kind IN ('iban', 'card', 'wallet') AND scope <> 'junk'
        AND (kind, value) NOT IN (SELECT (kind, value) FROM mules))
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

_SHOWN = f"""
CREATE TEMP TABLE shown AS
WITH held AS (
    SELECT p.profile, i.kind, i.value, i.scope, i.original
    FROM identifiers i JOIN profiles p ON p.owner = i.owner
    WHERE i.kind IN ('name', 'date_of_birth', 'postcode', 'phone', 'iban'))
SELECT profile,
    max(value) FILTER (kind = 'name' AND scope NOT IN ('junk', 'default')) AS name,
    arg_max(original, value) FILTER (kind = 'name' AND scope NOT IN ('junk', 'default')) AS written,
    max(value) FILTER (kind = 'date_of_birth' AND scope NOT IN ('junk', 'default')) AS dob,
    max(value) FILTER (kind = 'postcode' AND scope NOT IN ('junk', 'default')) AS postcode,
    max(value) FILTER (kind = 'phone' AND scope = 'personal') AS phone,
    max(value) FILTER (kind = 'iban' AND scope <> 'junk') AS iban
FROM held GROUP BY profile;

CREATE TEMP TABLE named AS
SELECT *, CASE WHEN list_contains({_MARKS}, words[-1]) AND len(words) > 2 THEN words[-1] END AS mark,
    CASE WHEN list_contains({_MARKS}, words[-1]) AND len(words) > 2 THEN words[:-2] ELSE words END AS tokens
FROM (SELECT *, string_split(name, ' ') AS words FROM shown);
"""

_FACES = f"""
CREATE TEMP TABLE records AS
WITH homes AS (
    SELECT account AS profile, regexp_replace(lower(strip_accents(address)), '[^a-z0-9]+', ' ', 'g') AS address
    FROM accounts WHERE address IS NOT NULL),
split AS (
    SELECT *, CASE WHEN len(tokens) > 1 THEN tokens[1] END AS first,
        CASE WHEN len(tokens) > 1 THEN tokens[-1] END AS last,
        CASE WHEN len(tokens) = 1 THEN tokens[1] END AS only_name
    FROM named)
SELECT row_number() OVER (ORDER BY q.profile) AS rid, q.profile, q.role, q.accounts, s.name, s.tokens, s.mark,
    s.first, s.last, s.only_name, f.plain AS first_plain, f.sound AS first_sound, f.bones AS first_bones,
    coalesce(f.given, false) AS first_given, f.nicknames AS first_nicknames,
    l.plain AS last_plain, l.sound AS last_sound, l.bones AS last_bones,
    CASE {" ".join(f"WHEN regexp_matches(s.written, '[{block}]') THEN '{name}'" for name, block in SCRIPTS.items())}
        ELSE 'Latin' END AS script,
    s.dob, s.postcode, nullif(trim(h.address), '') AS address, s.phone, s.iban
FROM (SELECT profile, any_value(role) AS role, list_sort(list_distinct(list(account))) AS accounts
      FROM profiles GROUP BY profile) q
LEFT JOIN split s USING (profile) LEFT JOIN homes h USING (profile)
LEFT JOIN name_words f ON f.word = coalesce(s.first, s.only_name) LEFT JOIN name_words l ON l.word = s.last
WHERE q.profile NOT IN (SELECT account FROM excluded);
"""

_VALUES = f"""
CREATE TEMP TABLE held AS
WITH placed AS (
    SELECT r.rid, CASE WHEN i.kind = 'user_name' THEN 'handle' ELSE i.kind END AS kind, i.value,
        i.first_at, i.last_at, i.kind = 'user_name' AS chosen, i.scope = 'household' AS household, i.network
    FROM identifiers i JOIN profiles p ON p.owner = i.owner JOIN records r ON r.profile = p.profile
    WHERE i.scope IN ('personal', 'household') AND i.network IS DISTINCT FROM 'cgnat'
        AND i.kind IN ('email', 'phone', 'iban', 'card', 'wallet', 'device', 'ip', 'user_name', 'password')
    UNION ALL
    SELECT r.rid, 'handle', split_part(i.value, '@', 1), NULL, NULL, false, false, NULL
    FROM identifiers i JOIN profiles p ON p.owner = i.owner JOIN records r ON r.profile = p.profile
    WHERE i.kind = 'email' AND i.scope = 'personal' AND length(split_part(i.value, '@', 1)) >= 6
    UNION ALL
    SELECT rid, 'blocked', key, NULL, NULL, false, false, NULL
    FROM (SELECT rid, unnest([
        'last ' || last_sound || '|' || digits, 'first ' || first_sound || '|' || digits,
        'both ' || least(first_sound, last_sound) || '|' || greatest(first_sound, last_sound),
        'bones ' || least(first_bones, last_bones) || '|' || greatest(first_bones, last_bones) || '|'
            || coalesce(dob, postcode), 'born ' || dob || '|' || first_sound, 'born ' || dob || '|' || last_sound,
        'born ' || dob || '|at ' || digits, 'home ' || address, 'born ' || dob || '|' || left(address, 6),
        'initials ' || least(first[1], last[1]) || greatest(first[1], last[1]) || '|' || coalesce(dob, digits),
        'alone ' || only_name || '|' || coalesce(dob, digits)
        ]) AS key
        FROM (SELECT *, list_aggregate(list_sort(string_split(postcode, '')), 'string_agg', '') AS digits FROM records))
    WHERE key IS NOT NULL)
SELECT rid, kind, value, min(first_at) AS first_at, max(last_at) AS last_at, bool_or(chosen) AS chosen,
    bool_or(household) AS household, any_value(network) AS network,
    count(*) OVER (PARTITION BY kind, value) AS holders
FROM placed GROUP BY rid, kind, value;

CREATE TEMP TABLE shared AS
SELECT a.rid AS l, b.rid AS r, a.kind, a.value, a.holders, a.chosen AND b.chosen AS chosen, a.household,
    coalesce(a.network, b.network) AS network,
    CASE WHEN a.first_at IS NULL OR b.first_at IS NULL THEN NULL
        ELSE greatest(0, date_diff('day', least(a.last_at, b.last_at), greatest(a.first_at, b.first_at))) END AS gap
FROM held a JOIN held b ON a.kind = b.kind AND a.value = b.value AND a.rid < b.rid
WHERE a.holders <= CASE WHEN a.kind <> 'blocked' OR (SELECT count(*) FROM records) > {SMALL_CASE}
    THEN {MASS_ABOVE} ELSE {BLOCKED_IN_SMALL_CASE} END;
"""

_COMPARED = f"""
CREATE TEMP TABLE compared AS
WITH met AS (SELECT DISTINCT l, r FROM shared),
faced AS (
    SELECT m.l, m.r, a.role AS l_role, b.role AS r_role,
        a.first AS lf, a.last AS ll, b.first AS rf, b.last AS rl, a.only_name AS lo, b.only_name AS ro,
        a.tokens AS lt, b.tokens AS rt, a.dob AS ld, b.dob AS rd, a.postcode AS lp, b.postcode AS rp,
        a.phone AS lph, b.phone AS rph, a.iban AS lib, b.iban AS rib, a.address AS la, b.address AS ra,
        list_has_any(a.accounts, b.accounts) AS same_account,
        a.mark AS lm, b.mark AS rm, a.script <> b.script AS two_scripts,
        a.first_given AND b.first_given AND a.first_sound <> b.first_sound
            AND NOT list_has_any(a.first_nicknames, b.first_nicknames) AND a.first <> b.first AS two_given,
        a.first_sound = b.first_sound AS first_sounds, a.last_sound = b.last_sound AS last_sounds,
        a.first_plain = b.first_plain AND (NOT (a.first_given AND b.first_given) OR a.first = b.first) AS first_plain,
        a.last_plain = b.last_plain AS last_plain,
        a.first_sound = b.last_sound AND a.last_sound = b.first_sound AS turned_sounds,
        list_has_any(a.first_nicknames, b.first_nicknames) AS nicknamed,
        length(a.first_bones || a.last_bones) >= {TELLING_BONES} AND (
            (a.first_bones = b.first_bones AND a.last_bones = b.last_bones)
            OR (a.first_bones = b.last_bones AND a.last_bones = b.first_bones)) AS one_skeleton
    FROM met m JOIN records a ON a.rid = m.l JOIN records b ON b.rid = m.r),
measured AS (
    SELECT *, jaro_winkler_similarity(lf, rf) AS first_like, jaro_winkler_similarity(ll, rl) AS last_like,
        damerau_levenshtein(lf, rf) AS first_edits, damerau_levenshtein(ll, rl) AS last_edits,
        coalesce(NOT two_given AND jaro_winkler_similarity(lf, rl) >= 0.85 AND jaro_winkler_similarity(ll, rf) >= 0.85,
            false) AS turned_like,
        damerau_levenshtein(list_aggregate(lt, 'string_agg', ''), list_aggregate(rt, 'string_agg', '')) AS edits,
        length(list_aggregate(lt, 'string_agg', '')) AS letters,
        CASE WHEN lo IS NULL THEN ro ELSE lo END AS alone, CASE WHEN lo IS NULL THEN lt ELSE rt END AS beside
    FROM faced)
SELECT l, r, l_role, r_role, same_account,
    CASE
        WHEN ll IS NOT NULL AND rl IS NOT NULL THEN CASE
            WHEN first_plain AND last_plain AND length(lf) > 1 THEN 'full'
            WHEN lf = rl AND ll = rf THEN 'swapped'
            WHEN two_scripts AND one_skeleton THEN 'script'
            WHEN first_sounds AND last_sounds AND length(lf) > 1 THEN 'spelling'
            WHEN turned_sounds THEN 'spelling'
            WHEN last_sounds AND nicknamed THEN 'nickname'
            WHEN last_sounds AND lf[1] = rf[1] AND (length(lf) = 1 OR length(rf) = 1) THEN 'initial'
            WHEN two_scripts THEN 'unclear'
            WHEN (first_sounds OR nicknamed) AND length(lf) > 1 AND (
                (len(lt) > 2 AND list_contains(lt, rl)) OR (len(rt) > 2 AND list_contains(rt, ll))) THEN 'double'
            WHEN two_given AND (last_sounds OR last_like >= 0.85) THEN 'other_first'
            WHEN (first_sounds OR nicknamed) AND (last_like >= 0.92 OR last_edits <= 1) THEN 'near'
            WHEN (last_sounds OR last_like >= 0.92) AND lf[1] = rf[1] AND (length(lf) = 1 OR length(rf) = 1)
                THEN 'initial'
            WHEN (last_sounds OR last_like >= 0.92) AND (first_like >= 0.9 OR first_edits <= 1)
                AND length(lf) > 1 AND length(rf) > 1 THEN 'near_first'
            WHEN NOT two_given AND letters >= {WHOLE_NAME_LETTERS} AND edits <= {WHOLE_NAME_SLIPS} THEN 'near_first'
            WHEN turned_like THEN 'near_first'
            WHEN last_like < 0.85 AND NOT list_contains(rt, ll)
                AND NOT list_contains(lt, rl) THEN 'unrelated'
            WHEN ll = rl AND (lf[1] <> rf[1] OR first_like < 0.7)
                AND length(lf) > 1 AND length(rf) > 1 THEN 'other_first'
            WHEN ll = rl AND lf[1] <> rf[1] THEN 'other_first'
            ELSE 'unclear' END
        WHEN (lo IS NOT NULL AND rf IS NOT NULL) OR (ro IS NOT NULL AND lf IS NOT NULL) THEN CASE
            WHEN list_contains(coalesce(lt, []), coalesce(lo, ro)) AND list_contains(coalesce(rt, []), coalesce(lo, ro))
                THEN 'part'
            WHEN two_scripts THEN 'unclear'
            WHEN len(list_filter(beside, lambda word: jaro_winkler_similarity(word, alone) >= 0.85
                OR damerau_levenshtein(word, alone) <= 1)) > 0 THEN 'unclear'
            WHEN length(coalesce(lo, lf)) = 1 OR length(coalesce(ro, rf)) = 1 THEN 'unclear'
            ELSE 'other_part' END
        WHEN lo IS NOT NULL AND ro IS NOT NULL THEN CASE WHEN lo = ro THEN 'part' WHEN two_scripts THEN 'unclear'
            WHEN jaro_winkler_similarity(lo, ro) >= 0.85 THEN 'unclear' ELSE 'other_part' END
        ELSE 'none' END AS names,
    coalesce(first_sounds OR nicknamed OR (first_edits <= 1 AND NOT two_given), false) AS first_names_agree,
    CASE WHEN lm IS NULL AND rm IS NULL THEN 'none' WHEN lm = rm THEN 'same' WHEN lm <> rm THEN 'other'
        ELSE 'one' END AS marks,
    CASE WHEN ld IS NULL OR rd IS NULL THEN 'none'
        WHEN ld = rd THEN CASE WHEN ld[6:] IN ('01-01', '12-31') OR ld[3:4] || '-' || ld[3:4] = ld[6:] THEN 'usual'
            ELSE 'same' END
        WHEN abs(coalesce(try_cast(ld[:4] AS INT) - try_cast(rd[:4] AS INT), 0)) >= {GENERATION_YEARS} THEN 'other'
        WHEN damerau_levenshtein(ld, rd) <= 1 OR ld = rd[:5] || rd[9:] || '-' || rd[6:7] THEN 'near'
        WHEN damerau_levenshtein(ld, rd) <= 2 THEN 'odd'
        ELSE 'other' END AS dobs,
    CASE WHEN lp IS NULL OR rp IS NULL THEN 'none' WHEN lp = rp THEN 'same'
        WHEN length(lp) >= 4 AND damerau_levenshtein(lp, rp) <= 1 THEN 'near' ELSE 'other' END AS postcodes,
    CASE WHEN la IS NULL OR ra IS NULL THEN 'none' WHEN la = ra THEN 'same'
        WHEN jaro_winkler_similarity(la, ra) >= 0.92 THEN 'near' ELSE 'other' END AS addresses,
    coalesce(lph <> rph, false) AS other_phone, coalesce(lib <> rib, false) AS other_iban
FROM measured;

CREATE TEMP TABLE classes AS
SELECT s.kind, s.value, any_value(s.holders) AS holders,
    bool_or(c.names IN ('unrelated', 'other_first', 'other_part') OR c.dobs = 'other' OR c.marks = 'other') AS conflict,
    bool_or((c.other_phone AND s.kind <> 'phone') OR (c.other_iban AND s.kind <> 'iban')) AS strict_conflict
FROM shared s JOIN compared c USING (l, r) GROUP BY s.kind, s.value;
"""

_FEATURES = f"""
CREATE TEMP TABLE evidence AS
SELECT s.l, s.r, s.kind, s.value, s.holders, s.chosen, s.gap, s.network,
    CASE
        WHEN s.kind = 'ip' AND s.gap > {ADDRESS_GAP_DAYS} THEN 'reassigned'
        WHEN s.kind = 'phone' AND s.gap > {PHONE_GAP_DAYS} THEN 'recycled'
        WHEN (s.kind, s.value) IN (SELECT (kind, value) FROM mules) THEN 'mule'
        WHEN c.conflict THEN 'conflict'
        WHEN s.household THEN 'household'
        WHEN s.holders > {EXCLUSIVE_UP_TO} OR c.strict_conflict THEN 'shared'
        ELSE 'exclusive' END AS class
FROM shared s JOIN classes c USING (kind, value)
WHERE s.kind <> 'blocked';
"""


def build_pairs(catalogue: Catalogue, judgements: Sequence[Judged] = ()) -> None:
    """Prepare ``judgements``, ``profiles``, ``records``, ``held``, ``compared`` and ``evidence`` for later statements.

    Accounts of ``APART_STATUSES`` take part in nothing. Of what people decided one thing matters here: two payments
    that say the same are no one profile where they were told apart.
    """
    columns = list(zip(*((a, b, which.value) for a, b, which in judgements), strict=True)) or [(), (), ()]
    names = ("left", "right", "judgement")
    catalogue.hold("judgements", pa.table([pa.array(c, pa.string()) for c in columns], names))
    for statement in (_PROFILES, _SHOWN):
        catalogue.prepare(statement)
    words = catalogue.query(
        "SELECT DISTINCT unnest([tokens[1], tokens[-1]]) AS word FROM named WHERE len(tokens) > 0"
    )
    catalogue.hold("name_words", words_of(words.column("word").to_pylist()))
    for statement in (_FACES, _VALUES, _COMPARED, _FEATURES):
        catalogue.prepare(statement)
