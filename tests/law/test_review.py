"""The review form: a lawyer ticks, the program sets who verified when, and nothing else."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fairlead.case.law.review import import_review_file, write_form
from fairlead.cli.main import run
from fairlead.law.check import check_folder
from fairlead.law.load import read_folder
from fairlead.law.review_pdf import render_form_pdf
from fairlead.terms.errors import UsageError
from tests.law.worlds import change, zedland

TODAY = date(2027, 1, 1)


def form_of(folder: Path) -> str:
    form = write_form(folder, "ZZ", None)
    assert form is not None
    return form


def filled(folder: Path, *ticked: str, by: str = "A. Reader, Ministry", on: str = "2026-12-01") -> Path:
    form = form_of(folder).replace("Reviewed by: ", f"Reviewed by: {by}", 1)
    form = form.replace("Reviewed on: ", f"Reviewed on: {on}", 1)
    for record in ticked:
        form = form.replace(f"[ ] correct: {record} ", f"[x] correct: {record} ")
    file = folder / "form.md"
    file.write_text(form, "utf-8")
    return file


def tables(folder: Path) -> dict[str, Any]:
    return {p.name: tomllib.loads(p.read_text("utf-8")) for p in (folder / "zz").iterdir()}


def test_a_tick_sets_who_verified_on_which_day_and_nothing_else(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    before = tables(folder)
    outcome = import_review_file(folder, filled(folder, "ZZ-10"), today=TODAY)
    assert outcome.verified == ("ZZ-10",)
    assert "ZZ-10-2026" in outcome.not_ticked
    after = tables(folder)
    record = after["ZZ-10.toml"]["version"][0]
    assert (record.pop("verified_on"), record.pop("verified_by")) == ("2026-12-01", "A. Reader, Ministry")
    assert len(record.pop("verified_state")) == 16
    assert after == before
    assert check_folder(folder) == []


def test_gaps_and_police_powers_are_reviewed_like_provisions(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    import_review_file(folder, filled(folder, "ZZ-GAP-tool", "ZZ-POWER-5"), today=TODAY)
    records = read_folder(folder).records
    assert {r.knowledge.verified_by for r in (*records.gaps, *records.powers)} == {"A. Reader, Ministry"}


def test_a_record_changed_since_the_form_was_made_is_not_verified(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    form = filled(folder, "ZZ-10", "ZZ-11")
    change(folder / "zz" / "ZZ-11.toml", citation="Another section")
    before = tables(folder)
    with pytest.raises(UsageError, match="LAW-STATE"):
        import_review_file(folder, form, today=TODAY)
    assert tables(folder) == before


def test_a_second_review_of_the_same_text_needs_no_new_form(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    form = filled(folder, "ZZ-10")
    import_review_file(folder, form, today=TODAY)
    import_review_file(folder, form, today=TODAY)
    assert read_folder(folder).records.versions[0].knowledge.verified_by == "A. Reader, Ministry"


@pytest.mark.parametrize(
    ("ticked", "by", "on", "code"),
    [
        (["ZZ-10"], "", "2026-12-01", "LAW-REVIEWER"),
        (["ZZ-10"], "A. Reader", "tomorrow", "LAW-REVIEWER"),
        (["ZZ-10"], "A. Reader", "2027-01-02", "LAW-REVIEWER"),
        (["ZZ-10"], "A. Reader", "2026-11-21", "LAW-DAY"),
        ([], "A. Reader", "2026-12-01", "LAW-EMPTY"),
    ],
)
def test_a_form_that_does_not_hold_changes_nothing(
    tmp_path: Path, ticked: list[str], by: str, on: str, code: str
) -> None:
    folder = zedland(tmp_path)
    before = tables(folder)
    with pytest.raises(UsageError, match=code):
        import_review_file(folder, filled(folder, *ticked, by=by, on=on), today=TODAY)
    assert tables(folder) == before


def test_a_tick_for_a_record_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    file = filled(folder, "ZZ-10")
    file.write_text(file.read_text("utf-8").replace("correct: ZZ-10 ", "correct: ZZ-99 "), "utf-8")
    with pytest.raises(UsageError, match="LAW-RECORD"):
        import_review_file(folder, file, today=TODAY)


def test_a_pdf_cannot_be_read_back_and_says_so(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    write_form(folder, "ZZ", tmp_path / "form.pdf")
    with pytest.raises(UsageError, match="LAW-FORM"):
        import_review_file(folder, tmp_path / "form.pdf", today=TODAY)


def test_the_pdf_form_is_the_same_for_the_same_records(tmp_path: Path) -> None:
    read = read_folder(zedland(tmp_path))
    form = render_form_pdf(read, "ZZ")
    assert form.startswith(b"%PDF-")
    assert form == render_form_pdf(read, "ZZ")


def test_the_form_shows_every_record_with_sources_and_open_questions(tmp_path: Path) -> None:
    form = form_of(zedland(tmp_path))
    for text in (
        "ZZ-10-2026",
        "ZZ-11",
        "ZZ-GAP-tool",
        "ZZ-POWER-5",
        "Zedland Gazette",
        "On which day did section 11",
    ):
        assert text in form


def test_the_commands_make_a_form_and_read_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = zedland(tmp_path)
    form = filled(folder, "ZZ-10", on="2026-11-22")
    assert run(["law", "review", "form", "zz", "--data", str(folder), "--to", str(tmp_path / "f.md")]) == 0
    assert "ZZ-GAP-tool" in (tmp_path / "f.md").read_text("utf-8")
    capsys.readouterr()
    assert run(["law", "review", "import", str(form), "--data", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verified"] == ["ZZ-10"]


def test_a_form_for_a_country_without_records_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Copy the folder zz"):
        write_form(zedland(tmp_path), "QQ", None)


def test_a_record_changed_after_its_review_is_found_as_changed_since(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    import_review_file(folder, filled(folder, "ZZ-10"), today=TODAY)
    assert check_folder(folder) == []
    change(folder / "zz" / "ZZ-10.toml", penalty={"max": "P3Y"})
    said = [finding.message for finding in check_folder(folder)]
    assert "changed since it was reviewed by A. Reader, Ministry: have it reviewed again" in said
