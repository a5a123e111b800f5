"""Assessments that were judged one by one against the words of the law, each with its citation and a quotation."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from fairlead.law import load_records
from fairlead.law.cases import Case, check_case, parse_cases

FOLDER = Path(__file__).parent / "cases"
JUDGED = [
    case
    for file in sorted(FOLDER.glob("*.toml"))
    for _, case in parse_cases(file.name, tomllib.loads(file.read_text("utf-8")), [])
]


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.sentence)
def test_an_assessment_is_what_the_words_of_the_law_say(case: Case) -> None:
    assert check_case(load_records(), case) == ""


def test_at_least_sixty_were_judged_and_each_names_its_provision() -> None:
    assert len(JUDGED) >= 60
    assert all(case.citation for case in JUDGED)
    assert sum(bool(case.quote) for case in JUDGED) >= 60
