"""The shipped records: complete against the seed, sound, lossless in both forms, with worked examples."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from fairlead.law import load_records
from fairlead.law.cases import Case, check_case, find_cases
from fairlead.law.check import check_folder, digest_of
from fairlead.law.load import read_folder, shipped_folder
from fairlead.law.resolve import ask, periods_of
from fairlead.law.toml import write_toml
from fairlead.terms.law import AgeBand, Confidence, ImageClass, LawVerdict, LegalAct

FOLDER = shipped_folder()
FILES = read_folder(FOLDER).files
TOML_FILES = sorted(p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*.toml"))
WRITTEN_BY_HAND = {"platform_acts.toml", "words.toml"}  # with comments; not records
CASES = [(name, place, case) for name, place, case in find_cases(FILES, [])]


def test_every_record_of_the_seed_is_still_here() -> None:
    records = load_records()
    held = {r.id for kind in (records.versions, records.gaps, records.powers) for r in kind}
    seed = (Path(__file__).parent / "seed.txt").read_text("utf-8").split()
    assert len(seed) == 118
    assert set(seed) <= held


def test_no_answer_that_may_apply_rests_on_a_provision_whose_words_nobody_read() -> None:
    records = load_records()
    years = (date(2015, 1, 1), date(2026, 12, 31))
    for code in records.codes:
        for act in LegalAct:
            for image in ImageClass:
                for period in periods_of(records, ask(code, act, image, AgeBand.UNDER_18), years):
                    if period.verdict is LawVerdict.MAY_APPLY:
                        assert any(v.wording for v in period.answer.provisions), (code, act, image)


def test_at_least_eighty_wordings_hold_the_words_of_the_law_as_they_were_read() -> None:
    read = [v for v in load_records().versions if v.wording is not None and not v.id.startswith("ZZ")]
    assert len(read) >= 80
    for version in read:
        assert version.wording is not None
        assert version.wording.digest == digest_of(version.wording.words)
        assert version.wording.means
        assert version.knowledge.sources


def test_in_the_nineteen_countries_paying_and_viewing_are_never_left_without_an_answer() -> None:
    records = load_records()
    day = (date(2025, 2, 26), date(2025, 2, 26))
    for code in records.codes:
        if code.split("-")[0] in {"CA", "IE", "IT", "US", "EU"}:
            continue
        for act, image in product((LegalAct.PAY, LegalAct.ACCESS), ImageClass):
            (period,) = periods_of(records, ask(code, act, image, AgeBand.UNDER_18), day)
            assert period.verdict is not LawVerdict.NOT_ASSESSED, (code, act, image)


def test_at_most_one_cell_in_ten_is_without_an_answer() -> None:
    records = load_records()
    day = (date(2025, 2, 26), date(2025, 2, 26))
    bands = (AgeBand.UNDER_14, AgeBand.FROM_14_TO_17)
    cells = list(product(records.codes, LegalAct, ImageClass, bands))
    empty = [
        cell for cell in cells if periods_of(records, ask(*cell), day)[0].verdict is LawVerdict.NOT_ASSESSED
    ]
    assert len(empty) <= len(cells) / 10


def test_the_shipped_records_are_in_order() -> None:
    assert check_folder(FOLDER) == []


@pytest.mark.parametrize("name", [n for n in TOML_FILES if n not in WRITTEN_BY_HAND])
def test_from_toml_to_json_and_back_gives_the_same_bytes(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert write_toml(json.loads(json.dumps(tomllib.loads(text)))) == text


@pytest.mark.parametrize(("file", "place", "case"), CASES, ids=lambda value: getattr(value, "sentence", None))
def test_worked_example(file: str, place: str, case: Case) -> None:
    assert not check_case(load_records(), case), f"{file}, {place}"


def test_no_record_claims_high_confidence_before_a_named_reviewer_read_it() -> None:
    records = load_records()
    for record in (*records.versions, *records.gaps, *records.powers):
        knowledge = record.knowledge
        assert knowledge.confidence is not Confidence.HIGH or knowledge.verified_by


def test_every_jurisdiction_of_the_seed_can_be_asked() -> None:
    assert set(load_records().codes) == {
        "AT",
        "AU",
        "BA-BIH",
        "BA-SRP",
        "BA-BRC",
        "BE",
        "CA",
        "CH",
        "CZ",
        "DE",
        "DK",
        "ES",
        "EU",
        "FI",
        "FR",
        "GB-EAW",
        "GB-SCT",
        "GB-NIR",
        "HU",
        "IE",
        "IS",
        "IT",
        "NL",
        "NO",
        "NZ",
        "PL",
        "SE",
        "US",
    }


def test_no_python_lies_beside_the_data() -> None:
    assert not list(FOLDER.rglob("*.py"))


def test_a_term_that_names_no_conduct_answers_nothing() -> None:
    term = next(v for v in load_records().versions if v.id == "CA-C291")
    assert term.acts == ()
    assert LegalAct.POSSESS not in term.acts
