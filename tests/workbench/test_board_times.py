"""The action day takes times within the operation, by the offset that is given, and one count of what was done."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fairlead.case.board.action_day import open_board, plan_day, report_cells, report_incident
from fairlead.case.board.figures import figures
from fairlead.terms.errors import UsageError


def row_of(session, country):
    return next(row for row in open_board(session).rows if row.country == country)


@pytest.mark.parametrize(
    "text",
    ["9999-12-31T23:59+00:00", "0001-01-01T00:00+14:00", "1970-01-01T00:00", "2150-01-01T06:00", "tomorrow"],
)
def test_a_time_outside_the_operation_is_refused_and_the_board_still_opens(world, as_, text):
    before = row_of(world.session("berg"), "SE").starts_at
    with pytest.raises(UsageError, match="USAGE-BOARD"):
        report_cells(world.session("berg"), "SE", {"start": text})
    with pytest.raises(UsageError, match="USAGE-BOARD"):
        plan_day(world.session("holm"), starts=text, embargo="")
    assert row_of(world.session("berg"), "SE").starts_at == before
    assert as_("holm").get("/operations/lanternfish/action-day/").status_code == 200


def test_a_time_that_an_older_version_took_breaks_nobody_s_board(world, as_):
    from fairlead.register.board import record_entry

    session = world.session("holm")
    far = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    record_entry(session.user_id, session.operation, "AU", cell="start", at=session.clock(), starts_at=far)
    assert row_of(session, "AU").starts_local is None
    assert as_("holm").get("/operations/lanternfish/action-day/").status_code == 200
    assert as_("holm").get("/operations/lanternfish/action-day/sheet/").status_code == 200


def test_an_offset_that_is_given_is_kept_and_without_one_the_country_s_clock_counts(world):
    year = world.session("holm").clock().year + 1
    report_cells(world.session("berg"), "SE", {"start": f"{year}-01-15T06:00-05:00"})
    assert row_of(world.session("berg"), "SE").starts_at == datetime(year, 1, 15, 11, tzinfo=UTC)
    report_cells(world.session("berg"), "SE", {"start": f"{year}-01-15T06:00"})
    assert row_of(world.session("berg"), "SE").starts_at == datetime(year, 1, 15, 5, tzinfo=UTC)
    plan_day(world.session("holm"), starts=f"{year}-01-15T06:00+02:00", embargo="")
    assert open_board(world.session("holm")).starts_at == datetime(year, 1, 15, 4, tzinfo=UTC)


def test_arrests_on_the_board_and_for_the_press_are_one_figure_once_outcomes_came(world, as_):
    from fairlead.register.followup import record_outcomes

    country = sorted(n.removeprefix("lead_") for n in world.ids if n.startswith("lead_"))[6]
    session = world.session("holm")
    report_cells(session, country, {"arrests": "7", "searches": "1"})
    before = row_of(session, country)
    assert (before.cells["arrests"], before.called_in) == (None, {"arrests": 7, "searches": 1})
    assert open_board(session).totals["arrests"] == figures(session, internal=True).totals["arrests"]
    assert open_board(session).called_in["arrests"] >= 7
    row = {
        "lead": world.ids[f"lead_{country}"], "states": ["searched", "arrested"], "reason": "", "devices_seized": 2,
        "victims_safeguarded": 0, "new_exhibits": [], "released": False, "at": session.clock(), "sha256": "6" * 64,
    }  # fmt: skip
    record_outcomes(
        session.user_id, "lanternfish", country, [row], package="lanternfish-XX-0001", signer="berg"
    )
    shown = row_of(session, country)
    assert shown.cells["arrests"] == figures(session, internal=True).by_country[country]["arrests"] == 1
    assert shown.called_in == {"arrests": 7}
    assert "7 called in" in as_("holm").get("/operations/lanternfish/action-day/").content.decode()
    totals = open_board(session).totals["arrests"]
    assert totals == sum(r.cells["arrests"] or 0 for r in open_board(session).rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{year}-03-28T02:30", "clocks there are changed"),
        ("{year}-10-31T02:30", "clocks there are changed"),
        ("{year}-12-01", "a date and a time"),
        ("{year}-12-01T06:00+23:59", "a date and a time"),
        ("{year}-12-01T06:00+00:00:30", "a date and a time"),
        ("six", "a date and a time"),
    ],
)
def test_an_hour_that_is_not_there_or_twice_and_what_is_no_time_is_asked_again(world, text, said):
    session = world.session("berg")
    with pytest.raises(UsageError) as refused:
        report_cells(session, "SE", {"start": text.format(year=2027)})
    assert said in f"{refused.value.fact} {refused.value.remedy}"
    report_cells(session, "SE", {"start": "2027-10-31T02:30+01:00"})
    assert row_of(session, "SE").starts_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_a_number_that_a_cell_does_not_take_says_which_it_takes(world):
    with pytest.raises(UsageError) as refused:
        report_cells(world.session("berg"), "SE", {"arrests": "10001"})
    assert "from 0 to 10,000" in refused.value.remedy


def test_an_embargo_does_not_end_before_the_action(world):
    year = world.session("holm").clock().year + 1
    with pytest.raises(UsageError, match="embargo would end before"):
        plan_day(world.session("holm"), starts=f"{year}-01-15T04:00", embargo=f"{year}-01-14T04:00")


def test_an_incident_that_concerns_all_countries_is_read_in_all_of_them(world):
    text = "Stop: the operation is put off."
    report_incident(world.session("holm"), "*", text)
    for name in ("berg", "evans", "holm"):
        assert text in [one["text"] for one in open_board(world.session(name)).incidents], name
    for wrong in ("x" * 2_001, "turned \u202e round"):
        with pytest.raises(UsageError, match="USAGE-BOARD"):
            report_incident(world.session("holm"), "*", wrong)
