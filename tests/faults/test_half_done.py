"""Commands that died between two of their steps, and are called again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.case.exhibits import adding as exhibits
from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.exhibits.custody import show_custody
from fairlead.case.place.exhibits import list_exhibits
from fairlead.case.place.session import Session
from fairlead.case.upkeep.doctor import examine
from fairlead.terms.errors import UsageError


def wrong_in(session: Session) -> list[str]:
    return [said for check in examine(session) for said in check.found]


@pytest.mark.parametrize("dies_in", ["_record_custody", "Session.record"])
def test_an_exhibit_whose_adding_was_cut_off_gets_its_custody_record_and_ledger_entry_when_added_again(
    make_session: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    session = make_session()
    new = NewExhibit(number="AB/1", path=tmp_path / "exhibit", authority="order 1")
    new.path.mkdir()
    (new.path / "file.txt").write_text("text")

    def cut(*_: object, **__: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr(
            exhibits if dies_in == "_record_custody" else Session, dies_in.rpartition(".")[2], cut
        )
        with pytest.raises(InterruptedError):
            add_exhibit(session, new)
    assert any(
        "exhibit AB/1: in the table exhibits, and not in the ledger" in said for said in wrong_in(session)
    )
    add_exhibit(session, new)
    assert len(list_exhibits(session)) == 1
    assert len(show_custody(session, "AB/1")) == 1
    assert wrong_in(session) == []
    with pytest.raises(UsageError, match="there is an exhibit AB/1 already"):
        add_exhibit(session, new)


def test_an_exhibit_that_was_half_added_is_not_completed_with_other_bytes(
    make_session: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session()
    new = NewExhibit(number="AB/1", path=tmp_path / "exhibit.txt", authority="order 1")
    new.path.write_text("text")
    with monkeypatch.context() as patched:
        patched.delattr(exhibits, "_record_custody")
        with pytest.raises(NameError):
            add_exhibit(session, new)
    new.path.write_text("another text")
    with pytest.raises(UsageError, match="there is an exhibit AB/1 already"):
        add_exhibit(session, new)
