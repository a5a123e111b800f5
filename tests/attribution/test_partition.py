"""Rows are cut into parts by a digest, and folded into lists, without one being lost."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from fairlead.attribution.partition import Folded, fold, part_of, parts_for
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(PartStore(tmp_path), ())


def test_the_number_of_parts_changes_only_when_a_table_has_doubled() -> None:
    assert [parts_for(n, 10) for n in (0, 1, 10, 11, 20, 21, 40, 41, 79)] == [1, 1, 1, 2, 2, 4, 4, 8, 8]


def test_every_row_is_in_one_part_and_parts_are_of_like_size(catalogue: Catalogue) -> None:
    counted = catalogue.rows(
        f"SELECT {part_of('i::VARCHAR', 8)} AS part, count(*) AS n FROM range(8000) t(i) GROUP BY part ORDER BY part"
    )
    assert [row["part"] for row in counted] == list(range(8))
    assert sum(row["n"] for row in counted) == 8000
    assert all(850 < row["n"] < 1150 for row in counted)


def test_items_come_to_their_head_in_order_and_a_head_without_any_has_none(catalogue: Catalogue) -> None:
    catalogue.hold("given", pa.table({"k": ["b", "a", "c", "b", "a"], "n": [2, 9, 5, 1, 7]}))
    catalogue.prepare(
        f"""CREATE TEMP TABLE heads AS
        SELECT {part_of("k", 2)} AS part, k FROM (SELECT DISTINCT k FROM given UNION SELECT 'z');
        CREATE TEMP TABLE items AS SELECT {part_of("k", 2)} AS part, k, n, {{'n': n}} AS item FROM given"""
    )
    lists = (Folded(column="items", items="items", order="n"),)
    parts = list(fold(catalogue, "heads", "k", lists, 2))
    found = {row["k"]: row["items"] for _, table in parts for row in table.to_pylist()}
    assert found == {"a": [{"n": 7}, {"n": 9}], "b": [{"n": 1}, {"n": 2}], "c": [{"n": 5}], "z": None}
    assert all(table.column("k").to_pylist() == sorted(table.column("k").to_pylist()) for _, table in parts)


def test_nothing_makes_no_part(catalogue: Catalogue) -> None:
    catalogue.prepare(
        "CREATE TEMP TABLE heads AS SELECT 0 AS part, 'a' AS k WHERE false;"
        "CREATE TEMP TABLE items AS SELECT 0 AS part, 'a' AS k, 1 AS n, {'n': 1} AS item WHERE false"
    )
    assert list(fold(catalogue, "heads", "k", (Folded(column="items", items="items", order="n"),), 1)) == []
