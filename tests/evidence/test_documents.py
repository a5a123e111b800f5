"""Mail, PDF and Office files are containers too: what is attached or embedded has an origin of its own."""

from __future__ import annotations

import hashlib
import io
import os
import random
import zlib
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.readers.entry import Given, Reader, Stop
from fairlead.evidence.readers.mail import MailReader
from fairlead.evidence.readers.ole import OleReader, PicturesReader
from fairlead.evidence.readers.pdf import PdfReader
from fairlead.evidence.sniff import Container, sniff
from tests.evidence.build import note, process, zip_of
from tests.evidence.ole import ole_of
from tests.media.pictures import encode, scene

JPEG, PNG = encode(scene(60, 80, 1), "JPEG"), encode(scene(50, 70, 2), "PNG")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def by_path(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    assert all(row["verdict"] for row in rows)
    assert len({row["locator"] for row in rows}) == len(rows)
    return {row["path"]: row for row in rows}


def message(
    number: int, attachments: dict[str, bytes], *, inside: EmailMessage | None = None
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "harbour@example.org", "pier@example.net"
    mail["Subject"] = f"View {number}"
    mail["Date"] = "Tue, 03 Feb 2026 10:00:00 +0100"
    mail.set_content("The tide tables.\nFrom now on twice a week.\n")
    for name, data in attachments.items():
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    if inside is not None:
        mail.add_attachment(inside)
    return mail


def mbox_of(messages: list[EmailMessage]) -> bytes:
    return b"".join(
        b"From harbour@example.org Tue Feb  3 10:00:00 2026\n"
        + mail.as_bytes().replace(b"\nFrom ", b"\n>From ")
        + b"\n"
        for mail in messages
    )


def test_an_attachment_of_a_mail_has_its_bytes_and_its_place(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(message(1, {"pier.jpg": JPEG}).as_bytes(policy=SMTP))
    rows = by_path(process(tmp_path))
    attached = rows["m.eml!pier.jpg"]
    assert attached["sha256"] == sha256(JPEG)
    assert attached["locator"] == "path:m.eml!part:0:1:pier.jpg"
    assert attached["modified_at"].isoformat() == "2026-02-03T09:00:00+00:00"
    assert "Date field" in attached["time_source"]
    assert rows["m.eml"]["verdict"] == "read"
    assert "m.eml!part-0.txt" in rows


def test_every_message_of_an_mbox_is_opened_and_messages_in_messages(tmp_path: Path) -> None:
    inner = message(9, {"deep.png": PNG})
    mails = [message(n, {f"{n}.bin": note(n)}) for n in range(5)] + [message(7, {}, inside=inner)]
    (tmp_path / "all.mbox").write_bytes(mbox_of(mails))
    rows = by_path(process(tmp_path / "all.mbox"))
    assert [rows[f"all.mbox!{n}.bin"]["sha256"] for n in range(5)] == [sha256(note(n)) for n in range(5)]
    assert rows["all.mbox!deep.png"]["sha256"] == sha256(PNG)
    assert rows["all.mbox!deep.png"]["locator"] == "part:5:2:deep.png"
    assert sum(row["path"].endswith("part-0.txt") for row in rows.values()) == 1 or len(rows) >= 13


def test_a_picture_in_a_zip_in_a_mail_in_a_zip(tmp_path: Path) -> None:
    mail = message(1, {"in.zip": zip_of({"pier.jpg": JPEG})}).as_bytes()
    (tmp_path / "o.zip").write_bytes(zip_of({"m.eml": mail}))
    assert by_path(process(tmp_path / "o.zip"))["m.eml!in.zip!pier.jpg"]["sha256"] == sha256(JPEG)


def test_a_message_above_the_limit_is_a_row_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.mbox").write_bytes(
        mbox_of([message(0, {"big": os.urandom(90_000)}), message(1, {"s": b"x"})])
    )
    rows = by_path(process(tmp_path / "a.mbox", EvidenceLimits(message_bytes=50_000)))
    assert rows["a.mbox!message"]["verdict"] == "limit"
    assert rows["a.mbox!s"]["verdict"] == "read"


def test_a_text_about_mail_is_no_mail() -> None:
    assert sniff(b"From: here to there\nthe road is long\nSubject: nothing\n") is None
    assert sniff(b"key: value\nother: value\nthird: value\n") is None
    assert sniff(message(1, {}).as_bytes()) is Container.MAIL


def pdf_of(**save: Any) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    jpeg = pikepdf.Stream(pdf, JPEG, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=80, Height=60,
                          ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode)  # fmt: skip
    pixels = scene(30, 40, 5).tobytes()
    mask = pikepdf.Stream(pdf, zlib.compress(bytes(1200)), Subtype=pikepdf.Name.Image, Width=40, Height=30,
                          ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8, Filter=pikepdf.Name.FlateDecode)  # fmt: skip
    bare = pikepdf.Stream(pdf, zlib.compress(pixels), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
                          Width=40, Height=30, ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8,
                          Filter=pikepdf.Name.FlateDecode, SMask=pdf.make_indirect(mask))  # fmt: skip
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=jpeg, B=bare))
    pdf.attachments["plan.zip"] = pikepdf.AttachedFileSpec(
        pdf, zip_of({"pier.png": PNG}), filename="plan.zip"
    )
    target = io.BytesIO()
    pdf.save(target, **save)
    return target.getvalue()


PDF = pdf_of()


def test_a_jpeg_in_a_pdf_comes_out_byte_for_byte_and_pixels_as_png(tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(PDF)
    rows = process(tmp_path)
    by_path(rows)
    found = {row["sha256"]: row for row in rows}
    jpeg = found[sha256(JPEG)]
    assert jpeg["locator"].startswith("path:plan.pdf!object:")
    assert jpeg["path"].endswith(".jpg")
    (wrapped,) = [row for row in rows if row["path"].endswith(".png") and "plan.zip" not in row["path"]]
    assert "bare pixels" in wrapped["detail"]
    assert found[sha256(PNG)]["path"].endswith("plan.zip!pier.png")
    assert len(rows) == 5  # the document, two pictures, the attachment and what is in it; no mask


def test_a_jpeg_packed_once_more_comes_out_as_jpeg(tmp_path: Path) -> None:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    packed = pikepdf.Stream(pdf, zlib.compress(JPEG), Subtype=pikepdf.Name.Image, Width=80, Height=60,
                            Filter=[pikepdf.Name.FlateDecode, pikepdf.Name.DCTDecode])  # fmt: skip
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=packed))
    pdf.save(tmp_path / "f.pdf")
    assert process(tmp_path / "f.pdf")[1]["sha256"] == sha256(JPEG)


@pytest.mark.parametrize(
    ("space", "bits", "row_bytes"), [("DeviceCMYK", 8, 32), ("DeviceGray", 1, 1), ("DeviceGray", 8, 8)]
)
def test_pixels_of_other_kinds_become_png_too(tmp_path: Path, space: str, bits: int, row_bytes: int) -> None:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    data = random.Random(4).randbytes(row_bytes * 6)
    bare = pikepdf.Stream(pdf, zlib.compress(data), Subtype=pikepdf.Name.Image, Width=8, Height=6,
                          ColorSpace=pikepdf.Name("/" + space), BitsPerComponent=bits, Filter=pikepdf.Name.FlateDecode)  # fmt: skip
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=bare))
    pdf.save(tmp_path / "f.pdf")
    assert [row["verdict"] for row in process(tmp_path / "f.pdf")] == ["read", "read"]


def test_an_encrypted_pdf_opens_with_a_password_of_the_list(tmp_path: Path) -> None:
    data = pdf_of(encryption=pikepdf.Encryption(owner="o", user="plover"))
    (tmp_path / "p.pdf").write_bytes(data)
    closed = process(tmp_path / "p.pdf")
    assert [row["verdict"] for row in closed] == ["read", "encrypted"]
    rows = process(tmp_path / "p.pdf", passwords=["dunlin", "plover"])
    (jpeg,) = [row for row in rows if row["sha256"] == sha256(JPEG)]
    assert "password 2 of the list" in jpeg["detail"]


def test_a_pdf_picture_that_declares_too_much_is_a_limit(tmp_path: Path) -> None:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    huge = pikepdf.Stream(pdf, zlib.compress(bytes(100)), Subtype=pikepdf.Name.Image, Width=60000, Height=60000,
                          ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8, Filter=pikepdf.Name.FlateDecode)  # fmt: skip
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=huge))
    pdf.save(tmp_path / "h.pdf")
    assert [row["verdict"] for row in process(tmp_path / "h.pdf")] == ["read", "limit"]


OLE = ole_of(
    {"WordDocument": note(1, 5000), "Pictures": note(2, 25) + JPEG + note(3, 8) + PNG, "Attached": PNG}
)


def test_pictures_in_an_old_office_file_are_found_in_its_streams(tmp_path: Path) -> None:
    (tmp_path / "old.doc").write_bytes(OLE)
    rows = process(tmp_path)
    assert {row["path"] for row in rows} >= {"old.doc!WordDocument", "old.doc!Pictures", "old.doc!Attached"}
    by_path(rows)
    inside = [row for row in rows if row["path"].startswith("old.doc!Pictures!")]
    assert [row["sha256"] for row in inside] == [sha256(JPEG), sha256(PNG)]
    assert inside[0]["locator"].startswith("path:old.doc!member:1:Pictures!range:25:")


def test_pictures_in_a_new_office_file_are_members_of_its_zip(tmp_path: Path) -> None:
    (tmp_path / "new.docx").write_bytes(
        zip_of({"word/document.xml": b"<w/>", "word/media/image1.jpeg": JPEG})
    )
    assert by_path(process(tmp_path))["new.docx!word/media/image1.jpeg"]["sha256"] == sha256(JPEG)


MBOX = mbox_of([message(1, {"pier.jpg": JPEG}), message(2, {}, inside=message(3, {"x.png": PNG}))])
READERS: dict[str, tuple[bytes, Callable[[int], Reader]]] = {
    "mail": (MBOX, lambda descriptor: MailReader(descriptor, Given(), many=True)),
    "ole": (OLE, lambda descriptor: OleReader(descriptor, Given())),
    "pictures": (OLE, lambda descriptor: PicturesReader(descriptor, Given())),
    "pdf": (PDF, lambda descriptor: PdfReader(descriptor, Given())),
}


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 2**32))
@example(seed=223725)  # sectors of 2 to the power of 60 octets
def test_a_changed_document_is_read_or_refused_never_an_accident(name: str, seed: int) -> None:
    whole, opened = READERS[name]
    chance = random.Random(seed)
    data = bytearray(whole[: chance.randint(1, len(whole))] if chance.random() < 0.3 else whole)
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    descriptor = os.memfd_create("sample")
    os.write(descriptor, data)
    verdicts = set()
    try:
        reader = opened(descriptor)
        for entry in reader.entries():
            if entry is None or entry.verdict is not None:
                continue
            numbers = {
                key: getattr(entry, key)
                for key in ("index", "message", "number", "generation", "start", "end")
            }
            with suppress(Stop):
                reader.copy({"kind": entry.kind, **numbers}, lambda chunk: None)
    except Stop as stop:
        verdicts.add(stop.verdict)
    finally:
        os.close(descriptor)
    assert verdicts <= {"damaged", "encrypted", "limit", "unreadable"}


def test_the_png_of_bare_pixels_has_those_pixels(tmp_path: Path) -> None:
    descriptor = os.memfd_create("sample")
    os.write(descriptor, PDF)
    reader = PdfReader(descriptor, Given())
    (entry,) = [entry for entry in reader.entries() if entry is not None and entry.path.endswith(b".png")]
    data = io.BytesIO()
    reader.copy({"number": entry.number, "generation": entry.generation}, data.write)
    assert Image.open(data).convert("RGB").tobytes() == scene(30, 40, 5).tobytes()
