"""Whether dates are written day first or month first: found from all of a file's dates, never from one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fairlead.terms.errors import UsageError

BY_CONTENT = "by_content"
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_MOST_MONTHS = 12
_YEAR_DIGITS = 4


def date_form(values: Iterable[str], column: str) -> str:
    """The strptime pattern that fits all dates of a column; that of ISO 8601 where it has none.

    Raises UsageError when day and month could be swapped in every one of them, or no order fits all.
    """
    separator, year = "-", "%Y"
    first = second = iso = dates = 0
    for value in values:
        found = _DATE.fullmatch(value.strip())
        if found is None:
            continue
        separator, dates = found[2], dates + 1
        if len(found[1]) == _YEAR_DIGITS:
            iso += 1
            continue
        year = "%Y" if len(found[4]) == _YEAR_DIGITS else "%y"
        first += int(found[1]) > _MOST_MONTHS
        second += int(found[3]) > _MOST_MONTHS
    if not dates or (iso and not first and not second):
        return f"%Y{separator}%m{separator}%d"
    if bool(first) == bool(second):
        why = "no order fits all dates" if first else "day and month could be swapped in every date"
        raise UsageError(
            f"column {column}: {why}",
            'Say how they are written: format = "%d/%m/%Y" (day first) or "%m/%d/%Y" (month first).',
            code="MAPPING-011",
        )
    day_first = f"%d{separator}%m{separator}{year}"
    return day_first if first else f"%m{separator}%d{separator}{year}"
