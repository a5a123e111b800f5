"""Weighing of pairs: declared bits per level, a cap per family, and rules that give a grade. Pure data work."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from fairlead.attribution.pairs import EXCLUSIVE_UP_TO
from fairlead.engine.catalogue import Catalogue
from fairlead.terms.grades import AttributionGrade
from fairlead.terms.intervals import wilson_interval

_FACTS = {
    "name": "names IN ('full', 'swapped')",
    "whole_name": "names IN ('full', 'swapped', 'spelling', 'script', 'double', 'nickname')",
    "first_name": "first_names_agree AND names IN ('full', 'swapped', 'spelling', 'double', 'near')",
    "first_name_alone": "first_names_agree",
    "part_of_name": "names = 'part'",
    "similar_name": "names IN ('unclear', 'near_first')",
    "any_name": "names IN ('full', 'swapped', 'spelling', 'script', 'double', 'nickname', 'near')",
    "initial": "names = 'initial'",
    "nearly_name": "names IN ('full', 'swapped', 'spelling', 'script', 'double', 'nickname', 'near', 'near_first')",
    "no_two_names": "names IN ('full', 'swapped', 'none', 'part')",
    "dob": "dobs = 'same'",
    "any_dob": "dobs IN ('same', 'usual')",
    "nearly_dob": "dobs IN ('same', 'usual', 'near')",
    "roughly_dob": "dobs IN ('same', 'usual', 'near', 'odd')",
    "other_home": "(postcodes = 'other' OR addresses = 'other')",
    "similar_first_name": "names = 'near_first'",
    "postcode": "postcodes = 'same'",
    "home": "(postcodes = 'same' OR addresses = 'same')",
    "nearly_home": "(postcodes IN ('same', 'near') OR addresses IN ('same', 'near'))",
    "address": "addresses = 'same'",
    "nearly_address": "addresses IN ('same', 'near')",
    "phone": "phone = 'exclusive'",
    "any_phone": "phone IN ('exclusive', 'household')",
    "personal_money": "money = 'exclusive' AND personal_money",
    "money": "money = 'exclusive'",
    "email": "email IN ('exclusive', 'household')",
    "email_of_one": "email = 'exclusive'",
    "own_email": "email = 'exclusive' AND mail_bears_first_name",
    "email_of_both_names": f"email = 'conflict' AND email_holders <= {EXCLUSIVE_UP_TO} "
    "AND NOT other_phone AND NOT other_iban",
    "mail_bears_name": "mail_bears_name",
    "few_hold_the_mail": "email_holders <= 3",
    "network": "(coalesce(device = 'exclusive', false) OR coalesce(ip = 'exclusive', false))",
    "device": "device = 'exclusive'",
    "user": "user_name = 'exclusive'",
    "handle": "handle = 'exclusive'",
    "two_accounts": "l_role = 'account_user' AND r_role = 'account_user'",
    "payer_of_it": "(l_role = 'payer' OR r_role = 'payer') AND l_role <> 'account_user' AND r_role <> 'account_user'",
    "one_mark": "marks = 'one'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pattern of agreement and the grade that it supports."""

    name: str
    grade: AttributionGrade
    all: tuple[str, ...]
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    @property
    def condition(self) -> str:
        """The rule as SQL over a compared pair."""
        parts = [f"coalesce({_FACTS[fact]}, false)" for fact in self.all]
        if self.any:
            parts.append("(" + " OR ".join(f"coalesce({_FACTS[fact]}, false)" for fact in self.any) + ")")
        parts += [f"NOT coalesce({_FACTS[fact]}, false)" for fact in self.none]
        return " AND ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How many pairs of a rule were one person, among how many, in a truth of so many records."""

    records: int
    right: int
    pairs: int

    @property
    def probability(self) -> float | None:
        """The share, never 100 % (Jeffreys' estimate, capped); None below twenty pairs."""
        if self.pairs < MEASURED_FROM:
            return None
        return min(PROBABILITY_AT_MOST, (self.right + 0.5) / (self.pairs + 1))

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval at 95 %."""
        return wilson_interval(self.right, self.pairs)


@dataclass(frozen=True, slots=True)
class Weights:
    """Bits per level, caps per family, and the rules in order."""

    bits: dict[str, float]
    caps: dict[str, float]
    rules: tuple[Rule, ...]


@cache
def shipped_weights() -> Weights:
    """The weights that come with Fairlead (`attribution/data/linkage.toml`)."""
    raw = tomllib.loads(
        (resources.files("fairlead.attribution") / "data" / "linkage.toml").read_text("utf-8")
    )
    rules = tuple(
        Rule(
            name=entry["name"],
            grade=AttributionGrade(entry["grade"]),
            all=tuple(entry["all"]),
            any=tuple(entry.get("any", ())),
            none=tuple(entry.get("none", ())),
        )
        for entry in raw["rule"]
    )
    return Weights(raw["bits"], raw["caps"], rules)


@cache
def shipped_measures() -> dict[str, tuple[Measure, ...]]:
    """Per rule, what was measured at which size, smallest first (`attribution/data/measured.toml`)."""
    raw = tomllib.loads(
        (resources.files("fairlead.attribution") / "data" / "measured.toml").read_text("utf-8")
    )
    return {
        rule: tuple(
            Measure(records=int(records), right=right, pairs=pairs)
            for records, (right, pairs) in sorted(sizes.items(), key=lambda item: int(item[0]))
        )
        for rule, sizes in raw["rule"].items()
    }


def measure_at(rule: str, records: int) -> Measure | None:
    """What was measured of a rule at the size of the case: the smallest truth as large as it, or the largest.

    Shares fall as a case grows, because user names and addresses collide, so a smaller truth would flatter.
    """
    found = shipped_measures().get(rule, ())
    return next((m for m in found if m.records >= records), found[-1] if found else None)


def _levels(column: str, prefix: str, levels: dict[str, str], bits: dict[str, float]) -> str:
    cases = " ".join(f"WHEN '{value}' THEN {bits[f'{prefix}_{level}']}" for value, level in levels.items())
    return f"(CASE {column} {cases} ELSE 0 END)"


MEASURED_FROM = 20
PROBABILITY_AT_MOST = 0.9999
TELLING_LETTERS = 4  # a name of so many letters inside a mailbox's name is no coincidence
_NAME_LEVELS = {
    "full": "full", "swapped": "swapped", "spelling": "near", "script": "near", "double": "near", "nickname": "near",
    "near": "near", "near_first": "part", "initial": "initial", "part": "part",
}  # fmt: skip
_CLASSES = {"exclusive": "exclusive", "household": "shared", "shared": "shared", "conflict": "shared"}


def score_pairs(catalogue: Catalogue, weights: Weights) -> None:
    """Create ``scored``: every compared pair with classes per kind, bits, families, rule, grade and refusal.

    Refusals, in order: two dates of birth; two generations or two names; a telephone number that changed hands.
    A surname that changed is no refusal where first name, date of birth and home agree.
    """
    b, caps = weights.bits, weights.caps
    name = _levels("names", "name", _NAME_LEVELS, b)
    dob = _levels("dobs", "dob", {"same": "same", "usual": "near", "near": "near", "odd": "near"}, b)
    post = _levels("postcodes", "postcode", {"same": "same"}, b)
    address = _levels("addresses", "address", {"same": "same", "near": "near"}, b)
    value = {
        kind: _levels(kind, kind, _CLASSES, b)
        for kind in ("phone", "money", "email", "device", "ip", "user_name", "handle")
    }
    grade_cases = " ".join(f"WHEN {rule.condition} THEN '{rule.grade.value}'" for rule in weights.rules)
    rule_cases = " ".join(f"WHEN {rule.condition} THEN '{rule.name}'" for rule in weights.rules)
    household = f"greatest({value['email']}, {value['device']}, {value['ip']}, {post}, {address})"
    catalogue.prepare(
        f"""
        CREATE TEMP TABLE scored AS
        WITH kinds AS (
            SELECT l, r,
                max(class) FILTER (kind = 'email') AS email, min(class) FILTER (kind = 'phone') AS phone,
                max(class) FILTER (kind IN ('iban', 'card', 'wallet') AND class = 'exclusive') AS money_x,
                max(class) FILTER (kind IN ('iban', 'card', 'wallet')) AS money_any,
                bool_or(kind IN ('card', 'wallet') AND class = 'exclusive') AS personal_money,
                min(class) FILTER (kind = 'device' AND class <> 'conflict') AS device,
                min(class) FILTER (kind = 'ip' AND class IN ('exclusive', 'shared')) AS ip,
                bool_and(class = 'reassigned') FILTER (kind = 'ip') AS reassigned,
                max(holders) FILTER (kind = 'email') AS email_holders, max(value) FILTER (kind = 'email') AS mail,
                min(class) FILTER (kind = 'handle' AND chosen AND class <> 'conflict') AS user_name,
                min(class) FILTER (kind = 'handle' AND NOT chosen AND class <> 'conflict') AS other_handle
            FROM evidence GROUP BY l, r),
        seen AS (
            SELECT c.*, k.email, k.phone, coalesce(k.personal_money, false) AS personal_money,
                coalesce(k.money_x, k.money_any) AS money, k.device, k.ip, k.email_holders,
                coalesce(k.reassigned, false) AS reassigned, k.user_name,
                CASE WHEN k.email IS NULL THEN k.other_handle END AS handle,
                len(list_filter(coalesce(a.tokens, []) || coalesce(b.tokens, []),
                    lambda t: length(t) >= {TELLING_LETTERS} AND contains(split_part(k.mail, '@', 1), t))) > 0
                    AS mail_bears_name,
                coalesce(greatest(length(a.first), length(b.first)) >= {TELLING_LETTERS - 1}
                    AND (starts_with(a.first, b.first) OR starts_with(b.first, a.first)) AND contains(
                        replace(split_part(k.mail, '@', 1), a.last, '|'),
                        CASE WHEN length(a.first) > length(b.first) THEN a.first ELSE b.first END), false)
                    AS mail_bears_first_name
            FROM compared c JOIN records a ON a.rid = c.l JOIN records b ON b.rid = c.r LEFT JOIN kinds k USING (l, r)),
        weighed AS (
            SELECT *,
                least({caps["identity"]}, {name} + {dob}) AS identity_bits,
                least({caps["contact"]}, {value["phone"]}) AS phone_bits,
                least({caps["money"]}, {value["money"]}) AS money_bits,
                {household} AS household_bits,
                least({caps["handle"]}, greatest({value["user_name"]}, {value["handle"]})) AS handle_bits
            FROM seen)
        SELECT *, (identity_bits + phone_bits + money_bits + household_bits + handle_bits)::DOUBLE AS bits,
            CASE {grade_cases} ELSE 'unresolved' END AS grade,
            CASE {rule_cases} END AS pattern,
            CASE WHEN dobs = 'other' THEN 'two-dates-of-birth'
                WHEN marks = 'other' THEN 'two-generations'
                WHEN names IN ('unrelated', 'other_part') AND first_names_agree AND dobs = 'same'
                    AND (postcodes = 'same' OR addresses = 'same') THEN NULL
                WHEN names = 'unrelated' THEN 'unrelated-names'
                WHEN names = 'other_first' AND dobs IN ('same', 'usual') THEN 'twins'
                WHEN names IN ('other_first', 'other_part') THEN 'two-persons-of-one-family'
                WHEN phone = 'recycled' AND NOT {_FACTS["any_name"]}
                    AND names <> 'initial' THEN 'recycled-phone'
                WHEN money = 'mule' AND email IS DISTINCT FROM 'exclusive' AND phone IS DISTINCT FROM 'exclusive'
                    THEN 'mule-instrument'
                WHEN coalesce(ip, device, email, phone, user_name, handle) IS NULL AND money IS DISTINCT FROM 'exclusive'
                    AND money IS NOT NULL AND names IN ('none', 'unclear', 'part') THEN 'mule-instrument'
            END AS refusal,
            list_filter([
                CASE WHEN identity_bits > 0 THEN 'identity' END,
                CASE WHEN email IN ('exclusive', 'household', 'shared') OR phone IN ('exclusive', 'household', 'shared')
                    THEN 'contact' END,
                CASE WHEN money IN ('exclusive', 'shared') THEN 'money' END,
                CASE WHEN device IS NOT NULL OR ip IS NOT NULL THEN 'network' END,
                CASE WHEN user_name IS NOT NULL OR handle IS NOT NULL THEN 'handle' END],
                lambda x: x IS NOT NULL) AS families
        FROM weighed
        """
    )
