"""The commands of `fairlead law`, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree

from fairlead.cli.main import run

ASSESS = ["law", "assess", "--jurisdiction", "dk", "--act", "possess", "--image", "synth"]


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert run(["law", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_assess_gives_one_verdict_for_each_run_of_days(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, *ASSESS[1:], "--from", "2025-06-15", "--to", "2025-07-15")
    assert [p["verdict"] for p in said["periods"]] == ["may_apply", "unclear"]
    assert [(p["from"], p["to"], p["provisions"]) for p in said["periods"]] == [
        ("2025-06-15", "2025-06-30", ["DK-235-2-old"]),
        ("2025-07-01", "2025-07-15", ["DK-235-2"]),
    ]
    assert said["notice"] == "Not legal advice; verify at the source."


def test_assess_prints_open_questions_cautions_and_the_notice(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASSESS, "--from", "2025-06-15"]) == 0
    text = capsys.readouterr().out
    for said in (
        "caution: DK-235-2-old: Access element",
        "caution: ",
        "upcoming: DK-235-2",
        "Not legal advice",
    ):
        assert said in text


def test_assess_answers_with_the_knowledge_of_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, *ASSESS[1:], "--from", "2025-06-15", "--as-of", "2026-01-01")
    assert (said["verdict"], said["as_of"]) == ("not_assessed", "2026-01-01")


def test_assess_with_days_in_the_wrong_order_is_wrong_usage() -> None:
    assert run([*ASSESS, "--from", "2025-06-15", "--to", "2025-06-14"]) == 64


def test_show_gives_the_records_of_a_part_and_of_its_country(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "show", "GB-SCT")
    ids = {record["id"] for record in said["records"]}
    assert {"GB-SCT-52", "GB-EAW-ONLINE-FAC", "GB-GAP-tool-before-2026"} <= ids
    assert "GB-EAW-POCA-1" not in ids
    assert said["sources"]["S27"]["accessed_on"] == "2026-11-22"


def test_show_puts_the_local_term_beside_the_english_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["law", "show", "DE"]) == 0
    assert "wirklichkeitsnah = realistic" in capsys.readouterr().out


def test_show_of_a_country_nobody_recorded_is_wrong_usage_and_no_gap(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["law", "show", "QQ"]) == 64
    assert "No record is not a gap" in capsys.readouterr().err


def test_compare_puts_all_jurisdictions_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "compare", "--act", "possess", "--image", "synth", "--on", "2025-02-26")
    verdicts = {row["jurisdiction"]: row["verdict"] for row in said["rows"]}
    assert len(verdicts) == 28
    assert (verdicts["DK"], verdicts["DE"], verdicts["BA-BIH"]) == ("may_apply", "unclear", "unclear")


def test_gaps_lists_every_act_without_a_sure_answer(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "gaps", "--on", "2025-02-26", "--jurisdiction", "de")
    verdicts = {row["act"]: row["verdict"] for row in said["rows"]}
    assert verdicts["produce"] == "gap_asserted"
    assert verdicts["pay"] == "unclear"
    assert "distribute" not in verdicts


def test_timeline_lists_changes_and_draws_them(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    picture = tmp_path / "dk.svg"
    said = answer(capsys, "timeline", "DK", "--svg", str(picture))
    assert ("2025-07-01", "DK-235-2") in {(c["on"], c["record"]) for c in said["changes"]}
    assert ElementTree.parse(picture).getroot().attrib["role"] == "img"


def test_stale_counts_from_the_last_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "stale", "--days", "180", "--on", "2026-12-01")["records"] == []
    late = answer(capsys, "stale", "--days", "180", "--on", "2027-06-01", code=1)["records"]
    assert (
        len(late)
        == len(answer(capsys, "stale", "--days", "0", "--on", "2027-06-01", code=1)["records"])
        > 200
    )


def test_check_finds_nothing_wrong_in_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "check") == {"findings": [], "rewritten": []}
