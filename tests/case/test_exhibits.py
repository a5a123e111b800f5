"""Exhibits are taken in with what they say of themselves, and read anew when a person gives more."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import py7zr
import pypdfium2
import pytest

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit, change_exhibit, find_acquisition
from fairlead.case.exhibits.custody import exhibit_report, render_report
from fairlead.case.log.ledger import verify_ledger
from fairlead.case.place.exhibits import opener_of
from fairlead.case.place.limits import evidence_limits, write_limits
from fairlead.case.place.session import Session
from fairlead.case.process import process
from fairlead.engine.catalogue import Catalogue
from fairlead.terms.errors import UsageError
from tests.evidence.build import ext4_image, note
from tests.evidence.ewf import ewf_of
from tests.evidence.test_documents import message
from tests.media.pictures import encode, scene

JPEG = encode(scene(200, 300, 8), "JPEG")
PASSWORD = "grey plover 40"


def taken_in(session: Session, path: Path, **more: object) -> dict[str, object]:
    return add_exhibit(session, NewExhibit(number="AB/1", path=path, authority="order 1", **more))  # type: ignore[arg-type]


def rows(session: Session, statement: str) -> list[dict[str, object]]:
    catalogue = Catalogue(session.store)
    try:
        return catalogue.rows(statement)
    finally:
        catalogue.close()


def test_the_digest_that_an_image_states_is_compared_with_its_sectors(
    make_session: Callable[..., Session], tmp_path: Path
) -> None:
    image = ext4_image(tmp_path / "fs.img", {"a.txt": note(1)}).read_bytes()
    whole = ewf_of(image)
    (tmp_path / "good.E01").write_bytes(whole)
    session = make_session()
    row = taken_in(session, tmp_path / "good.E01")
    acquisition = row["acquisition"]
    assert isinstance(acquisition, dict)
    assert acquisition["result"] == "equal"
    assert acquisition["media_bytes"] == len(image)
    assert {"name": "evidence_number", "value": "AB/1"} in acquisition["header"]
    assert find_acquisition(session, "AB/1") == acquisition
    noise = os.urandom(200 * 512)  # its second chunk of 32 KiB is stored as it is
    changed = bytearray(ewf_of(noise))
    changed[changed.index(noise[40_000:40_100])] ^= 1
    (tmp_path / "bad.E01").write_bytes(changed)
    other = taken_in(make_session(), tmp_path / "bad.E01")["acquisition"]
    assert isinstance(other, dict)
    assert other["result"] in {"different", "unreadable"}


def test_only_an_image_speaks_of_its_acquisition(
    make_session: Callable[..., Session], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(note(1))
    assert taken_in(make_session(), tmp_path / "a.txt")["acquisition"] is None


def test_a_password_given_later_opens_what_was_closed_and_stays_out_of_everything(
    make_session: Callable[..., Session], tmp_path: Path
) -> None:
    mail = message(1, {"pier.jpg": JPEG}).as_bytes()
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w", password=PASSWORD, header_encryption=True) as archive:
        archive.writestr(mail, "m.eml")
    image = ext4_image(tmp_path / "fs.img", {"in.7z": packed.getvalue()}).read_bytes()
    (tmp_path / "disk.E01").write_bytes(ewf_of(image))
    session = make_session()
    taken_in(session, tmp_path / "disk.E01")
    process(session, workers=1)
    closed = rows(session, "SELECT detail FROM files WHERE verdict = 'encrypted'")
    assert [row["detail"] for row in closed] == ["the list of members is encrypted; no password was given"]

    words = tmp_path / "words.txt"
    words.write_text(f"dunlin\n{PASSWORD}\n")
    changed = change_exhibit(session, "AB/1", passwords=words)
    process(session, workers=1)
    assert rows(session, "SELECT 1 FROM files WHERE verdict = 'encrypted'") == []
    (found,) = rows(session, "SELECT locator, path FROM files WHERE path LIKE '%pier.jpg'")
    assert str(found["locator"]).endswith("!member:0:m.eml!part:0:1:pier.jpg")
    (content,) = rows(session, "SELECT verdict, exhibit, locator FROM contents WHERE family = 'picture'")
    assert content["verdict"] == "decoded"
    with opener_of(session)("AB/1", str(content["locator"])) as descriptor:
        assert os.pread(descriptor, len(JPEG) + 1, 0) == JPEG

    (opened,) = rows(session, "SELECT detail FROM files WHERE path LIKE '%m.eml'")
    assert opened["detail"] == f"opened with password 2 of the list {str(changed['passwords_digest'])[:12]}"
    assert verify_ledger(session.workspace).findings == ()
    for part in (session.workspace.root / "operations").rglob("*"):
        assert not part.is_file() or PASSWORD.encode() not in part.read_bytes()
    kept = [
        p for p in session.workspace.root.rglob("*") if p.is_file() and PASSWORD.encode() in p.read_bytes()
    ]
    assert [p.parent.name for p in kept] == ["passwords"]
    assert [p.stat().st_mode & 0o777 for p in kept] == [0o600]


def test_the_report_for_court_says_how_the_image_was_acquired_and_under_which_limits(
    make_session: Callable[..., Session], tmp_path: Path
) -> None:
    image = ext4_image(tmp_path / "fs.img", {"a.txt": note(1)}).read_bytes()
    (tmp_path / "good.E01").write_bytes(ewf_of(image))
    session = make_session()
    taken_in(session, tmp_path / "good.E01", carve=True)
    process(session, workers=1)
    report = exhibit_report(session, "AB/1")
    pdf = pypdfium2.PdfDocument(render_report(report))
    text = " ".join(page.get_textpage().get_text_range() for page in pdf)
    assert "The digests of the sectors are those that the image states." in text
    assert "officer 17" in text
    assert "not examined" in text
    assert "searched" in text
    assert str(tmp_path) not in text


def test_limits_are_a_file_that_a_person_can_change(
    make_session: Callable[..., Session], tmp_path: Path
) -> None:
    session = make_session()
    path = write_limits(session.workspace)
    before = evidence_limits(session.workspace)
    path.write_text(path.read_text().replace("depth = 6", "depth = 2"))
    after = evidence_limits(session.workspace)
    assert (before.depth, after.depth) == (6, 2)
    assert before.version != after.version
    with pytest.raises(UsageError):
        write_limits(session.workspace)
    for wrong in ("dept = 2", "depth = -1", "depth = 'x'", "depth = 1.5", "depth = true", "]["):
        path.write_text(wrong + "\n")
        with pytest.raises(UsageError):
            evidence_limits(session.workspace)


@pytest.mark.parametrize("alike", ["nsk/1", "NSK/\u0661", "Nsk/1"])
def test_a_number_that_reads_like_that_of_another_exhibit_is_refused(
    make_session, tmp_path, alike: str
) -> None:
    session = make_session()
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    add_exhibit(session, NewExhibit(path=tmp_path / "a.txt", number="NSK/1", authority="order"))
    with pytest.raises(UsageError, match="would take the two for one"):
        add_exhibit(session, NewExhibit(path=tmp_path / "b.txt", number=alike, authority="order"))
