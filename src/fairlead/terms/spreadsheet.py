"""Text for a cell of a CSV file that no spreadsheet takes for a formula (CWE-1236)."""

from __future__ import annotations

import re

# Where a cell begins: at the start, or after what some language's spreadsheet takes for a separator.
_FORMULA = re.compile(r"(^|[;\t\n\r])([ ]*)(?=[=+\-@\t\r])(?![+-][0-9 ().]+(?:$|[;\t\n\r]))")


def inert(value: object) -> object:
    """A value for a cell: text that would begin a formula, also after a semicolon, gets an apostrophe there.

    Numbers stay as they are, and so do texts of a sign, digits, spaces, points and brackets, e.g. telephone numbers.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _FORMULA.sub(r"\1\2'", str(value))
