"""Small figures of a country cannot be worked out from a published table, whoever solves it."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.leads.suppression import SMALL_CELL, Published, suppress

ORDER = (("arrests", "identified"),)
COLUMNS = ("identified", "arrests")
HIGHEST = 14


def solutions(published: Published) -> list[dict[tuple[str, str], int]]:
    """Every table of counts that fits what is shown, found by trying all; counts up to HIGHEST."""
    hidden = [(r, c) for r, counts in published.cells.items() for c, n in counts.items() if n is None]
    found = []
    for values in product(range(HIGHEST + 1), repeat=len(hidden)):
        guess = dict(zip(hidden, values, strict=True))
        whole = {
            r: {c: guess.get((r, c), n) for c, n in counts.items()} for r, counts in published.cells.items()
        }
        fits_sums = all(
            total is None or sum(counts[c] for counts in whole.values()) == total
            for c, total in published.totals.items()
        )
        if fits_sums and all(counts[low] <= counts[high] for counts in whole.values() for low, high in ORDER):
            found.append(guess)
    return found


@st.composite
def tables(draw: st.DrawFn) -> dict[str, dict[str, int]]:
    rows = {}
    for country in draw(st.sampled_from([("SE",), ("SE", "FI"), ("SE", "FI", "NO")])):
        identified = draw(st.integers(0, 9))
        rows[country] = {"identified": identified, "arrests": draw(st.integers(0, identified))}
    return rows


@given(tables())
@settings(max_examples=60, deadline=None)
def test_whoever_tries_every_table_that_fits_knows_of_a_small_figure_only_that_it_is_small(table) -> None:
    published = suppress(table, at_most=ORDER)
    hidden = sum(n is None for counts in published.cells.values() for n in counts.values())
    if hidden > 4:  # too many to try them all
        return
    found = solutions(published)
    for country, counts in table.items():
        for column, n in counts.items():
            shown = published.cells[country][column]
            assert shown in (None, n)
            if 0 < n < SMALL_CELL:
                assert shown is None
                values = {guess[country, column] for guess in found}
                assert len(values) > 1, (table, published)
                assert min(values) <= 1


def test_one_small_figure_beside_others_takes_a_second_one_with_it() -> None:
    table = {"SE": {"arrests": 2}, "FI": {"arrests": 7}, "NO": {"arrests": 30}}
    published = suppress(table)
    assert published.totals == {"arrests": 39}
    assert [published.cells[c]["arrests"] for c in table] == [None, None, 30]


def test_one_country_alone_takes_the_total_with_it() -> None:
    published = suppress({"SE": {"arrests": 3}})
    assert published.cells["SE"]["arrests"] is None
    assert published.totals["arrests"] is None


def test_countries_that_all_reported_one_are_not_told_by_their_number() -> None:
    published = suppress(
        {"SE": {"identified": 1, "arrests": 1}, "FI": {"identified": 1, "arrests": 0}}, at_most=ORDER
    )
    assert published.cells["SE"]["identified"] is None
    assert len({guess["SE", "identified"] for guess in solutions(published)}) > 1


def test_a_figure_of_another_column_gives_nothing_away() -> None:
    table = {"SE": {"identified": 6, "arrests": 6}, "FI": {"identified": 40, "arrests": 3}}
    published = suppress(table, at_most=ORDER)
    values = (
        {guess["FI", "arrests"] for guess in solutions(published)} if published.totals["arrests"] else {0, 1}
    )
    assert len(values) > 1


def test_where_nothing_is_small_everything_is_shown() -> None:
    table = {"SE": {"arrests": 5}, "FI": {"arrests": 0}}
    assert suppress(table).cells == table
    assert suppress(table).totals == {"arrests": 5}
