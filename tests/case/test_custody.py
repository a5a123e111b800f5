"""Exhibits in and out: custody that follows, digests that are compared, a report that can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.exhibits.custody import (
    Handover,
    exhibit_report,
    record_handover,
    render_report,
    show_custody,
    verify_exhibit,
)
from fairlead.case.place.exhibits import check_unchanged, list_exhibits
from fairlead.case.place.session import Session
from fairlead.terms.custody import CustodyEvent
from fairlead.terms.errors import RunError, UsageError


@pytest.fixture
def session(make_session: Callable[..., Session], tmp_path: Path) -> Session:
    made = make_session()
    folder = tmp_path / "exhibit"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    add_exhibit(made, NewExhibit(number="AB/1", path=folder, authority="order 1", handling="H0+H1"))
    return made


def handover(event: CustodyEvent, number: str = "AB/1") -> Handover:
    return Handover(exhibit=number, event=event, reason="imaging", counter_party="lab", location="store 2")


def test_receiving_is_the_first_custody_event_and_names_the_digest(session: Session) -> None:
    events = show_custody(session, "AB/1")
    assert [e["event"] for e in events] == ["receive"]
    assert events[0]["sha256"] == list_exhibits(session)[0]["sha256"]
    assert events[0]["authority"] == "order 1"


def test_what_goes_out_comes_back_before_it_goes_anywhere_else(session: Session) -> None:
    record_handover(session, handover(CustodyEvent.CHECK_OUT))
    with pytest.raises(UsageError, match="CUSTODY-ORDER"):
        record_handover(session, handover(CustodyEvent.TRANSFER))
    record_handover(session, handover(CustodyEvent.CHECK_IN))
    record_handover(session, handover(CustodyEvent.TRANSFER))
    record_handover(session, handover(CustodyEvent.RETURN))
    assert [e["event"] for e in show_custody(session, "AB/1")] == [
        "receive",
        "check_out",
        "check_in",
        "transfer",
        "return",
    ]


def test_what_is_not_away_cannot_come_back(session: Session) -> None:
    with pytest.raises(UsageError, match="not away"):
        record_handover(session, handover(CustodyEvent.CHECK_IN))


def test_a_changed_exhibit_is_found_noted_and_stops_processing(session: Session) -> None:
    assert verify_exhibit(session, "AB/1")["equal"]
    (Path(list_exhibits(session)[0]["path"]) / "a.txt").write_text("b")
    assert not verify_exhibit(session, "AB/1")["equal"]
    assert "DIFFERENT" in show_custody(session, "AB/1")[-1]["reason"]
    with pytest.raises(RunError, match="AB/1"):
        check_unchanged(session)


def test_a_number_is_given_once_and_h3_needs_its_text(session: Session, tmp_path: Path) -> None:
    folder = Path(list_exhibits(session)[0]["path"])
    with pytest.raises(UsageError, match="already"):
        add_exhibit(session, NewExhibit(number="AB/1", path=folder, authority="x"))
    with pytest.raises(UsageError, match="H3"):
        add_exhibit(session, NewExhibit(number="AB/2", path=folder, authority="x", handling="H0+H3"))
    with pytest.raises(UsageError, match="EVIDENCE-001"):
        add_exhibit(session, NewExhibit(number="AB/3", path=tmp_path / "nothing", authority="x"))


def test_the_report_says_custody_tools_and_sandbox(session: Session) -> None:
    record_handover(session, handover(CustodyEvent.CHECK_OUT))
    pages = pypdfium2.PdfDocument(render_report(exhibit_report(session, "AB/1")))
    text = "\n".join(page.get_textpage().get_text_range() for page in pages)
    for words in ("AB/1", "order 1", "check out", "imaging", "pytsk3", "has not been processed"):
        assert words in text


def test_an_exhibit_that_is_not_there_is_wrong_usage(session: Session) -> None:
    with pytest.raises(UsageError, match="no exhibit XY/9"):
        show_custody(session, "XY/9")
