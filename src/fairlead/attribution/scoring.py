"""Weighing of pairs: declared bits per level, a cap per family, and rules that give a grade. Pure data work."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import duckdb

from fairlead.attribution.intervals import wilson
from fairlead.terms.grades import AttributionGrade

_FACTS = {
    "name": "names IN ('full', 'swapped')",
    "any_name": "names IN ('full', 'swapped', 'initial', 'near')",
    "dob": "dobs = 'same'",
    "postcode": "postcodes = 'same'",
    "phone": "phone = 'exclusive'",
    "money": "money = 'exclusive'",
    "email": "email = 'exclusive'",
    "network": "(coalesce(device = 'exclusive', false) OR coalesce(ip = 'exclusive', false))",
    "handle": "handle = 'exclusive'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pattern of agreement and the grade that it supports."""

    name: str
    grade: AttributionGrade
    all: tuple[str, ...]
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    measured: tuple[int, int] | None = None

    @property
    def probability(self) -> float | None:
        """The lower end of the interval in which the share of right pairs lies; None when never measured."""
        return None if self.measured is None else wilson(*self.measured)[0]


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
            measured=tuple(entry["measured"]) if "measured" in entry else None,
        )
        for entry in raw["rule"]
    )
    return Weights(raw["bits"], raw["caps"], rules)


def _condition(rule: Rule) -> str:
    parts = [f"coalesce({_FACTS[fact]}, false)" for fact in rule.all]
    if rule.any:
        parts.append("(" + " OR ".join(f"coalesce({_FACTS[fact]}, false)" for fact in rule.any) + ")")
    parts += [f"NOT coalesce({_FACTS[fact]}, false)" for fact in rule.none]
    return " AND ".join(parts)


def _levels(column: str, prefix: str, levels: dict[str, str], bits: dict[str, float]) -> str:
    cases = " ".join(f"WHEN '{value}' THEN {bits[f'{prefix}_{level}']}" for value, level in levels.items())
    return f"(CASE {column} {cases} ELSE 0 END)"


_NAME_LEVELS = ("full", "swapped", "initial", "near", "part")
_CLASSES = {"exclusive": "exclusive", "shared": "shared", "conflict": "shared"}


def score_pairs(connection: duckdb.DuckDBPyConnection, weights: Weights) -> None:
    """Create ``scored``: every compared pair with classes per kind, bits, families, rule, grade and refusal.

    Refusals, in order: two dates of birth; names that contradict; a telephone number that changed hands.
    """
    b, caps = weights.bits, weights.caps
    name = _levels("names", "name", {level: level for level in _NAME_LEVELS}, b)
    dob = _levels("dobs", "dob", {"same": "same", "near": "near"}, b)
    post = _levels("postcodes", "postcode", {"same": "same"}, b)
    value = {
        kind: _levels(kind, kind, _CLASSES, b)
        for kind in ("phone", "money", "email", "device", "ip", "handle")
    }
    grade_cases = " ".join(f"WHEN {_condition(rule)} THEN '{rule.grade.value}'" for rule in weights.rules)
    rule_cases = " ".join(f"WHEN {_condition(rule)} THEN '{rule.name}'" for rule in weights.rules)
    household = f"greatest({value['email']}, {value['device']}, {value['ip']}, {post})"
    connection.execute(
        f"""
        CREATE TABLE scored AS
        WITH kinds AS (
            SELECT l, r,
                max(class) FILTER (kind = 'email') AS email, min(class) FILTER (kind = 'phone') AS phone,
                max(class) FILTER (kind IN ('iban', 'card', 'wallet') AND class = 'exclusive') AS money_x,
                max(class) FILTER (kind IN ('iban', 'card', 'wallet')) AS money_any,
                min(class) FILTER (kind = 'device' AND class <> 'conflict') AS device,
                min(class) FILTER (kind = 'ip' AND class IN ('exclusive', 'shared')) AS ip,
                bool_and(class = 'reassigned') FILTER (kind = 'ip') AS reassigned,
                min(class) FILTER (kind = 'handle' AND class <> 'conflict') AS handle
            FROM evidence GROUP BY l, r),
        seen AS (
            SELECT c.*, k.email, k.phone, coalesce(k.money_x, k.money_any) AS money, k.device, k.ip,
                coalesce(k.reassigned, false) AS reassigned, k.handle
            FROM compared c LEFT JOIN kinds k USING (l, r)),
        weighed AS (
            SELECT *,
                least({caps["identity"]}, {name} + {dob}) AS identity_bits,
                least({caps["contact"]}, {value["phone"]}) AS phone_bits,
                least({caps["money"]}, {value["money"]}) AS money_bits,
                {household} AS household_bits,
                least({caps["handle"]}, {value["handle"]}) AS handle_bits
            FROM seen)
        SELECT *, (identity_bits + phone_bits + money_bits + household_bits + handle_bits)::DOUBLE AS bits,
            CASE {grade_cases} ELSE 'unresolved' END AS grade,
            CASE {rule_cases} END AS pattern,
            CASE WHEN dobs = 'other' THEN 'two-dates-of-birth'
                WHEN names = 'unrelated' THEN 'unrelated-names'
                WHEN names IN ('other_first', 'other_part') THEN 'two-persons-of-one-family'
                WHEN phone = 'recycled' AND names NOT IN ('full', 'swapped', 'initial', 'near') THEN 'recycled-phone'
                WHEN money = 'mule' AND email IS DISTINCT FROM 'exclusive' AND phone IS DISTINCT FROM 'exclusive'
                    THEN 'mule-instrument'
                WHEN coalesce(ip, device, email, phone, handle) IS NULL AND money IS DISTINCT FROM 'exclusive'
                    AND money IS NOT NULL AND names IN ('none', 'unclear', 'part') THEN 'mule-instrument'
            END AS refusal,
            list_filter([
                CASE WHEN identity_bits > 0 THEN 'identity' END,
                CASE WHEN email IN ('exclusive', 'shared') OR phone IN ('exclusive', 'shared') THEN 'contact' END,
                CASE WHEN money IN ('exclusive', 'shared') THEN 'money' END,
                CASE WHEN device IS NOT NULL OR ip IS NOT NULL THEN 'network' END,
                CASE WHEN handle IS NOT NULL THEN 'handle' END], lambda x: x IS NOT NULL) AS families
        FROM weighed
        """
    )
