"""Pages made from the records: current, linked, and saying no more than the record."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from defusedxml import ElementTree

from fairlead.law import load_records
from fairlead.law.coverage import figures_on, newest_day
from fairlead.law.index_pages import render_law_pages
from fairlead.law.load import read_folder
from fairlead.law.pages import render_page
from fairlead.law.timeline_svg import find_bars
from tests.law.worlds import change, zedland

PAGES = render_law_pages(load_records())
TEXTS = {name: text for name, text in PAGES.items() if name.endswith(".md")}
PICTURES = {name: text for name, text in PAGES.items() if name.endswith(".svg")}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_page_says_what_it_is_not(name: str) -> None:
    text = " ".join(TEXTS[name].replace("\n>", " ").split())
    assert "Not legal advice; verify at the source." in text
    assert "No record is never a gap." in text
    assert "It is not the law, not a judgment about any person, and not complete." in text


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_no_page_says_that_something_is_allowed_or_somebody_is_at_fault(name: str) -> None:
    words = r"\b(is legal|illegal|lawful|guilty|(?:a|the) suspect|suspects|perpetrators?|offenders?)\b"
    told = re.sub(r"<https://[^>]*>", "", TEXTS[name])  # addresses are not our words
    assert re.search(words, told, re.IGNORECASE) is None


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_link_inside_the_pages_leads_somewhere(name: str) -> None:
    for page, anchor in re.findall(r"\]\(([a-z]*\.?(?:md)?)#([^)]+)\)", TEXTS[name]):
        target = TEXTS[f"reference/law/{page}"] if page else TEXTS[name]
        assert f'<a id="{anchor}"></a>' in target


def test_every_open_question_is_on_its_page() -> None:
    for version in load_records().versions:
        page = TEXTS[f"reference/law/{version.jurisdictions[0].split('-')[0].lower()}.md"]
        assert all(question.text in page and question.ask in page for question in version.open_questions)
        assert all(note in page for note in version.notes)


def test_a_record_without_a_text_that_was_read_says_so_on_its_page() -> None:
    section = TEXTS["reference/law/gb.md"].split('<a id="gb-sct-52"></a>')[1].split("###")[0]
    assert "**memory**, no text seen" in section
    assert "sources: **none**" in section


def test_a_verified_record_names_its_reviewer_on_the_page(tmp_path: Path) -> None:
    folder = zedland(tmp_path)
    change(folder / "zz" / "ZZ-11.toml", verified_on="2026-12-01", verified_by="A. Reader")
    records = read_folder(folder).records
    page = render_page(records, records.jurisdictions["ZZ"])
    assert "1 of 5 records have been verified by a named reviewer" in page
    assert "2026-12-01 by A. Reader" in page


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_every_picture_has_a_title_a_description_and_a_table_twin(name: str) -> None:
    root = ElementTree.fromstring(PICTURES[name])
    assert root.attrib["aria-labelledby"] == "title desc"
    home = load_records().jurisdictions[Path(name).stem.upper()]
    described = root.find(f"{SVG}desc")
    assert root.find(f"{SVG}title") is not None
    assert described is not None
    twin = TEXTS[name.replace(".svg", ".md")]
    for bar in find_bars(load_records(), home):
        assert bar.record in str(described.text)
        assert f"| [{bar.record}](#{bar.record.lower()}) | {bar.jurisdictions} | {bar.start} |" in twin


def test_the_matrix_has_a_row_for_every_jurisdiction_and_image_class() -> None:
    matrix = TEXTS["reference/law/matrix.md"]
    for code in load_records().codes:
        assert matrix.count(f"| [{code}](") == 4


def test_the_pages_in_the_documentation_are_those_of_the_records() -> None:
    docs = Path(__file__).parents[2] / "docs"
    stale = [name for name, text in PAGES.items() if (docs / name).read_text("utf-8") != text]
    assert stale == []


def test_the_same_records_make_the_same_pages() -> None:
    assert render_law_pages(load_records()) == PAGES


def test_the_readme_states_the_totals_of_the_records_with_their_day() -> None:
    readme = " ".join((Path(__file__).parents[2] / "README.md").read_text("utf-8").split())
    records = load_records()
    day = newest_day(records)
    assert f"On {day}: {figures_on(records, day).said}" in readme
