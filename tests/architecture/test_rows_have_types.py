"""Rows travel as types: where the program still says `dict[str, Any]`, there is a reason, and no new one comes."""

from __future__ import annotations

from pathlib import Path
from typing import NotRequired, TypedDict

import pytest

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.tables.evidence import EXHIBITS
from fairlead.tables.rows import ExhibitRow

SOURCE = Path(__file__).parents[2] / "src" / "fairlead"
UNTYPED = "dict[str, Any]"
WORDS = "any statement of the program's own may be asked; where columns are read by name, `rows_as` is used"
LAW = "records of law, whose fields are those of the files of a country"
KEPT = {
    "engine/catalogue.py": (1, WORDS),
    "provenance/detector_reading.py": (
        1,
        "sessions of a runtime that is imported where it is needed, without types",
    ),
    "cli/demo.py": (5, "what commands print as JSON, each its own"),
    "law/export.py": (5, LAW),
    "law/review.py": (2, LAW),
    "law/corrections.py": (7, LAW),
    "law/fields_of.py": (3, LAW),
    "case/law/assessing.py": (1, LAW),
}


def untyped() -> dict[str, int]:
    counted = {str(p.relative_to(SOURCE)): p.read_text().count(UNTYPED) for p in SOURCE.rglob("*.py")}
    return {name: n for name, n in counted.items() if n}


def test_no_row_without_a_type_is_added() -> None:
    found = untyped()
    more = {name: n for name, n in found.items() if n > KEPT.get(name, (0, ""))[0]}
    assert more == {}, "give the rows a type: see fairlead/tables/rows.py, fairlead/register/rows.py"


def test_every_place_without_a_type_that_is_left_has_a_reason_and_is_still_there() -> None:
    assert sum(n for n, _ in KEPT.values()) < 60
    assert all(reason for _, reason in KEPT.values())
    assert {name: n for name, (n, _) in KEPT.items()} == untyped()


def test_no_name_stands_for_rows_of_anything() -> None:
    aliases = [
        f"{p.relative_to(SOURCE)}: {line}"
        for p in SOURCE.rglob("*.py")
        for line in p.read_text().splitlines()
        if line.split("=")[-1].strip() in ("dict[str, Any]", "Mapping[str, Any]", "list[dict[str, Any]]")
        and line[:1].isalpha()
    ]
    assert aliases == []


class Held(TypedDict):
    exhibit: str
    reason: NotRequired[str]


def test_a_statement_may_lack_what_rows_need_not_have(tmp_path: Path) -> None:
    catalogue = Catalogue(PartStore(tmp_path), (EXHIBITS,))
    try:
        assert catalogue.rows_as(Held, "SELECT exhibit FROM exhibits") == []
    finally:
        catalogue.close()


def test_a_statement_without_a_column_of_its_rows_is_told_before_a_row_is_read(tmp_path: Path) -> None:
    catalogue = Catalogue(PartStore(tmp_path), (EXHIBITS,))
    try:
        assert catalogue.rows_as(ExhibitRow, "SELECT * FROM exhibits") == []
        with pytest.raises(TypeError, match="no column handling"):
            catalogue.rows_as(ExhibitRow, "SELECT * EXCLUDE (handling) FROM exhibits")
    finally:
        catalogue.close()
