"""A lawyer's workbook: every field can be corrected, and what that changes is said in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from fairlead.case.law.adopting import adopt_law, review_law
from fairlead.case.law.assessing import assess_persons
from fairlead.case.law.comparing import compare_law, find_touched
from fairlead.case.law.review import import_workbook, write_form
from fairlead.case.law.workbook import read_workbook
from fairlead.case.place.session import Session
from fairlead.law.check import check_folder
from fairlead.law.load import layered_records, read_folder, shipped_folder
from fairlead.law.resolve import ask, assess_with
from fairlead.terms.errors import UsageError
from fairlead.terms.law import AgeBand, ImageClass, LegalAct
from tests.law.test_stage import put_records
from tests.law.worlds import change, zedland

TODAY = date(2026, 12, 10)


def filled(folder: Path, file: Path, *, code: str = "ZZ", day: str = "2026-12-09", **cells: str) -> Path:
    """The workbook of a country with cells filled in: names like ``ZZ_10_2026__penalty.max`` say which."""
    write_form(folder, code, file)
    book = load_workbook(file)
    wanted = {tuple(name.split("__")): said for name, said in cells.items()}
    for row in book.active.iter_rows(min_row=2):
        record, field = str(row[0].value), str(row[1].value)
        if field.startswith("reviewed by"):
            row[4].value = "A. Reader, Ministry"
        elif field.startswith("reviewed on"):
            row[4].value = day
        elif (said := wanted.get((record.replace("-", "_"), field))) is not None:
            row[3 if field == "all of it" else 4].value = said
    book.save(file)
    return file


def test_a_correction_says_what_it_changes_and_keeps_the_earlier_answer(tmp_path: Path) -> None:
    folder = zedland(tmp_path / "law")
    form = filled(folder, tmp_path / "f.xlsx", **{"ZZ_10_2026__penalty.max": "P6M", "ZZ_10__all of it": "x"})
    done = import_workbook(folder, form, today=TODAY)
    assert [(c.record, c.field, c.before, c.now) for c in done.changes] == [
        ("ZZ-10-2026", "penalty.max", "P1Y", "P6M")
    ]
    assert set(done.verified) == {"ZZ-10", "ZZ-10-2026-r2"}
    assert check_folder(folder) == []
    records = read_folder(folder).records

    def maximum(as_of: date) -> str | None:
        asked = ask("ZZ", LegalAct.POSSESS, ImageClass.REAL, AgeBand.UNDER_18, as_of=as_of)
        answer = assess_with(records, asked, (date(2026, 3, 1), date(2026, 3, 1))).periods[0].answer
        return answer.provisions[0].penalty.max

    assert (maximum(date(2026, 12, 9)), maximum(TODAY)) == ("P1Y", "P6M")


def test_a_new_wording_gets_its_digest_and_a_tampered_one_is_found(tmp_path: Path) -> None:
    folder = zedland(tmp_path / "law")
    words = "10. Hwa zedvilt heft, werdt to in jeer gestraft, mear net as hy it meldt."
    import_workbook(
        folder, filled(folder, tmp_path / "f.xlsx", **{"ZZ_10_2026__wording.words": words}), today=TODAY
    )
    (fresh,) = [v for v in read_folder(folder).records.versions if v.id == "ZZ-10-2026-r2"]
    assert fresh.wording is not None
    assert fresh.wording.words == words
    change(folder / "zz" / "ZZ-11.toml", wording={"language": "zz", "words": "11. Oars.", "read_on": "2026-11-22", "means": "m", "digest": "0" * 64})  # fmt: skip
    assert "their digest differs" in "\n".join(f.message for f in check_folder(folder))


@pytest.mark.parametrize(
    ("cells", "day", "code"),
    [
        ({"ZZ_10__penalty.max": "two years"}, "2026-12-09", "LAW-CORRECTION"),
        ({"ZZ_10__images.synth": "perhaps"}, "2026-12-09", "LAW-CORRECTION"),
        ({"ZZ_10__penalty.max": "P3Y"}, "2026-12-11", "LAW-REVIEWER"),
        ({}, "2026-12-09", "LAW-EMPTY"),
    ],
)
def test_a_workbook_that_does_not_hold_changes_nothing(
    tmp_path: Path, cells: dict[str, str], day: str, code: str
) -> None:
    folder = zedland(tmp_path / "law")
    form = filled(folder, tmp_path / "f.xlsx", day=day, **cells)
    before = {path: path.read_bytes() for path in folder.rglob("*.toml")}
    with pytest.raises(UsageError, match=code):
        import_workbook(folder, form, today=TODAY)
    assert {path: path.read_bytes() for path in folder.rglob("*.toml")} == before


def test_a_file_that_is_no_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.xlsx").write_bytes(b"no workbook")
    with pytest.raises(UsageError, match="LAW-FORM"):
        read_workbook(tmp_path / "f.xlsx")


def test_the_agencys_own_law_is_laid_over_the_shipped_one_and_asked(
    tmp_path: Path, make_session: Callable[..., Session]
) -> None:
    session = make_session()
    put_records(session.store, {"P-1": "DK", "P-2": "NO"}, [
        ("P-1", "access", "2025-02-01", "2025-02-02"), ("P-2", "access", "2025-02-01", "2025-02-02"),
    ])  # fmt: skip
    assert {r["verdict"] for r in assess_persons(session).jurisdictions} == {"may_apply"}
    own = tmp_path / "own"
    (own / "dk").mkdir(parents=True)
    source = shipped_folder() / "dk" / "DK-235-2.toml"
    (own / "dk" / "DK-235-2.toml").write_text(source.read_text("utf-8"), "utf-8")
    change(
        own / "dk" / "DK-235-2.toml",
        images={"real": "yes", "altered": "yes", "synth": "unclear", "drawn": "no"},
    )
    (own / "dk" / "cases.toml").write_text(
        (shipped_folder() / "dk" / "cases.toml").read_text("utf-8"), "utf-8"
    )
    with pytest.raises(UsageError, match="LAW-FOLDER"):
        adopt_law(session, folder=own)  # a worked example says otherwise
    text = (own / "dk" / "cases.toml").read_text("utf-8")
    (own / "dk" / "cases.toml").write_text(
        text.replace('verdicts = ["may_apply"]', 'verdicts = ["unclear"]'), "utf-8"
    )
    adopted = adopt_law(session, folder=own)
    assert [(c.record, c.what) for c in adopted.changes] == [
        ("DK-235-2-old", "images.synth: “yes” → “unclear”")
    ]
    assert layered_records(session.workspace.law).digest == adopted.digest
    verdicts = {r["jurisdiction"]: r["verdict"] for r in assess_persons(session).jurisdictions}
    assert verdicts == {"DK": "unclear", "NO": "may_apply"}

    compared = compare_law(None, session.workspace.law, period=(date(2025, 1, 1), date(2025, 12, 31)))
    assert {(a.jurisdiction, a.image.value) for a in compared.answers} == {("DK", "synth")}
    assert all(a.before.startswith("may apply") and a.now.startswith("unclear") for a in compared.answers)
    touched = find_touched(session, frozenset(c.record for c in compared.records))
    assert touched.persons == ("P-1",)


def test_a_review_in_a_workspace_names_who_vouches_and_lies_over_the_shipped_law(
    tmp_path: Path, make_session: Callable[..., Session]
) -> None:
    session = replace(make_session(), clock=lambda: datetime(2026, 12, 10, 12, tzinfo=UTC))
    form = filled(shipped_folder(), tmp_path / "no.xlsx", code="NO", day="2026-11-28", NO_311__notes="Read.")
    done = review_law(session, form=form)
    assert done.verified == ("NO-311-r2",)
    (fresh,) = [v for v in layered_records(session.workspace.law).versions if v.id == "NO-311-r2"]
    assert fresh.knowledge.verified_by == f"A. Reader, Ministry; vouched for by {session.user_name}"
