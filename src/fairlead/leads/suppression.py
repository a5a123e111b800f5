"""Hides small cells of a published table so that nobody can work them out from what is shown.

Primary suppression hides cells below a smallest value; complementary suppression hides further cells of the same column,
and at last its total, until whoever solves the table by its sums is left with every small value as possible (Hundepool et
al., Statistical Disclosure Control, 2012). The attacker is taken to know the rule, the sums and what each
figure means: a figure that presupposes another is never larger than it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

SMALL_CELL = 5
Table = Mapping[str, Mapping[str, int]]
Shown = dict[str, dict[str, int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A table and its column totals; None stands for what is not shown."""

    cells: Shown
    totals: dict[str, int | None]


def suppress(table: Table, *, at_most: Sequence[tuple[str, str]] = ()) -> Published:
    """What may be shown of a table ``row → column → count`` and of its column totals.

    ``at_most`` names pairs of columns: in each row the first is never larger than the second. Zeros and cells of 5 and
    more stay, as far as they give nothing away.
    """
    cells: Shown = {
        row: {column: None if 0 < n < SMALL_CELL else n for column, n in counts.items()}
        for row, counts in table.items()
    }
    columns = list(dict.fromkeys(column for counts in table.values() for column in counts))
    totals: dict[str, int | None] = {c: sum(counts[c] for counts in table.values()) for c in columns}
    while given_away := _given_away(table, cells, totals, at_most):
        column = next((c for c in given_away if totals[c] is not None), None)
        if column is None:  # nothing that is left of these columns could hide them
            return Published(
                cells={row: dict.fromkeys(counts) for row, counts in table.items()},
                totals=dict.fromkeys(totals),
            )
        rest = [row for row in table if cells[row][column] is not None]
        if rest:
            # The smallest cell that is large enough to hide a small one behind it; zeros last, all of them at once.
            chosen = min(rest, key=lambda row: (table[row][column] == 0, table[row][column], row))
            for row in rest if table[chosen][column] == 0 else [chosen]:
                cells[row][column] = None
        else:
            totals[column] = None
    return Published(cells=cells, totals=totals)


def possible(
    cells: Shown, totals: Mapping[str, int | None], at_most: Sequence[tuple[str, str]], row: str, column: str
) -> tuple[int, float]:
    """The smallest and largest value that a hidden cell can have, by all that is shown; infinite without a bound."""
    hidden = [(r, c) for r, counts in cells.items() for c, n in counts.items() if n is None]
    place = {cell: n for n, cell in enumerate(hidden)}
    zeros_shown = {c: any(counts[c] == 0 for counts in cells.values()) for c in totals}
    whole = {c: all(counts[c] is None for counts in cells.values()) for c in totals}
    lower = np.array([0.0 if whole[c] and not zeros_shown[c] else 1.0 for _, c in hidden])
    rules, least, most = [], [], []

    def rule(weights: Mapping[tuple[str, str], float], low: float, high: float) -> None:
        line = np.zeros(len(hidden))
        for cell, weight in weights.items():
            line[place[cell]] = weight
        rules.append(line)
        least.append(low)
        most.append(high)

    for c, total in totals.items():
        mine = [cell for cell in hidden if cell[1] == c]
        if total is not None and mine:
            left = total - sum(counts[c] or 0 for counts in cells.values())
            rule(dict.fromkeys(mine, 1.0), left, left)
    for smaller, larger in at_most:
        for r, counts in cells.items():
            low, high = counts[smaller], counts[larger]
            if low is None and high is None:
                rule({(r, smaller): 1.0, (r, larger): -1.0}, -np.inf, 0)
            elif low is None:
                rule({(r, smaller): 1.0}, -np.inf, high or 0)
            elif high is None:
                rule({(r, larger): 1.0}, low, np.inf)
    constraints = [LinearConstraint(np.array(rules), np.array(least), np.array(most))] if rules else []
    aim = np.zeros(len(hidden))
    aim[place[row, column]] = 1.0
    ends = [
        milp(
            sign * aim,
            integrality=np.ones(len(hidden)),
            bounds=Bounds(lower, np.inf),
            constraints=constraints,
        )
        for sign in (1.0, -1.0)
    ]
    return round(ends[0].fun), (round(-ends[1].fun) if ends[1].success else np.inf)


def _given_away(
    table: Table, cells: Shown, totals: Mapping[str, int | None], at_most: Sequence[tuple[str, str]]
) -> list[str]:
    """Columns of which some small cell can be told more closely than its being small."""
    found: dict[str, None] = {}
    for row, counts in table.items():
        for column, n in counts.items():
            if column not in found and cells[row][column] is None and 0 < n < SMALL_CELL:
                low, high = possible(cells, totals, at_most, row, column)
                total = totals[column]
                most = SMALL_CELL - 1 if total is None else min(SMALL_CELL - 1, total)
                if low > 1 or high < most or high == low:
                    found[column] = None
    return list(found)
