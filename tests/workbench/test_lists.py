"""A list is declared once; a column that its rows lack is told when the program starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.case.lists import for_everybody, for_the_lead
from fairlead.case.lists.listed import Column, Face, Listed
from fairlead.case.lists.prepared import check_view
from fairlead.case.lists.views import PERSONS_VIEW, QUEUE_VIEW, check_views

LISTS = [
    one
    for module in (for_everybody, for_the_lead)
    for one in vars(module).values()
    if isinstance(one, Listed)
]


def test_every_statement_gives_the_columns_that_its_rows_have(database) -> None:
    check_views()


def test_a_statement_that_lost_a_column_stops_the_start(database) -> None:
    with pytest.raises(TypeError, match=r"desk_persons .* grade"):
        check_view(replace(PERSONS_VIEW, sql=PERSONS_VIEW.sql.replace("grade, country,", "country,")))


def test_a_filter_that_the_statement_lacks_stops_the_start(database) -> None:
    with pytest.raises(TypeError, match=r"desk_queue .* exhibit"):
        check_view(replace(QUEUE_VIEW, facets=("family", "exhibit")))


@pytest.mark.parametrize("part", ["columns", "facets", "searched", "order"])
def test_a_list_cannot_name_what_its_rows_lack(part: str) -> None:
    exhibits = for_the_lead.EXHIBITS
    more = (Column(name="colour", label="Colour"),) if part == "columns" else ("colour",)
    with pytest.raises(TypeError, match=r"exhibits have no column colour"):
        replace(exhibits, **{part: (*getattr(exhibits, part), *more)})


@pytest.mark.parametrize("listed", LISTS, ids=[one.name for one in LISTS])
def test_every_column_is_shown_somewhere_and_once(listed: Listed) -> None:
    names = [column.name for column in listed.columns]
    assert len(names) == len(set(names))
    assert all(column.face & Face.BOTH for column in listed.columns)
    assert len(LISTS) > 6
