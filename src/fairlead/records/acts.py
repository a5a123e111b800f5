"""Acts: conduct of accounts, derived from their records by rules that are data."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from importlib import resources

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.records.mapping import ActRule, Mapping
from fairlead.tables import Table
from fairlead.tables.evidence import FILES
from fairlead.tables.records import ACCESSES, ACCOUNTS, ACTS, EVENTS, PAYMENTS
from fairlead.terms.errors import UsageError
from fairlead.terms.platform import PlatformAct

GAP_DAYS = 30
ORIGINS_AT_MOST = 50


def shipped_rules() -> tuple[ActRule, ...]:
    """The rules that come with Fairlead."""
    text = (resources.files("fairlead.records") / "rules.toml").read_text("utf-8")
    return tuple(ActRule.model_validate(rule) for rule in tomllib.loads(text)["rule"])


def rules_of(mapping: Mapping | None) -> tuple[ActRule, ...]:
    """The shipped rules, with those of the mapping added, or in place of one of the same name."""
    rules = {rule.name: rule for rule in shipped_rules()}
    if mapping is not None:
        rules |= {rule.name: rule for rule in mapping.rule}
    for rule in rules.values():
        if rule.act != "*" and rule.act not in set(PlatformAct):
            raise UsageError(
                f"rule {rule.name} names an act that does not exist",
                f"Use one of: {', '.join(PlatformAct)}.",
                code="MAPPING-006",
            )
    return tuple(sorted(rules.values(), key=lambda rule: rule.name))


def _listed(values: tuple[str, ...] | tuple[int, ...]) -> str:
    return ", ".join(str(v) if isinstance(v, int) else "'" + v.replace("'", "''") + "'" for v in values)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _events_of(rule: ActRule) -> str:
    """A SELECT of the events behind one rule, in the columns that ``_acts_sql`` works on."""
    name = _quoted(rule.name)
    act = _quoted(rule.act)
    match rule.rows:
        case "accounts" if rule.account_statuses:
            statuses = _listed(rule.account_statuses)
            return f"""SELECT {name} AS rule, {act} AS act, account, NULL AS payment, registered_at AS began,
                coalesce(last_seen_at, registered_at) AS until, NULL AS object, exhibit, locator
                FROM accounts WHERE role = 'account_user' AND lower(status) IN ({statuses})"""
        case "accounts":
            return f"""SELECT {name} AS rule, {act} AS act, account, NULL AS payment, registered_at AS began,
                registered_at AS until, NULL AS object, exhibit, locator
                FROM accounts WHERE role = 'account_user' AND registered_at IS NOT NULL"""
        case "payments":
            kinds = f"AND kind IN ({_listed(rule.payment_kinds)})" if rule.payment_kinds else ""
            # the platform's row and the processor's about one payment are one act
            return f"""SELECT {name} AS rule, {act} AS act, account, payment, paid_at AS began,
                paid_at AS until, NULL AS object, exhibit, locator FROM payments p
                WHERE account IS NOT NULL {kinds}
                AND NOT (starts_with(account, source || ':') AND reference IS NOT NULL AND EXISTS (
                    FROM payments o WHERE o.source <> p.source AND o.account = p.account AND o.kind = p.kind
                    AND (o.reference = p.reference OR (starts_with(o.payment, o.source || ':')
                        AND ends_with(o.payment, ':' || p.reference)))))"""
        case "events":
            kinds = f"AND kind IN ({_listed(rule.event_kinds)})" if rule.event_kinds else ""
            kind = "kind" if rule.act == "*" else act
            return f"""SELECT {name} AS rule, {kind} AS act, account, NULL AS payment, "at" AS began,
                "at" AS until, object, exhibit, locator FROM events WHERE account IS NOT NULL {kinds}"""
        case "accesses":
            conditions = ["account IS NOT NULL"]
            if rule.methods:
                conditions.append(f"method IN ({_listed(rule.methods)})")
            if rule.statuses:
                conditions.append(f"status IN ({_listed(rule.statuses)})")
            if rule.path_pattern:
                conditions.append(f"regexp_matches(path, {_quoted(rule.path_pattern)})")
            held = "path" if rule.path_pattern else "NULL"
            return f"""SELECT {name} AS rule, {act} AS act, account, NULL AS payment, "at" AS began,
                "at" AS until, {held} AS object, exhibit, locator
                FROM accesses WHERE {" AND ".join(conditions)}"""


class ActsStage:
    """Derives acts: events of one rule and account that lie at most 30 days apart make one act.

    A payment is an act of its own. Contents are named where the request path ends like the path of exactly
    one stored content. The id is a digest of rule, account and the first row behind the act.
    """

    name = "acts"
    reads: tuple[Table, ...] = (ACCOUNTS, PAYMENTS, ACCESSES, EVENTS, FILES)
    writes = ACTS

    def __init__(self, rules: tuple[ActRule, ...]) -> None:
        self.rules = rules
        text = "\n".join(rule.model_dump_json() for rule in rules)
        self.version = "1-" + hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """One partition per rule, so that a rule that changes nothing leaves what rests on it valid."""
        for rule in self.rules:
            rows = catalogue.query(_acts_sql(rule))
            yield rule.name, rows.select(ACTS.schema.names).cast(ACTS.schema)


_NAMES = """
    named AS (
        SELECT DISTINCT lower(split_part(path, '/', -1)) AS base,
            lower('/' || ltrim(path, '/')) AS whole, sha256
        FROM files WHERE sha256 IS NOT NULL),
    objects AS (
        SELECT DISTINCT object, lower('/' || ltrim(url_decode(split_part(object, '?', 1)), '/')) AS wanted
        FROM conduct WHERE object IS NOT NULL),
    candidates AS (
        SELECT o.object, n.sha256, ends_with(n.whole, o.wanted) AS exact
        FROM objects o JOIN named n ON n.base = split_part(o.wanted, '/', -1) AND n.base <> ''),
    stored AS (
        SELECT object, CASE
            WHEN count(DISTINCT sha256) FILTER (exact) = 1 THEN max(sha256) FILTER (exact)
            WHEN count(DISTINCT sha256) FILTER (exact) = 0 AND count(DISTINCT sha256) = 1 THEN max(sha256)
            END AS sha256
        FROM candidates GROUP BY object)
"""


def _acts_sql(rule: ActRule) -> str:
    return f"""
    WITH conduct AS ({_events_of(rule)}),
    {_NAMES},
    placed AS (
        SELECT c.*, s.sha256, CASE WHEN began IS NULL OR payment IS NOT NULL THEN 1 ELSE
            (began > lag(until) OVER w + INTERVAL {GAP_DAYS} DAY)::INT END AS breaks
        FROM conduct c LEFT JOIN stored s USING (object)
        WINDOW w AS (PARTITION BY act, account ORDER BY began, exhibit, locator)),
    numbered AS (
        SELECT *, sum(coalesce(breaks, 0)) OVER (
            PARTITION BY act, account ORDER BY began, exhibit, locator ROWS UNBOUNDED PRECEDING) AS island
        FROM placed)
    SELECT
        act AS kind, account, max(payment) AS payment, min(began) AS from_at, max(until) AS to_at,
        count(*) AS events, rule,
        coalesce(list_sort(list_distinct(list(sha256) FILTER (sha256 IS NOT NULL))), []) AS sha256s,
        list(exhibit || ':' || locator ORDER BY began, exhibit, locator)[1:{ORIGINS_AT_MOST}] AS origins,
        arg_min(exhibit, (coalesce(began, TIMESTAMPTZ '1970-01-01 00:00:00Z'), exhibit, locator)) AS exhibit,
        arg_min(locator, (coalesce(began, TIMESTAMPTZ '1970-01-01 00:00:00Z'), exhibit, locator)) AS locator,
        left(sha256(concat_ws('|', rule, act, account, max(payment), origins[1])), 24) AS act
    FROM numbered GROUP BY rule, act, account, island
    ORDER BY account, from_at, act
    """
