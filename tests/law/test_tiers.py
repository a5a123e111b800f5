"""Ranges of penalty: what the facts of a case allow, and what they leave open."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fairlead.cli.main import run
from fairlead.law.load import read_folder
from fairlead.law.record import Needs
from fairlead.law.resolve import ask, assess_with
from fairlead.law.timeline import Question
from fairlead.terms.law import AgeBand, Fact, ImageClass, LawVerdict, LegalAct
from tests.law.worlds import change, zedland

DAY = (date(2026, 11, 28), date(2026, 11, 28))
TIERS = [
    {"kind": "basic", "max": "P1Y"},
    {"kind": "online", "min": "P6M", "max": "P3Y", "all_of": ["online"]},
    {"kind": "organised", "min": "P1Y", "max": "P8Y", "any_of": ["organised", "commercial"]},
    {"kind": "young", "min": "P2Y", "max": "P9Y", "age_band": "under_12"},
]


def ranged(folder: Path, *, age: str = "14_17", **facts: bool) -> tuple[str | None, str | None]:
    change(folder / "zz" / "ZZ-10.toml", penalty={"max": "P1Y", "tier": TIERS}, valid_to="2027-12-31")
    records = read_folder(folder).records
    known = {Fact(name): held for name, held in facts.items()}
    question: Question = ask("ZZ", LegalAct.POSSESS, ImageClass.REAL, AgeBand(age), facts=known)
    (period,) = assess_with(records, question, (date(2025, 3, 1), date(2025, 3, 1))).periods
    penalty = period.answer.provisions[0].penalty
    return penalty.min, penalty.max


def test_facts_that_nobody_stated_leave_the_range_as_wide_as_the_tiers(tmp_path: Path) -> None:
    assert ranged(zedland(tmp_path)) == (None, "P8Y")


def test_a_tier_whose_fact_is_stated_takes_the_place_of_the_basic_one(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    assert ranged(folder, online=True, organised=False, commercial=False) == ("P6M", "P3Y")
    assert ranged(folder, online=False, organised=False, commercial=False) == (None, "P1Y")
    assert ranged(folder, online=True, organised=False) == ("P6M", "P8Y")  # a business is not excluded


def test_a_tier_of_an_age_is_there_for_that_age_alone(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    assert ranged(folder, age="under_12", online=False, organised=False, commercial=False) == ("P2Y", "P9Y")
    assert ranged(folder, age="12_13", online=False, organised=False, commercial=False) == (None, "P1Y")
    assert ranged(folder, age="under_14", online=False, organised=False, commercial=False) == (None, "P9Y")


@pytest.mark.parametrize(
    ("known", "met"),
    [
        ({}, None),
        ({Fact.ONLINE: True}, None),
        ({Fact.ONLINE: True, Fact.GAIN: True}, True),
        ({Fact.ONLINE: False, Fact.GAIN: True}, False),
        ({Fact.ONLINE: True, Fact.GAIN: False, Fact.HABIT: False}, False),
    ],
)
def test_facts_are_met_missed_or_not_known(known: dict[Fact, bool], met: bool | None) -> None:
    assert Needs(all_of=(Fact.ONLINE,), any_of=(Fact.GAIN, Fact.HABIT)).met(known) is met


def test_a_condition_in_facts_is_met_once_they_are_stated_and_reaches_nothing_once_denied(
    tmp_path: Path,
) -> None:
    folder = zedland(tmp_path)
    condition = [{"text": "it was paid for", "all_of": ["payment"]}]
    change(folder / "zz" / "ZZ-10.toml", condition=condition, valid_to="2027-12-31")
    records = read_folder(folder).records

    def verdict(**facts: bool) -> LawVerdict:
        known = {Fact(name): held for name, held in facts.items()}
        asked = ask("ZZ", LegalAct.POSSESS, ImageClass.REAL, AgeBand.UNDER_18, facts=known)
        return assess_with(records, asked, (date(2025, 3, 1), date(2025, 3, 1))).verdict

    assert verdict() is LawVerdict.UNCLEAR
    assert verdict(payment=True) is LawVerdict.MAY_APPLY
    assert verdict(payment=False) is LawVerdict.NOT_ASSESSED


def test_every_span_of_ages_that_laws_draw_can_be_asked_and_cut() -> None:
    limits = (0, 10, 12, 13, 14, 15, 16, 18)
    for low in limits:
        for high in limits:
            if low < high:
                assert AgeBand.spanning(low, high).years == (low, high)
    assert AgeBand.UNDER_18.covers(AgeBand.FROM_12_TO_13)
    assert not AgeBand.UNDER_12.meets(AgeBand.FROM_12_TO_13)


def test_every_assessment_names_the_questions_of_every_case_answered_or_open() -> None:
    records = read_folder(Path(__file__).parents[2] / "src/fairlead/law/data").records
    for code in (*records.codes, "QQ"):
        asked = ask(code, LegalAct.POSSESS, ImageClass.REAL, AgeBand.UNDER_18)
        points = assess_with(records, asked, DAY).standing
        assert len(points) == 9
        for point in points:
            assert point.answers or (point.said.endswith("?") and ", for " in point.said)


def test_the_command_refuses_what_is_no_fact(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["law", "assess", "--jurisdiction", "CZ", "--act", "distribute", "--image", "real"]
    assert run([*asked, "--from", "2025-02-26", "--fact", "online=yes"]) == 0
    assert "minimum 2 years, maximum 8 years" in capsys.readouterr().out
    assert run([*asked, "--from", "2025-02-26", "--fact", "weather=yes"]) == 64
    assert "USAGE-FACT" in capsys.readouterr().err
