"""What holds for any question and any records."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.law import load_records
from fairlead.law.load import RecordSet
from fairlead.law.record import NOT_IN_FORCE, Condition, Knowledge, Penalty, ProvisionVersion
from fairlead.law.resolve import ask, assess_with
from fairlead.law.timeline import Question
from fairlead.law.toml import write_toml
from fairlead.terms.law import (
    AgeBand,
    Basis,
    Confidence,
    ContentKind,
    Cover,
    ImageClass,
    LawVerdict,
    LegalAct,
    Liability,
    ProvisionStatus,
)

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
CODES = st.sampled_from([*load_records().codes, "ZZ", "GB", "BA", "QQ", "", "GB-XX", "é"])
QUESTIONS = st.builds(
    Question,
    jurisdiction=CODES,
    act=st.sampled_from(LegalAct),
    image=st.sampled_from(ImageClass),
    age_band=st.sampled_from(AgeBand),
    content=st.none() | st.sampled_from(ContentKind),
    as_of=st.none() | DAYS,
)
PERIODS = st.tuples(DAYS, DAYS).map(lambda days: (min(days), max(days)))
KNOWLEDGE = st.builds(
    Knowledge,
    basis=st.sampled_from(Basis),
    confidence=st.sampled_from(Confidence),
    seed_confidence=st.none(),
    sources=st.sampled_from(
        [("S1",), ("S12",), ("S1", "S12"), ()]
    ),  # S1 is second-hand, S12 a copy of the law
    recorded_on=DAYS,
    superseded_on=st.none() | DAYS,
    verified_on=st.none(),
    verified_by=st.just(""),
)
MAXIMA = st.none() | st.sampled_from(["P6M", "P1Y", "P10Y"])


def is_capped(knowledge: Knowledge) -> bool:
    second_hand = knowledge.sources == ("S1",)
    return knowledge.basis is Basis.MEMORY or knowledge.confidence is Confidence.LOW or second_hand


def versions(jurisdiction: str) -> st.SearchStrategy[ProvisionVersion]:
    return st.builds(
        ProvisionVersion,
        id=st.text("abc", min_size=1, max_size=6),
        provision=st.just("made-up"),
        jurisdictions=st.just((jurisdiction,)),
        acts=st.lists(st.sampled_from(LegalAct), max_size=3, unique=True).map(tuple),
        images=st.fixed_dictionaries({image: st.sampled_from(Cover) for image in ImageClass}),
        age_band=st.sampled_from(AgeBand),
        contents=st.lists(st.sampled_from(ContentKind), max_size=1).map(tuple),
        citation=st.just("made up"),
        uri=st.just(""),
        status=st.sampled_from(ProvisionStatus),
        liability=st.sampled_from(Liability),
        valid_from=st.none() | DAYS,
        valid_to=st.none() | DAYS,
        from_unknown=st.booleans(),
        enacted_on=st.none() | DAYS,
        penalty=st.builds(Penalty, max=MAXIMA),
        defences=st.just(()),
        knowledge=KNOWLEDGE,
        open_questions=st.just(()),
        conditions=st.just(()) | st.just((Condition(text="it is made up", acts=(LegalAct.POSSESS,)),)),
    )


def with_versions(added: list[ProvisionVersion]) -> RecordSet:
    records = load_records()
    return replace(records, versions=(*records.versions, *added))


def test_any_question_gets_an_answer_whose_sub_ranges_tile_the_period() -> None:
    @settings(max_examples=400, deadline=None)
    @given(QUESTIONS, PERIODS, st.lists(versions("DK"), max_size=4))
    def check(question: Question, period: tuple[date, date], added: list[ProvisionVersion]) -> None:
        answer = assess_with(with_versions(added), question, period)
        assert answer.periods[0].from_on == period[0]
        assert answer.periods[-1].to_on == period[1]
        for left, right in pairwise(answer.periods):
            assert right.from_on == left.to_on + timedelta(days=1)
        assert all(p.from_on <= p.to_on for p in answer.periods)

    check()


def test_neighbouring_sub_ranges_differ() -> None:
    @settings(max_examples=150, deadline=None)
    @given(QUESTIONS, PERIODS)
    def check(question: Question, period: tuple[date, date]) -> None:
        answers = [p.answer for p in assess_with(load_records(), question, period).periods]
        assert all(left != right for left, right in pairwise(answers))

    check()


def test_capped_records_alone_never_give_may_apply_and_never_a_gap() -> None:
    @settings(max_examples=300, deadline=None)
    @given(QUESTIONS, PERIODS, st.lists(versions("ZZ"), min_size=1, max_size=4))
    def check(question: Question, period: tuple[date, date], added: list[ProvisionVersion]) -> None:
        records = with_versions(added)
        for found in assess_with(records, question, period).periods:
            for version in found.answer.provisions:
                assert version.status not in NOT_IN_FORCE
            sure = [v for v in found.answer.provisions if not is_capped(v.knowledge)]
            yes = [v for v in sure if v.images[question.image] is Cover.YES]
            yes = [v for v in yes if not v.conditions_for(question.act)]
            assert yes or found.verdict is not LawVerdict.MAY_APPLY
            asserted = [g for g in found.answer.gaps if not is_capped(g.knowledge)]
            assert asserted or found.verdict is not LawVerdict.GAP_ASSERTED

    check()


def test_a_record_added_in_one_jurisdiction_never_changes_another() -> None:
    @settings(max_examples=150, deadline=None)
    @given(QUESTIONS, PERIODS, st.lists(versions("SE"), min_size=1, max_size=3))
    def check(question: Question, period: tuple[date, date], added: list[ProvisionVersion]) -> None:
        if question.jurisdiction != "SE":
            assert assess_with(with_versions(added), question, period) == assess_with(
                load_records(), question, period
            )

    check()


def test_law_of_the_union_changes_no_verdict_of_a_member() -> None:
    @settings(max_examples=100, deadline=None)
    @given(QUESTIONS, PERIODS, st.lists(versions("EU"), min_size=1, max_size=3))
    def check(question: Question, period: tuple[date, date], added: list[ProvisionVersion]) -> None:
        if question.jurisdiction != "EU":
            assert (
                assess_with(with_versions(added), question, period).periods
                == assess_with(load_records(), question, period).periods
            )

    check()


def test_an_answer_as_of_a_day_does_not_change_when_more_is_recorded_later() -> None:
    @settings(max_examples=150, deadline=None)
    @given(QUESTIONS, PERIODS, versions("DK"), DAYS)
    def check(question: Question, period: tuple[date, date], added: ProvisionVersion, as_of: date) -> None:
        later = replace(
            added,
            knowledge=replace(added.knowledge, recorded_on=as_of + timedelta(days=1), superseded_on=None),
        )
        asked = replace(question, as_of=as_of)
        assert assess_with(with_versions([later]), asked, period) == assess_with(
            load_records(), asked, period
        )

    check()


def test_any_text_survives_the_written_form() -> None:
    @settings(max_examples=300, deadline=None)
    @given(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.text("a\"\\\n\t'é§\x7f\x00")))
    def check(text: str, texts: list[str]) -> None:
        record = {"text": text, "sources": texts, "penalty": {"max": text}, "open_question": [{"id": text}]}
        assert tomllib.loads(write_toml(record)) == record

    check()


def test_only_a_lower_measure_of_the_same_provision_or_of_all_of_them_is_called_milder() -> None:
    base = next(v for v in load_records().versions if v.id == "ZZ-10-2026")
    old = replace(
        base,
        id="old",
        valid_from=date(2024, 1, 1),
        valid_to=date(2025, 12, 31),
        penalty=Penalty(min="P1Y", max="P5Y"),
    )

    def flag(later: Penalty, liability: Liability = Liability.CRIMINAL) -> bool | None:
        new = replace(base, id="new", penalty=later, liability=liability)
        records = replace(load_records(), versions=(old, new), gaps=())
        asked = ask("ZZ", LegalAct.POSSESS, ImageClass.SYNTH, AgeBand.UNDER_14)
        return assess_with(records, asked, (date(2025, 1, 1), date(2025, 1, 1))).periods[0].answer.lex_mitior

    assert flag(Penalty(min="P1Y", max="P5Y")) is False
    assert flag(Penalty(min="P2Y", max="P6Y")) is False
    assert flag(Penalty(min="P1Y", max="P4Y")) is True
    assert flag(Penalty(min="P6M", max="P6Y")) is True
    assert flag(Penalty(max="P5Y")) is None
    assert flag(Penalty(min="P1Y")) is None
    assert flag(Penalty(min="P6M")) is True
    assert flag(Penalty(), Liability.ADMINISTRATIVE) is True
