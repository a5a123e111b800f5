"""Outcomes, recalls, differences and the figures derived from them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.leads.diff import diff_leads
from fairlead.leads.outcome import (
    NoActionReason,
    Outcome,
    OutcomeFile,
    OutcomeState,
    sign_outcomes,
    verify_outcomes,
)
from fairlead.leads.recall import (
    Recall,
    acknowledge_recall,
    sign_recall,
    verify_acknowledgement,
    verify_recall,
)
from fairlead.leads.statistics import ReportedOutcome, delta, derive_figures
from fairlead.terms.countries import PARTICIPANTS
from fairlead.terms.errors import ItemError
from tests.leads.builders import AT, OFFICERS, PREPARER, lead, statement


def outcome(**changes: object) -> Outcome:
    fields: dict[str, object] = {"lead": "L-SE-1", "states": (OutcomeState.IDENTIFIED,), "released": True}
    return Outcome(**{**fields, **changes})  # type: ignore[arg-type]


def test_outcomes_come_back_as_they_were_signed() -> None:
    file = OutcomeFile(
        package="lanternfish-SE-0001",
        sha256="a" * 64,
        country="SE",
        at=AT,
        outcomes=(outcome(devices_seized=3),),
    )
    assert verify_outcomes(sign_outcomes(file, PREPARER), OFFICERS) == (file, "holm")


def test_outcomes_about_leads_that_were_not_sent_are_refused() -> None:
    file = OutcomeFile(
        package="lanternfish-SE-0001", sha256="a" * 64, country="SE", at=AT, outcomes=(outcome(),)
    )
    with pytest.raises(ItemError, match="not in that package"):
        verify_outcomes(sign_outcomes(file, PREPARER), OFFICERS, known_leads=["L-SE-2"])


def test_no_action_needs_its_reason_and_only_no_action_has_one() -> None:
    with pytest.raises(ValueError, match="reason"):
        outcome(states=(OutcomeState.NO_ACTION,))
    with pytest.raises(ValueError, match="reason"):
        outcome(reason=NoActionReason.NO_OFFENCE_IN_NATIONAL_LAW)


def test_a_changed_outcome_is_refused() -> None:
    file = OutcomeFile(
        package="lanternfish-SE-0001", sha256="a" * 64, country="SE", at=AT, outcomes=(outcome(),)
    )
    envelope = json.loads(sign_outcomes(file, PREPARER))
    envelope["payload"] = envelope["payload"][:-8] + "AAAAAAA="
    with pytest.raises(ItemError):
        verify_outcomes(json.dumps(envelope), OFFICERS)


def test_a_recall_and_its_acknowledgement_are_signed_over_the_same_bytes() -> None:
    recall = Recall(
        package="lanternfish-SE-0001",
        sha256="a" * 64,
        country="SE",
        leads=("L-SE-1",),
        reason="wrong person",
        at=AT,
    )
    read, by = verify_recall(sign_recall(recall, PREPARER), OFFICERS)
    assert (read, by) == (recall, "holm")
    answered, signer = verify_acknowledgement(
        acknowledge_recall(read, PREPARER, notice="c" * 64, at=AT), OFFICERS
    )
    assert answered.answers(notice="c" * 64, leads=recall.leads, at=AT)
    assert not answered.answers(notice="d" * 64, leads=("L-SE-1",), at=AT)
    assert (answered.sha256, answered.leads, signer) == ("a" * 64, ("L-SE-1",), "holm")
    with pytest.raises(ItemError):
        verify_acknowledgement(sign_recall(recall, PREPARER), OFFICERS)


def test_a_diff_names_what_is_new_gone_and_changed() -> None:
    before = lead(statements=[statement(id="S-1", value="a"), statement(id="S-2", value="b")])
    after = lead(grade="attributed", statements=[statement(id="S-2", value="c"), statement(id="S-3")])
    changed = diff_leads(before, after)
    assert [s.id for s in changed.added] == ["S-3"]
    assert [s.id for s in changed.removed] == ["S-1"]
    assert [b.id for _, b in changed.changed] == ["S-2"]
    assert changed.head["grade"] == ("probable", "attributed")
    assert diff_leads(before, before).is_empty


def reported(
    number: int, country: str, *states: str, devices: int = 0, released: bool = True
) -> ReportedOutcome:
    return ReportedOutcome(
        lead=f"L-{number}",
        country=country,
        states=frozenset(states),
        devices_seized=devices,
        victims_safeguarded=0,
        released=released,
        at=AT,
    )


def cumberland() -> list[ReportedOutcome]:
    """Made-up rows behind the published figures: 273 identified, 25 arrests, 33 searches, 173 devices, 19 countries."""
    codes = sorted(PARTICIPANTS)
    rows = []
    for number in range(273):
        states = ["identified"]
        if number < 25:
            states.append("arrested")
        if number < 33:
            states.append("searched")
        devices = 173 // 33 + (number < 173 % 33) if number < 33 else 0
        rows.append(reported(number, codes[number % 19], *states, devices=devices))
    return rows


def test_the_published_figures_come_out_of_the_rows_behind_them() -> None:
    figures = derive_figures(cumberland(), PARTICIPANTS, as_of=AT)
    assert figures.totals["suspects_identified"] == 273
    assert figures.totals["arrests"] == 25
    assert figures.totals["house_searches"] == 33
    assert figures.totals["devices_seized"] == 173
    assert figures.totals["countries"] == 19


def test_numbers_a_country_has_not_released_are_not_counted() -> None:
    rows = [reported(n, "SE", "arrested") for n in range(6)]
    rows.append(reported(7, "FI", "arrested", released=False))
    figures = derive_figures(rows, ["SE", "FI"], as_of=AT)
    assert figures.totals["arrests"] == 6
    assert figures.not_released == 1
    assert "FI" not in figures.by_country
    assert derive_figures(rows, ["SE", "FI"], as_of=AT, internal=True).totals["arrests"] == 7


def test_small_cells_of_a_country_are_not_shown() -> None:
    figures = derive_figures([reported(n, "SE", "arrested") for n in range(4)], ["SE"], as_of=AT)
    assert figures.by_country["SE"]["arrests"] is None
    assert figures.by_country["SE"]["house_searches"] == 0


def test_a_later_report_replaces_an_earlier_one_and_one_after_the_cut_off_does_not_count() -> None:
    later = AT + timedelta(days=1)
    rows = [reported(1, "SE", "identified")]
    rows.append(
        ReportedOutcome(
            **{
                **{f: getattr(rows[0], f) for f in rows[0].__slots__},
                "states": frozenset({"arrested"}),
                "at": later,
            }
        )
    )
    assert derive_figures(rows, ["SE"], as_of=AT, internal=True).totals["arrests"] == 0
    assert derive_figures(rows, ["SE"], as_of=later, internal=True).totals["arrests"] == 1


def test_two_published_versions_differ_by_a_delta_and_both_stay() -> None:
    assert delta({"arrests": 25}, {"arrests": 27, "searches": 1}) == {"arrests": 2, "searches": 1}
    assert datetime(2025, 2, 28, tzinfo=UTC) < AT
