"""When data about a person are due for review (Directive (EU) 2016/680, art. 5)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

_MONTHS = re.compile(r"P(\d{1,3})M")
_LAST_SAFE_DAY = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRule:
    """After how many months a category is reviewed, and where that comes from."""

    months: int
    source: str


@cache
def review_rules() -> dict[str, ReviewRule]:
    """The rules by category of data subject; raises ValueError when the data file is not as it should be."""
    rules = {}
    for category, value in tomllib.loads(
        (files("fairlead.leads") / "data" / "retention.toml").read_text()
    ).items():
        found = _MONTHS.fullmatch(value["review"])
        if found is None or value.keys() != {"review", "source"}:
            raise ValueError(f"retention.toml: {category} needs review in whole months and source")
        rules[category] = ReviewRule(months=int(found.group(1)), source=value["source"])
    return rules


def review_due(category: str, computed_on: date) -> date:
    """The day by which a lead of this category is to be looked at again; months end on the 28th at the latest."""
    months = computed_on.month - 1 + review_rules()[category].months
    year, month = computed_on.year + months // 12, months % 12 + 1
    return date(year, month, min(computed_on.day, _LAST_SAFE_DAY))
