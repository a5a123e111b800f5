"""Faults planted in the fictional country's files: each is found, and said in words."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fairlead.cli.main import run
from fairlead.law.check import check_folder, rewrite_folder
from fairlead.law.load import read_folder
from fairlead.law.resolve import ask, assess_with
from fairlead.law.toml import write_toml
from fairlead.terms.law import AgeBand, ImageClass, LegalAct
from tests.law.worlds import change, zedland

QUESTION = {"id": "q1", "text": "Is it so?", "ask": "a prosecutor in Zedland", "opened_on": "2026-11-22"}


def messages(folder: Path) -> str:
    return "\n".join(f"{f.file} {f.place}: {f.message}" for f in check_folder(folder))


def test_the_fictional_country_is_in_order(tmp_path: Path) -> None:
    assert messages(zedland(tmp_path)) == ""


@pytest.mark.parametrize(
    ("file", "fields", "said"),
    [
        ("ZZ-10.toml", {"pennalty": "P2Y"}, "the field pennalty is not known to the schema"),
        ("ZZ-10.toml", {"valid_to": "2026-02-01"}, "its days overlap with those of ZZ-10"),
        ("ZZ-10.toml", {"sources": []}, "basis SOURCED without a source"),
        ("ZZ-10.toml", {"sources": ["Z9"]}, "the source Z9 is not in sources.toml"),
        ("ZZ-10.toml", {"confidence": "high"}, "confidence high without a named reviewer"),
        ("ZZ-10.toml", {"verified_by": "A. Reader"}, "verified_on and verified_by belong together"),
        ("ZZ-10.toml", {"from_unknown": None, "status": "in_force"}, "in_force without valid_from"),
        ("ZZ-10.toml", {"valid_to": None}, "repealed without valid_to"),
        ("ZZ-10.toml", {"valid_from": "2026-03-01", "from_unknown": None}, "lies before valid_from"),
        ("ZZ-10.toml", {"acts": ["possess", "steal"]}, "'steal', which is not one of: produce"),
        ("ZZ-10.toml", {"images": {"real": "yes"}}, "the field altered is missing"),
        (
            "ZZ-10.toml",
            {"images": {"real": True, "altered": "no", "synth": "no", "drawn": "no"}},
            "real must be text in quotes",
        ),
        ("ZZ-10.toml", {"penalty": {"max": "two years"}}, "'two years' is not like P5Y"),
        ("ZZ-10.toml", {"id": "ZZ-11"}, "the id is also used in"),
        ("ZZ-10.toml", {"jurisdictions": ["QQ"]}, "jurisdiction QQ is in no jurisdiction.toml"),
        ("ZZ-10.toml", {"recorded_on": "22 November"}, "is no day; write it like"),
        ("ZZ-10.toml", {"open_question": [QUESTION | {"text": "Confirm."}]}, "q1 has no question mark"),
        ("ZZ-10.toml", {"open_question": [QUESTION | {"ask": ""}]}, "q1 names nobody to ask"),
        ("ZZ-10.toml", {"notes": ["Date MEMORY low."]}, "“MEMORY” is a word of the workshop"),
        ("ZZ-10.toml", {"condition": [{"text": "it was P2Y"}]}, "“P2Y” is a word of the workshop"),
        (
            "ZZ-10.toml",
            {"condition": [{"acts": ["pay"], "text": "it was dark"}]},
            "does not have the act pay",
        ),
        ("ZZ-10.toml", {"penalty": {"min": "P3Y", "max": "P2Y"}}, "the minimum P3Y is above the maximum P2Y"),
        ("ZZ-10.toml", {"uri": "section 10"}, "names no text"),
        ("ZZ-10.toml", {"basis": "MEMORY", "sources": []}, "basis MEMORY beside words that were read"),
        (
            "ZZ-10.toml",
            {
                "penalty": {
                    "max": "P2Y",
                    "tier": [{"kind": "online", "min": "P4Y", "max": "P3Y", "all_of": ["online"]}],
                }
            },
            "the minimum of the tier online P4Y is above the maximum P3Y",
        ),
        (
            "ZZ-10.toml",
            {"penalty": {"max": "P2Y", "tier": [{"kind": "online", "max": "P3Y"}]}},
            "names no fact",
        ),
        (
            "ZZ-10.toml",
            {"penalty": {"max": "P2Y", "tier": [{"kind": "basic", "max": "P3Y"}]}},
            "the basic tier is not",
        ),
        ("ZZ-11.toml", {"enacted_on": None}, "commencement_unverified needs valid_from or enacted_on"),
        ("ZZ-GAP-tool.toml", {"reason": "because"}, "the field reason is not known"),
        ("ZZ-GAP-tool.toml", {"id": "ZZ-GAP-tools"}, "the file must be named ZZ-GAP-tools.toml"),
        ("ZZ-POWER-5.toml", {"status": "perhaps"}, "status of a police power"),
        ("jurisdiction.toml", {"code": "ZY"}, "code and name of the folder differ"),
        ("jurisdiction.toml", {"members": ["QQ"]}, "this member has no folder"),
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, file: str, fields: dict[str, Any], said: str) -> None:
    folder = zedland(tmp_path)
    change(folder / "zz" / file, **fields)
    assert said in messages(folder)


def test_an_unquoted_date_is_found(tmp_path: Path) -> None:
    file = zedland(tmp_path) / "zz" / "ZZ-10.toml"
    file.write_text(
        file.read_text("utf-8").replace('valid_to = "2025-12-31"', "valid_to = 2025-12-31"), "utf-8"
    )
    assert "valid_to is an unquoted date" in messages(tmp_path)


def test_a_wrong_worked_example_is_found_with_its_sentence(tmp_path: Path) -> None:
    file = zedland(tmp_path) / "zz" / "cases.toml"
    text = file.read_text("utf-8")
    assert 'verdicts = ["may_apply"]' in text
    file.write_text(text.replace('verdicts = ["may_apply"]', 'verdicts = ["unclear"]', 1), "utf-8")
    assert "expected unclear, the resolver says may_apply" in messages(tmp_path)


def test_fewer_than_three_worked_examples_are_too_few(tmp_path: Path) -> None:
    (zedland(tmp_path) / "zz" / "cases.toml").unlink()
    assert "0 worked examples; at least 3 are needed" in messages(tmp_path)


def test_a_file_that_is_not_toml_is_a_finding_and_the_others_are_read(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    (folder / "zz" / "ZZ-11.toml").write_text("acts = [", "utf-8")
    read = read_folder(folder)
    assert "not TOML" in read.findings[0].message
    assert {v.id for v in read.records.versions} == {"ZZ-10", "ZZ-10-2026"}


def test_a_comment_is_a_finding_because_it_would_be_lost_and_rewriting_takes_it_away(tmp_path: Path) -> None:
    file = zedland(tmp_path) / "zz" / "ZZ-11.toml"
    file.write_text("# a thought\n" + file.read_text("utf-8"), "utf-8")
    assert "not in the one written form" in messages(tmp_path)
    assert rewrite_folder(tmp_path) == ["zz/ZZ-11.toml"]
    assert messages(tmp_path) == ""


def test_the_command_prints_findings_and_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = zedland(tmp_path)
    assert run(["law", "check", "--data", str(folder)]) == 0
    change(folder / "zz" / "ZZ-10.toml", confidence="high")
    assert run(["law", "check", "--data", str(folder)]) == 1
    assert "zz/ZZ-10.toml (ZZ-10): confidence high without a named reviewer" in capsys.readouterr().out


def test_an_international_instrument_without_its_source_is_found(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    row = {
        "id": "Z",
        "instrument": "Treaty",
        "provision": "art. 1",
        "content": "Something.",
        "basis": "SOURCED",
    }
    row |= {"confidence": "high", "recorded_on": "2026-11-22", "colour": "red"}
    text = write_toml({"schema": "law-instruments/1", "instrument": [row]})
    (folder / "instruments.toml").write_text(text, "utf-8")
    said = messages(folder)
    for fault in ("basis SOURCED without a source", "confidence high needs", "the field colour is not known"):
        assert fault in said


def test_a_correction_leaves_the_answer_of_an_earlier_day_as_it_was(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    file = folder / "zz" / "ZZ-11.toml"
    change(file, superseded_on="2026-12-10")
    table = tomllib.loads(file.read_text("utf-8"))
    corrected = dict(table["version"][0])
    corrected.pop("superseded_on")
    corrected |= {
        "id": "ZZ-11-r2",
        "status": "in_force",
        "valid_from": "2026-02-01",
        "recorded_on": "2026-12-10",
    }
    table["version"].append(corrected)
    file.write_text(write_toml(table), "utf-8")
    records = read_folder(folder).records

    def answers(as_of: date | None) -> list[str]:
        asked = ask("ZZ", LegalAct.TOOL, ImageClass.SYNTH, AgeBand.UNDER_18, as_of=as_of)
        day = date(2026, 3, 1)
        return [p.verdict.value for p in assess_with(records, asked, (day, day)).periods]

    assert answers(date(2026, 12, 9)) == ["unclear"]
    assert answers(date(2026, 12, 10)) == answers(None) == ["may_apply"]
    assert "overlap" not in messages(folder)
