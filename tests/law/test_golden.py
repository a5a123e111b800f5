"""The golden cases of the research note, word for word, and the caps."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from fairlead.cli.main import run
from fairlead.law import Assessment, assess, load_records
from fairlead.law.assessment import AssessedPeriod
from fairlead.terms.errors import UsageError
from fairlead.terms.law import AgeBand, ContentKind, ImageClass, LawVerdict, LegalAct, Liability


def ask(
    jurisdiction: str,
    act: str,
    first: str,
    last: str = "",
    *,
    image: str = "synth",
    age: str = "under_18",
    **rest: Any,
) -> Assessment:
    period = (date.fromisoformat(first), date.fromisoformat(last or first))
    return assess(jurisdiction, period, LegalAct(act), ImageClass(image), AgeBand(age), **rest)


def only(assessment: Assessment) -> AssessedPeriod:
    (period,) = assessment.periods
    return period


def ids(period: AssessedPeriod) -> list[str]:
    return [version.id for version in period.answer.provisions]


def test_danish_possession_in_january_2025_falls_under_the_old_wording_up_to_one_year() -> None:
    period = only(ask("DK", "possess", "2025-01-15"))
    assert (period.verdict, ids(period)) == (LawVerdict.MAY_APPLY, ["DK-235-2-old"])
    assert period.answer.provisions[0].penalty.max == "P1Y"


def test_danish_production_for_distribution_is_unclear_in_june_and_in_july_while_only_the_bill_was_read() -> (
    None
):
    assert ask("DK", "produce_dist", "2025-06-01").verdict is LawVerdict.UNCLEAR
    july = only(ask("DK", "produce_dist", "2025-07-02"))
    assert (july.verdict, ids(july)) == (LawVerdict.UNCLEAR, ["DK-226"])
    assert "DK-226: its words were not read" in " ".join(july.answer.cautions)


def test_german_possession_depends_on_the_age_band() -> None:
    assert ask("DE", "possess", "2025-02-26", age="14_17").verdict is LawVerdict.GAP_ASSERTED
    assert ask("DE", "possess", "2025-02-26", age="under_14").verdict is LawVerdict.MAY_APPLY


def test_an_age_not_known_more_closely_is_unclear_where_the_bands_differ_and_says_both() -> None:
    period = only(ask("DE", "possess", "2025-02-26"))
    assert period.verdict is LawVerdict.UNCLEAR
    assert dict(period.answer.by_age) == {
        AgeBand.UNDER_14: LawVerdict.MAY_APPLY,
        AgeBand.FROM_14_TO_17: LawVerdict.GAP_ASSERTED,
    }
    assert "under 14: may apply (StGB § 184b(3)); 14 to 17: gap asserted" in period.answer.cautions[0]


def test_age_bands_that_agree_give_their_verdict_with_both_provisions() -> None:
    period = only(ask("DE", "distribute", "2025-02-26"))
    assert period.verdict is LawVerdict.MAY_APPLY
    assert ids(period) == ["DE-184b-1-1", "DE-184c-1"]


def test_polish_possession_of_generated_nudity_is_a_gap_that_only_the_press_states() -> None:
    nudity = ask("PL", "possess", "2025-02-26", content=ContentKind.NUDITY)
    assert nudity.verdict is LawVerdict.UNCLEAR
    assert [gap.id for gap in only(nudity).answer.gaps] == ["PL-GAP-nude"]
    assert "PL-GAP-nude rests on second-hand sources" in " ".join(only(nudity).answer.cautions)
    assert ask("PL", "possess", "2025-02-26").verdict is LawVerdict.UNCLEAR


def test_a_tool_in_england_is_a_gap_before_the_act_and_unclear_after_it_with_an_open_question() -> None:
    before = only(ask("GB-EAW", "tool", "2025-02-26"))
    assert before.verdict is LawVerdict.GAP_ASSERTED
    after = only(ask("GB-EAW", "tool", "2026-07-01"))
    assert after.verdict is LawVerdict.UNCLEAR
    assert ids(after) == []
    assert "GB-EAW-SOA-46A" in after.answer.upcoming
    assert "Is s.72 in force" in after.answer.open_questions[0]


def test_the_european_prohibition_of_tools_is_not_in_force_on_the_first_and_administrative_on_the_second() -> (
    None
):
    before, after = ask("EU", "tool", "2026-12-01", "2026-12-02").periods
    assert before.verdict is LawVerdict.NOT_ASSESSED
    assert before.answer.unconfirmed == ()
    assert [v.liability for v in after.answer.unconfirmed] == [Liability.ADMINISTRATIVE]


def test_belgium_changes_codes_in_april_2026() -> None:
    periods = ask("BE", "produce", "2026-04-07", "2026-04-08").periods
    assert [(p.from_on.day, p.to_on.day) for p in periods] == [(7, 7), (8, 8)]
    assert [ids(p) for p in periods] == [["BE-417-44"], []]
    assert [p.verdict for p in periods] == [LawVerdict.UNCLEAR, LawVerdict.UNCLEAR]  # only a law firm's word


def test_a_country_that_nobody_recorded_is_not_assessed_and_no_gap() -> None:
    period = only(ask("XX", "possess", "2025-02-26"))
    assert period.verdict is LawVerdict.NOT_ASSESSED
    assert "not a gap" in period.answer.cautions[0]


def test_a_country_with_several_laws_must_be_asked_by_part() -> None:
    period = only(ask("GB", "possess", "2025-02-26"))
    assert period.verdict is LawVerdict.NOT_ASSESSED
    assert "GB-EAW, GB-SCT, GB-NIR" in period.answer.cautions[0]


def test_days_before_the_recorded_history_are_not_assessed() -> None:
    before, after = ask("DK", "possess", "2023-12-31", "2024-01-01").periods
    assert before.verdict is LawVerdict.NOT_ASSESSED
    assert after.verdict is LawVerdict.MAY_APPLY


def test_what_rests_on_memory_is_never_better_than_unclear() -> None:
    assert ask("AU", "platform", "2025-02-26").verdict is LawVerdict.UNCLEAR
    assert ask("DK", "tool", "2025-02-26").verdict is LawVerdict.UNCLEAR  # a gap from memory


def test_french_access_is_an_offence_only_by_habit_or_for_payment_and_paying_is_one() -> None:
    access, pay = (only(ask("FR", act, "2025-02-26")) for act in ("access", "pay"))
    assert (access.verdict, ids(access)) == (LawVerdict.UNCLEAR, ["FR-227-23-4"])
    assert (
        "FR-227-23-4 reaches this act only where the consulting was habitual or in return for payment."
        in (access.answer.cautions)
    )
    assert pay.verdict is LawVerdict.MAY_APPLY


@pytest.mark.parametrize(("place", "record"), [("DE", "DE-127"), ("NO", "NO-311-neg"), ("FR", "FR-323-3-2")])
def test_running_a_platform_is_conditional_where_the_provision_names_a_condition(
    place: str, record: str
) -> None:
    period = only(ask(place, "platform", "2026-05-02", age="under_14"))
    assert (period.verdict, ids(period)) == (LawVerdict.UNCLEAR, [record])
    assert f"{record} reaches this act only where" in " ".join(period.answer.cautions)


def test_what_only_the_press_or_a_law_firm_says_is_never_better_than_unclear() -> None:
    period = only(ask("NL", "possess", "2025-02-26"))
    assert (period.verdict, ids(period)) == (LawVerdict.UNCLEAR, ["NL-252"])
    assert "NL-252 rests on second-hand sources" in " ".join(period.answer.cautions)


def test_every_open_question_is_a_question_for_somebody_and_no_text_speaks_the_words_of_the_workshop() -> (
    None
):
    for place in load_records().codes:
        for act in LegalAct:
            for image in ImageClass:
                for period in ask(place, act, "2024-06-01", "2026-12-31", image=image).periods:
                    answer = period.answer
                    assert all(q.endswith("?") and ", for " in q for q in answer.open_questions)
                    assert not re.search(
                        r"MEMORY|SOURCED|MIXED|P\d+[YM]\b",
                        " ".join((*answer.open_questions, *answer.cautions)),
                    )


def test_a_bill_is_never_an_answer() -> None:
    period = only(ask("AU", "tool", "2026-06-10"))
    assert (period.verdict, ids(period)) == (LawVerdict.UNCLEAR, ["AU-COMPLICITY"])
    assert [v.id for v in period.answer.bills] == ["AU-474.24D-E"]


def test_a_record_of_the_whole_country_applies_in_each_of_its_parts() -> None:
    for code in ("GB-EAW", "GB-SCT", "GB-NIR"):
        period = only(ask(code, "platform", "2026-07-01"))
        assert [v.id for v in period.answer.unconfirmed] == ["GB-EAW-ONLINE-FAC"]


def test_a_lower_maximum_later_is_said_and_one_that_cannot_be_compared_too() -> None:
    lower = ask("ZZ", "possess", "2025-12-31", "2026-01-01")
    assert [p.answer.lex_mitior for p in lower.periods] == [True, False]
    assert "1 year, before 2 years" in lower.periods[0].answer.cautions[-1]
    assert only(ask("BE", "possess", "2025-02-26")).answer.lex_mitior is None


@pytest.mark.parametrize(
    ("act", "old", "new", "said"),
    [
        ("distribute", "DE-184b-1-1-2021", "DE-184b-1-1", "DE-184b-1-1: 6 months, before 1 year"),
        ("produce_dist", "DE-184b-1-4-2021", "DE-184b-1-4", "DE-184b-1-4: 6 months, before 1 year"),
        ("possess", "DE-184b-3-2021", "DE-184b-3", "DE-184b-3: 3 months, before 1 year"),
    ],
)
def test_german_acts_before_28_june_2024_say_that_the_minimum_is_lower_since(
    act: str, old: str, new: str, said: str
) -> None:
    before, after = ask("DE", act, "2024-06-27", "2024-06-28", age="under_14").periods
    assert (ids(before), ids(after)) == ([old], [new])
    assert (before.answer.lex_mitior, after.answer.lex_mitior) == (True, False)
    mild = [c for c in before.answer.cautions if c.startswith("Lex mitior")]
    assert mild == [
        f"Lex mitior: a later version has a lower minimum ({said}); the milder law may have to be applied."
    ]
    assert (before.answer.provisions[0].penalty.min, before.answer.provisions[0].penalty.max) == (
        "P1Y",
        after.answer.provisions[0].penalty.max,
    )


def test_an_age_not_known_more_closely_keeps_the_caution_about_the_milder_law() -> None:
    before = ask("DE", "possess", "2024-06-27").periods[0].answer
    assert before.lex_mitior is True
    assert any(c.startswith("Lex mitior") for c in before.cautions)


def test_a_french_platform_before_the_text_of_april_2026_is_never_shown_the_maximum_of_that_text() -> None:
    before, after = ask("FR", "platform", "2026-04-01", "2026-04-02").periods
    assert (ids(before), ids(after)) == (["FR-323-3-2"], ["FR-323-3-2"])
    assert before.answer.provisions[0].penalty.max is None
    assert [(t.kind, t.max) for t in after.answer.provisions[0].penalty.tiers] == [
        ("basic", "P7Y"),
        ("organised", "P10Y"),
    ]
    assert (
        "The penalty of FR-323-3-2 is not known for days before 2026-04-02: a later text need not be the law of then."
        in before.answer.cautions
    )
    assert not any("7 years" in c for c in before.answer.cautions)
    assert any("7 years" in c for c in after.answer.cautions)
    assert before.answer.lex_mitior is False  # the same wording, read later: no change of law is known


def test_no_answer_before_a_text_was_read_shows_a_penalty_of_a_wording_whose_first_day_is_unknown() -> None:
    unknown = [v for v in load_records().versions if v.from_unknown and v.valid_to is None and v.penalty.max]
    assert len(unknown) > 5
    for version in unknown:
        for place in version.jurisdictions:
            for act in version.acts:
                found = ask(place, act, "2024-06-01", image="real").periods[0].answer.provisions
                assert all(v.penalty.max is None for v in found if v.id == version.id)


def test_what_we_did_not_know_yet_is_not_in_an_answer_of_that_day() -> None:
    assert ask("DK", "possess", "2025-01-15", as_of=date(2026, 11, 21)).verdict is LawVerdict.NOT_ASSESSED
    assert ask("DK", "possess", "2025-01-15", as_of=date(2026, 11, 22)).verdict is LawVerdict.MAY_APPLY


def test_a_record_long_unverified_is_said_when_a_day_of_knowledge_is_given() -> None:
    late = only(ask("DK", "possess", "2025-01-15", as_of=date(2027, 6, 1)))
    assert any("was not verified in the 180 days" in c for c in late.answer.cautions)


def test_european_law_stands_beside_a_members_law_and_never_moves_its_answer() -> None:
    german = ask("DE", "tool", "2026-12-02")
    assert [v.id for v in german.context] == ["EU-AIA-5-CSAM"]
    assert [v.id for v in ask("DK", "tool", "2026-12-02").context] == ["EU-AIA-5-CSAM"]
    assert ask("NO", "tool", "2026-12-02").context == ()


def test_a_european_bill_stands_apart_from_european_law_and_is_called_a_bill(
    capsys: pytest.CaptureFixture[str],
) -> None:
    german = ask("DE", "tool", "2026-12-02")
    assert [v.id for v in german.proposed] == ["EU-RECAST"]
    assert ask("DK", "tool", "2026-12-02").proposed == ()  # not bound
    asked = ["--jurisdiction", "DE", "--act", "tool", "--image", "synth", "--from", "2026-12-02"]
    assert run(["law", "assess", *asked]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "EU-RECAST" in line]
    assert lines == ["  not law, EU bill: EU-RECAST: Recast CSA Directive 2024/0035(COD)"]


def test_an_assessment_over_days_that_differ_is_unclear_as_a_whole() -> None:
    assert ask("DK", "produce_dist", "2025-06-01", "2025-07-02").verdict is LawVerdict.UNCLEAR


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UsageError, match="USAGE-PERIOD"):
        ask("DK", "possess", "2025-02-26", "2025-02-25")


def test_the_question_of_jurisdiction_is_always_asked() -> None:
    assert "Which state has jurisdiction" in ask("DK", "possess", "2025-02-26").jurisdiction_question
    assert "Scotland" not in ask("DK", "possess", "2025-02-26").jurisdiction_question
    assert "GB-SCT" in ask("GB-EAW", "possess", "2025-02-26").jurisdiction_question
