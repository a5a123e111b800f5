"""Leaks planted in finished packages: signed, with manifests that agree, as whoever has the keys could make them.

Every one is found, where it stands; nothing is found in clean packages of nineteen countries.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest

from fairlead.leads.case_uco import render_case
from fairlead.leads.document import EvidenceItem, LeadDocument
from fairlead.leads.dsse import sign_statement
from fairlead.leads.egress.allowed import Allowed, allow
from fairlead.leads.egress.check import check_egress
from fairlead.leads.egress.printed import check_printed
from fairlead.leads.material import HashRow
from fairlead.leads.package import PackagePlan
from fairlead.leads.pdf import render_lead
from fairlead.terms.countries import PARTICIPANTS
from fairlead.terms.errors import ItemError
from fairlead.terms.names import CountryCode
from tests.leads.builders import (
    AT,
    LOG_KEY,
    OFFICERS,
    PREPARER,
    RELEASER,
    SWEDEN,
    allowed_by,
    closed_by_hand,
    lead,
    payload_of,
    plan,
    proof_file,
    sealed,
    statement,
)
from tests.leads.opened import open_here

SE = "L-SE-0000000001"
STRANGER = "other.person@example.net"
CONSENT = "b" * 64
FREE = "a" * 64
# The first bytes of files of many kinds, and then nothing: no picture or film is in them.
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x11" * 64
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 64
GIF = b"GIF89a\x01\x00\x01\x00" + b"\x00" * 32
WEBP = b"RIFF\x40\x00\x00\x00WEBPVP8 " + b"\x00" * 64
BMP = b"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00" + b"\x01" * 40
TIFF = b"II*\x00\x08\x00\x00\x00" + b"\x01" * 40
HEIF = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00" + b"\x01" * 40
MATROSKA = b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska" + b"\x01" * 40
JXL = b"\x00\x00\x00\x0cJXL \r\n\x87\n" + b"\x01" * 40


def german() -> LeadDocument:
    """A lead of another country, about another person."""
    return lead(
        lead="L-DE-0000000002",
        country="DE",
        person="P-2222222222",
        statements=[statement(about="P-2222222222", value=STRANGER, text=f"Email {STRANGER}.")],
    )


def swedish() -> LeadDocument:
    return lead(
        handling="H0+H1",
        statements=[
            statement(),
            statement(id="S-2", of="ip", value="192.0.2.7", text="IP address 192.0.2.7, as account user."),
            statement(
                id="S-3",
                section="material",
                of="contents",
                value="2",
                text="The account fetched 2 files.",
                related=[FREE],
            ),
            statement(
                id="S-4",
                section="legal",
                kind="assessment",
                of="law",
                value="SE/a/b/c",
                text="SE: possible. " + "To be answered by a lawyer, with care and at length. " * 20,
                origins=["NSK/3:inode:1:12:/a.sql#bytes=0-9"] * 30,
            ),
        ],
    )


def swedish_plan() -> PackagePlan:
    rows = (
        HashRow(sha256=FREE, sets=("open",), releases=("releasable",)),
        HashRow(sha256=CONSENT, sets=("kept",), releases=("originator-consent",)),
    )
    return plan(swedish(), material={SE: rows})


Payload = dict[str, bytes]
Plant = Callable[[Payload], Payload]


def replaced(path: str, old: str, new: str) -> Plant:
    def change(files: Payload) -> Payload:
        changed = files[path].replace(old.encode(), new.encode())
        assert changed != files[path], "the plant has to change something"
        return {**files, path: changed}

    return change


def appended(path: str, more: bytes) -> Plant:
    return lambda files: {**files, path: files[path] + more}


def added(path: str, data: bytes) -> Plant:
    return lambda files: {**files, path: data}


def in_json(path: str, change: Callable[[Any], Any]) -> Plant:
    def plant(files: Payload) -> Payload:
        value = json.loads(files[path])
        change(value)
        return {**files, path: (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()}

    return plant


def in_lead(change: Callable[[Any], Any]) -> Plant:
    return in_json(f"leads/{SE}/lead.json", change)


def in_pdf(change: Callable[[pikepdf.Pdf], Any]) -> Plant:
    """The printed lead written again with a change, and with the digests that it had: nothing but the change differs."""

    def plant(files: Payload) -> Payload:
        path = f"leads/{SE}/lead.pdf"
        written = io.BytesIO()
        with pikepdf.open(io.BytesIO(files[path])) as document:
            change(document)
            document.save(written, fix_metadata_version=False)
        digests = re.search(rb"/ID\[.*?\]", files[path])
        assert digests
        again = re.sub(rb"/ID \[.*?\](?= )", lambda _: digests.group(), written.getvalue())
        return {**files, path: again}

    return plant


def on_a_page(drawn: bytes) -> Plant:
    """Something more in what draws the first page."""

    def change(document: pikepdf.Pdf) -> None:
        page = document.pages[0]
        page.Contents = document.make_stream(page.Contents.read_bytes() + drawn)

    return in_pdf(change)


def in_bytes(old: bytes, new: bytes) -> Plant:
    """Other bytes of the same length in the printed lead, so that every object stays where it is."""

    def change(files: Payload) -> Payload:
        path = f"leads/{SE}/lead.pdf"
        assert len(old) == len(new)
        assert old in files[path]
        return {**files, path: files[path].replace(old, new, 1)}

    return change


def with_object(data: bytes, held: bytes) -> bytes:
    """A PDF with one object more, which its table and trailer count."""
    at, last = data.rfind(b"xref\n0 "), int(re.findall(rb"/Size (\d+)", data)[-1])
    more = b"%d 0 obj\n%s\nendobj\n\n" % (last, held)
    tail = data[at:].replace(b"0 %d\n" % last, b"0 %d\n" % (last + 1), 1).replace(
        b"trailer", b"%010d 00000 n\r\ntrailer" % at
    )  # fmt: skip
    tail = tail.replace(b"/Size %d" % last, b"/Size %d" % (last + 1))
    return data[:at] + more + re.sub(rb"startxref\n\d+", b"startxref\n%d" % (at + len(more)), tail)


def in_stream(kind: str, change: Callable[[bytes], bytes]) -> Plant:
    """Another content of the first stream of a kind: ``Metadata``, ``CMap``, or the key that leads to it."""

    def plant(document: pikepdf.Pdf) -> None:
        for one in document.objects:
            if isinstance(one, pikepdf.Stream) and str(one.get("/Type", "")) == f"/{kind}":
                one.write(change(one.read_bytes()))
                return
            if isinstance(one, pikepdf.Dictionary) and f"/{kind}" in one:
                one[f"/{kind}"].write(change(one[f"/{kind}"].read_bytes()))
                return
        raise AssertionError(kind)

    return in_pdf(plant)


def of_type(kind: str, change: Callable[[Any], Any]) -> Plant:
    """A change of the first object of a type."""

    def plant(document: pikepdf.Pdf) -> None:
        change(
            next(
                one
                for one in document.objects
                if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == kind
            )
        )

    return in_pdf(plant)


def printed(**changes: Any) -> Plant:
    """The PDF of a lead that says something else than the lead beside it."""
    return lambda files: {
        **files,
        f"leads/{SE}/lead.pdf": render_lead(swedish().model_copy(update=changes)),
    }


def with_statement(**changes: Any) -> list[Any]:
    return [*swedish().statements, statement(id="S-9", **changes)]


def picture(document: pikepdf.Pdf, data: bytes, **entries: Any) -> None:
    page = document.pages[0]
    page.Resources.XObject = pikepdf.Dictionary(
        {"/P": document.make_stream(data, Type=pikepdf.Name.XObject, **entries)}
    )


def file_in(document: pikepdf.Pdf, data: bytes) -> None:
    document.attachments["n.txt"] = data


def inline(document: pikepdf.Pdf) -> None:
    drawn = b"\nq BI /W 1 /H 1 /CS /G /BPC 8 ID \x00 EI Q\n"
    document.pages[0].contents_add(document.make_stream(drawn))


def put(document: pikepdf.Pdf, key: str, value: Any) -> None:
    document.Root[key] = value


def zipped(data: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.txt", data)
    return written.getvalue()


def tarred(data: bytes) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        member = tarfile.TarInfo("a")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return written.getvalue()


def row_of_stranger(handling: str = "H0") -> bytes:
    return f"{SE},P-1,email,{STRANGER},Email.,,,X,4,{handling},NSK/3:inode:1:12:/a.sql#bytes=0-9\r\n".encode()


PDF, JSON, CASE = f"leads/{SE}/lead.pdf", f"leads/{SE}/lead.json", f"leads/{SE}/lead.case.jsonld"

PAYLOAD: dict[str, tuple[str, Plant]] = {
    # Another country's person, file by file.
    "another person in the printed lead": (PDF, printed(statements=with_statement(text=STRANGER))),
    "another country's printed lead": (PDF, added(PDF, render_lead(german()))),
    "another country's CASE": (CASE, added(CASE, render_case(german()).encode())),
    "another country's lead.json": (JSON, added(JSON, german().to_json().encode())),
    "a whole lead of another country": (
        "name is not allowed",
        added("leads/L-DE-0000000002/lead.json", german().to_json().encode()),
    ),
    "another person in the covering text": ("cover.txt", replaced("cover.txt", "training", f"about {STRANGER}")),
    "another person after the covering text": ("cover.txt", appended("cover.txt", STRANGER.encode())),
    "another person in the evidence": ("evidence.csv", replaced("evidence.csv", "server", f"of {STRANGER}")),
    "another exhibit in the evidence": (
        "evidence.csv",
        appended("evidence.csv", b"DE/9,image," + b"1" * 64 + b",order,H0,2026-01-01T00:00:00+00:00,x\r\n"),
    ),
    "another person in the cover's purpose": (
        "package.json",
        in_json("package.json", lambda v: v.update(purpose=f"about {STRANGER}")),
    ),
    "another person in a new entry of the cover": (
        "package.json",
        in_json("package.json", lambda v: v.update(note=STRANGER)),
    ),
    "another lead in the cover's list": (
        "package.json",
        in_json("package.json", lambda v: v["leads"].append("L-DE-0000000002")),
    ),
    "a second meaning of a key of the cover": (
        "package.json",
        replaced("package.json", '"format":', f'"format": "{STRANGER}",\n "format":'),
    ),
    "another country in the cover": ("package.json", in_json("package.json", lambda v: v.update(to="FI"))),
    "a stranger's selector under the country's lead": (
        "selectors.csv",
        appended("selectors.csv", row_of_stranger()),
    ),
    "a Norwegian selector under the country's lead": (
        "selectors.csv",
        appended("selectors.csv", row_of_stranger().replace(STRANGER.encode(), b"+47 22 00 00 00")),
    ),
    "an H3 selector under the country's lead": (
        "selectors.csv",
        appended("selectors.csv", row_of_stranger("H0+H3")),
    ),
    "an own selector under another handling code": (
        "selectors.csv",
        replaced("selectors.csv", ",X,4,H0,", ",X,4,H0+H3,"),
    ),
    "a selector of a lead that is not inside": (
        "selectors.csv",
        appended("selectors.csv", row_of_stranger().replace(SE.encode(), b"L-DE-0000000002")),
    ),
    "a held person in the selectors": (
        "selectors.csv",
        appended("selectors.csv", row_of_stranger().replace(b"P-1,", b"P-held000001,")),
    ),
    "a cell too many": ("selectors.csv", replaced("selectors.csv", "bytes=0-9\r\n", f"bytes=0-9,{STRANGER}\r\n")),
    "a head that says something": ("selectors.csv", replaced("selectors.csv", "origins\r", f"{STRANGER}\r")),
    "two own cells that do not belong together": (
        "selectors.csv",
        replaced("selectors.csv", "email,someone@example.org", "email,192.0.2.7"),
    ),
    "a hash that needs its originator's consent": (
        "hashes.csv",
        appended("hashes.csv", f"{SE},{CONSENT},kept\r\n".encode()),
    ),
    "a hash that nobody approved": ("hashes.csv", appended("hashes.csv", f"{SE},{'d' * 64},\r\n".encode())),
    "a hash under another list": ("hashes.csv", replaced("hashes.csv", ",open", ",kept")),
    "a hash of a lead that is not inside": (
        "hashes.csv",
        appended("hashes.csv", f"L-DE-0000000002,{FREE},open\r\n".encode()),
    ),
    "words in the schema": ("lead.schema.json", replaced("lead.schema.json", "Stable id", STRANGER)),
    # Inside the lead.
    "a statement that nobody approved": (
        JSON,
        in_lead(lambda v: v["statements"].append({**v["statements"][0], "id": "S-9", "value": STRANGER})),
    ),
    "one letter of an approved statement": (JSON, replaced(JSON, "someone@", "someune@")),
    "another text of a request": (JSON, in_lead(lambda v: v.update(requests=[STRANGER]))),
    "an entry that the schema does not have": (JSON, in_lead(lambda v: v.update(note=STRANGER))),
    "a related person of another country": (
        JSON,
        in_lead(
            lambda v: v["related"].append(
                {"person": "P-2222222222", "grade": "possible", "names_person": False, "relation": "payer"}
            )
        ),
    ),
    "H2 for the whole lead": (JSON, in_lead(lambda v: v.update(handling="H0+H1+H2"))),
    "an H2 exhibit": (JSON, in_lead(lambda v: v["evidence"][0].update(handling="H0+H2"))),
    "a name that the grade does not allow": (
        JSON,
        in_lead(lambda v: v["statements"][0].update(section="subject", of="name", value="Some One")),
    ),
    "the law of another country": (JSON, in_lead(lambda v: v["statements"][3].update(value="FI/a"))),
    "the digest of a content no list lets go": (
        JSON,
        in_lead(lambda v: v["statements"][2].update(related=[FREE, CONSENT])),
    ),
    "a second value of a key of the lead": (JSON, replaced(JSON, '"lead":', f'"lead": "{STRANGER}",\n "lead":')),
    # CASE.
    "another name in CASE": (CASE, in_json(CASE, lambda v: v["@graph"][0].update({"uco-core:name": "P-2222222222"}))),
    "another node in CASE": (
        CASE,
        in_json(CASE, lambda v: v["@graph"].append({"uco-core:description": STRANGER})),
    ),
    "a key of CASE that says something": (CASE, in_json(CASE, lambda v: v["@graph"][0].update({STRANGER: 1}))),
    "an address in the context of CASE": (
        CASE,
        in_json(CASE, lambda v: v["@context"].update(kb=f"https://example.net/{STRANGER}")),
    ),
    # Inside the PDF.
    "a picture in the printed lead": (
        PDF,
        in_pdf(lambda d: picture(d, JPEG, Subtype=pikepdf.Name.Image, Filter=pikepdf.Name.DCTDecode)),
    ),
    "raw pixels in the printed lead": (
        PDF,
        in_pdf(lambda d: picture(d, b"\x00" * 48, Subtype=pikepdf.Name.Image, Width=4, Height=4)),
    ),
    "a picture without a kind in the printed lead": (PDF, in_pdf(lambda d: put(d, "/Zz", d.make_stream(PNG)))),
    "a compressed film in the printed lead": (
        PDF,
        in_pdf(lambda d: put(d, "/Zz", d.make_stream(b"\x00" * 99 + MATROSKA))),
    ),
    "a picture drawn inside a page": (PDF, in_pdf(inline)),
    "an attachment": (PDF, in_pdf(lambda d: file_in(d, STRANGER.encode()))),
    "a title that is not the lead's": (PDF, in_pdf(lambda d: d.docinfo.update({"/Title": STRANGER}))),
    "a name inside the PDF": (PDF, in_pdf(lambda d: put(d, "/Zz", pikepdf.Name(f"/{STRANGER}")))),
    "a text inside the PDF": (PDF, in_pdf(lambda d: put(d, "/Zz", pikepdf.String("Another Person")))),
    "metadata inside the PDF": (
        PDF,
        in_pdf(lambda d: put(d, "/Metadata", d.make_stream(b"<x>Another Person</x>", Type=pikepdf.Name.Metadata))),
    ),
    "a program inside the PDF": (
        PDF,
        in_pdf(lambda d: put(d, "/OpenAction", pikepdf.Dictionary(S=pikepdf.Name.JavaScript))),
    ),
    "a remark beside the objects of the PDF": (PDF, replaced(PDF, "\ntrailer\n", f"\n% {STRANGER}\ntrailer\n")),
    "a picture after the end of the PDF": (PDF, appended(PDF, b"\n" + JPEG)),
    "words after the end of the PDF": (PDF, appended(PDF, b"\nAnother Person\n")),
    "an archive before the beginning of the PDF": (
        PDF,
        lambda files: {**files, PDF: zipped(b"x") + files[PDF]},
    ),
    "another statement in the PDF alone": (
        PDF,
        printed(statements=with_statement(section="conduct", text="Another Person paid.")),
    ),
    "another exhibit in the PDF alone": (
        PDF,
        printed(
            evidence=[
                *swedish().evidence,
                EvidenceItem(
                    exhibit="DE/9", kind="phone", sha256="1" * 64, authority="order", handling="H0", received_at=AT,
                    description="",
                ),
            ]
        ),
    ),
    # Pictures, films and archives as files.
    "a picture as a file": ("name is not allowed", added("leads/x.jpg", JPEG)),
    "a picture called a text": ("notes.txt", added("notes.txt", PNG)),
    "a film called a text": ("notes.txt", added("notes.txt", MATROSKA)),
    "a picture after one byte": ("cover.txt", added("cover.txt", b"x" + JPEG)),
    "a picture after the covering text": ("cover.txt", appended("cover.txt", WEBP)),
    "an archive after a table": ("selectors.csv", appended("selectors.csv", zipped(b"x"))),
    "a picture as base64 in a table": ("evidence.csv", replaced("evidence.csv", "server", base64.b64encode(JPEG).decode())),
    "a picture as hexadecimal digits": ("cover.txt", appended("cover.txt", (GIF + b"\x00" * 90).hex().encode())),
    "a packed file": ("notes.json", added("notes.json", gzip.compress(b"x" * 400))),
    "an archive of files": ("notes.csv", added("notes.csv", tarred(b"x"))),
    "a bitmap": ("notes.json", added("notes.json", BMP)),
    "a TIFF": ("notes.json", added("notes.json", TIFF)),
    "a HEIF": ("notes.json", added("notes.json", HEIF)),
    "a JPEG XL": ("notes.json", added("notes.json", JXL)),
    "a person's name as the name of a file": ("name is not allowed", added("Another_Person.txt", b"")),
}  # fmt: skip

_JSON, _CASE = f"data/leads/{SE}/lead.json", f"leads/{SE}/lead.case.jsonld"
PAYLOAD |= {
    "a number with more digits than it needs": (
        "lead.json", replaced(_JSON.removeprefix("data/"), '"version": 1,', '"version": 1.00000000000000000000046701999888,'),
    ),
    "a truth that is a number": (
        "lead.json", replaced(_JSON.removeprefix("data/"), '"names_person": false', '"names_person": 0'),
    ),
    "blanks behind a lead": ("lead.json", appended(_JSON.removeprefix("data/"), b" \t" * 100)),
    "a lead in another encoding": (
        "lead.json", lambda f: {**f, f"leads/{SE}/lead.json": f[f"leads/{SE}/lead.json"].decode().encode("utf-16")},
    ),
    "a number in the cover with more digits": ("package.json", replaced("package.json", '"version": 1,', '"version": 1.0,')),
    "a term the ontology does not have": ("lead.case", replaced(_CASE, "uco-identity:Identity", "uco-core:OtherPerson")),
    "a key the ontology does not have": ("lead.case", replaced(_CASE, '"uco-core:tag"', '"uco-core:OtherPersonMalmo"')),
    "a node with a number of its own": (
        "lead.case", lambda f: {**f, _CASE: re.sub(rb"kb:identity-[0-9a-f-]{36}",
                                                   b"kb:identity-46701999-8880-5000-8000-000000000000", f[_CASE])},
    ),
    "a row that stands there often": (
        "selectors.csv", lambda f: {**f, "selectors.csv": f["selectors.csv"] + f["selectors.csv"].split(b"\r\n")[1] + b"\r\n"},
    ),
    "a row that was approved and is left out": (
        "selectors.csv", lambda f: {**f, "selectors.csv": b"\r\n".join(f["selectors.csv"].split(b"\r\n")[:-2]) + b"\r\n"},
    ),
    "cells in quotation marks that need none": ("hashes.csv", replaced("hashes.csv", "lead,sha256", '"lead",sha256')),
}  # fmt: skip

TELEPHONE = "46701999888"
_PDF = f"leads/{SE}/lead.pdf"
PAYLOAD |= {
    f"in the printed lead: {name}": (PDF, change)
    for name, change in {
        "a remark in a page": on_a_page(f"% {STRANGER}\n".encode()),
        "a remark without a sign in a page": on_a_page(b"\n% Other Person Malmo"),
        "a number that places nothing": on_a_page(f"\nq {TELEPHONE} 0 0 1 0 0 cm Q".encode()),
        "a number within the bounds with more digits": on_a_page(f"\nq 1 0 0 -1 46.{TELEPHONE} 0 cm Q".encode()),
        "a number between letters": on_a_page(f"\nBT [ {TELEPHONE} ] TJ ET".encode()),
        "small numbers between letters": on_a_page(b"\nBT [ 46.7 19.99 8.88 ] TJ ET"),
        "a tag of marked content": on_a_page(b"\n/Other_Person BMC EMC"),
        "a tag like a label": on_a_page(f"\n/U{TELEPHONE}x1y1 BMC EMC".encode()),
        "a key of marked content": on_a_page(b"\n/Span <</Other_Person 1>> BDC EMC"),
        "words that are drawn by another font": on_a_page(b"\nBT /f7 10 Tf (Other) Tj ET"),
        "a number alone on a page": on_a_page(b" 46701"),
        "blanks behind a page": on_a_page(b"\n \n  \n \n"),
        "a number": in_pdf(lambda d: put(d, "/Zz", int(TELEPHONE))),
        "a number with a point": in_pdf(lambda d: put(d, "/Zz", pikepdf.Object.parse(f"0.{TELEPHONE}".encode()))),
        "a unit of length": in_pdf(
            lambda d: d.pages[0].obj.__setitem__("/UserUnit", pikepdf.Object.parse(f"1.{TELEPHONE}".encode()))
        ),
        "codes of letters": in_pdf(lambda d: put(d, "/Zz", pikepdf.Array([*STRANGER.encode()]))),
        "a day that is a telephone number": in_pdf(
            lambda d: d.docinfo.__setitem__("/CreationDate", f"D:000{TELEPHONE}Z")
        ),
        "a day that is not the lead's": in_pdf(lambda d: d.docinfo.__setitem__("/ModDate", "D:20250304000000Z")),
        "a name of hexadecimal digits": in_pdf(lambda d: put(d, "/Zz", pikepdf.Name(f"/{STRANGER.encode().hex()}"))),
        "a key": in_pdf(lambda d: put(d, "/Other_Person", True)),
        "a name where another belongs": of_type("/StructElem", lambda o: o.update({"/S": pikepdf.Name("/Other_Person")})),
        "codes of letters as parts of a page": of_type("/StructElem", lambda o: o.update({"/K": [*b"Other Person"]})),
        "codes of letters as a frame": of_type(
            "/StructElem",
            lambda o: o.update({"/A": [pikepdf.Dictionary(O=pikepdf.Name.Layout, BBox=[*b"Other Person"])]}),
        ),
        "a label that is a number": of_type("/StructElem", lambda o: o.update({"/ID": f"U{TELEPHONE}x1y1"})),
        "a font of another name": of_type(
            "/FontDescriptor", lambda o: o.update({"/FontName": pikepdf.Name("/OTHERP+Person")})
        ),
        "a language of another country": of_type("/Catalog", lambda o: o.update({"/Lang": "fr"})),
        "digests that spell a name": lambda f: {
            **f, _PDF: re.sub(rb"/ID\[\(.{24}\)", b"/ID[(" + base64.b64encode(b"Other Person, 16") + b")", f[_PDF]),
        },
        "words in a free stream": in_pdf(
            lambda d: put(d, "/Zz", d.make_stream(b"Other Person, Storgatan 1, 2001:db8:99::1"))
        ),
        "base64 in a free stream": in_pdf(lambda d: put(d, "/Zz", d.make_stream(base64.b64encode(STRANGER.encode())))),
        "turned letters in a free stream": in_pdf(
            lambda d: put(d, "/Zz", d.make_stream(bytes(c ^ 0x55 for c in b"Other Person " * 9)))
        ),
        "a free stream in the place of a font's": of_type("/FontDescriptor", lambda o: o.CIDSet.write(b"Other Person")),
        "a remark in a table of letters": in_stream("CMap", lambda b: b + b"\n% Other Person"),
        "a letter that nobody sees": in_stream("CMap", lambda b: re.sub(rb"(<0002>) <.{4}>", rb"\1 <200B>", b)),
        "words in a font": in_stream("FontFile3", lambda b: b.replace(b"The Libertinus Project", b"Other Person, Malmo 46")),
        "words in a colour profile": in_stream("DestOutputProfile", lambda b: b + b"Other Person"),
        "a remark in the metadata": in_stream("Metadata", lambda b: b.replace(b"<dc:title>", b"<!--a--><dc:title>")),
        "a tag in the metadata": in_stream("Metadata", lambda b: b.replace(b"<dc:title>", b"<Other/><dc:title>")),
        "a number in the metadata": in_stream("Metadata", lambda b: b.replace(b">1.7<", b">4670199<")),
        "another key of the same length": in_bytes(b"/Tabs/S", b"/Oth/Er"),
        "a table of other places": lambda f: {**f, _PDF: re.sub(rb"\n\d{10} 00000 n", b"\n0467019998 00000 n", f[_PDF])},
        "an object that nothing leads to": lambda f: {**f, _PDF: with_object(f[_PDF], b"(Other Person)")},
        "a key that stands twice": in_bytes(b"/Marked true/Suspects", b"/Marked true /Marked "),
        "other bytes in its head": in_bytes(b"%\x80\x80\x80\x80", b"%Othe"),
    }.items()
}  # fmt: skip

TAGS: dict[str, tuple[str, str, bytes]] = {
    "another person in the bag's information": (
        "bag-info.txt", "bag-info__txt", f"External-Identifier: {STRANGER}\n".encode(),
    ),
    "a new line in the bag's information": (
        "bag-info.txt", "bag-info__txt", f"Contact-Name: {STRANGER}\n".encode(),
    ),
    "words in the declaration": (
        "bagit.txt", "bagit__txt", f"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n{STRANGER}".encode(),
    ),
    "a picture as a tag file": ("photo.jpg", "photo__jpg", JPEG),
    "a picture as a manifest of another kind": ("manifest-md5.txt", "manifest-md5__txt", PNG),
    "another lead in the ledger's proof": (
        "ledger.json", "ledger__json",
        json.dumps({"leaf": "{}", "salt": "", "detail": {"objects": ["L-DE-0000000002"], "facts": {}}}).encode(),
    ),
    "another person in the signed statement": (
        "statement.dsse.json", "statement__dsse__json",
        json.dumps({"payload": base64.b64encode(STRANGER.encode()).decode()}).encode(),
    ),
}  # fmt: skip


def test_sixty_leaks_and_more_are_planted() -> None:
    assert len(PAYLOAD) + len(TAGS) >= 60


@pytest.mark.parametrize("name", PAYLOAD)
def test_a_leak_in_the_payload_is_found_where_it_stands(name: str) -> None:
    made = swedish_plan()
    place, change = PAYLOAD[name]
    files = closed_by_hand(made, change(payload_of(made)))
    found = check_egress(files, allowed_by(made, held=frozenset({"P-held000001"})))
    assert any(place in reason for reason in found), found
    assert not any(STRANGER in reason or "Another" in reason for reason in found), (
        "a finding repeats the leak"
    )


def test_a_printed_lead_that_is_written_again_without_a_change_has_no_leak() -> None:
    made = swedish_plan()
    files = closed_by_hand(made, in_pdf(lambda _: None)(payload_of(made)))
    assert check_egress(files, allowed_by(made)) == []


@pytest.mark.parametrize("name", TAGS)
def test_a_leak_beside_the_payload_is_found_where_it_stands(name: str) -> None:
    made = swedish_plan()
    place, tag, data = TAGS[name]
    files = closed_by_hand(made, payload_of(made), **{tag: data})
    found = check_egress(files, allowed_by(made))
    assert any(place in reason for reason in found), found
    assert not any(STRANGER in reason for reason in found), "a finding repeats the leak"


def with_actors(made: PackagePlan) -> Allowed:
    return allowed_by(
        made, built_at=AT, recipients=frozenset(made.recipients), actors=frozenset({"holm", "lund"})
    )


@pytest.mark.parametrize(
    "plant",
    [
        lambda p: p["detail"].update(facts={"leads": 46701999888}),
        lambda p: p["detail"].update(facts={"other_person_malmo": 1}),
        lambda p: p["detail"].update(actor=STRANGER),
        lambda p: p.update(leaf=p["leaf"].replace('"lanternfish"', f'"{STRANGER}"')),
        lambda p: p.update(leaf=p["leaf"][:-1] + ',"note":"a.street"}'),
        lambda p: p.update(salt=STRANGER.encode().hex()),
        lambda p: p.update(index=True),
        lambda p: p.update(proof=[1]),
        lambda p: p.update(detail=-1),
        lambda p: p.update(restored=-1),
    ],
)
def test_what_nobody_approved_is_found_in_the_proof(plant: Callable[[Any], None]) -> None:
    made = swedish_plan()
    proof = json.loads(closed_by_hand(made, payload_of(made))["ledger.json"])
    plant(proof)
    files = closed_by_hand(made, payload_of(made), ledger__json=proof_file(proof))
    assert any("ledger.json" in reason for reason in check_egress(files, with_actors(made)))


@pytest.mark.parametrize(
    "said",
    [
        {"prepared_by": STRANGER},
        {"released_by": "lund"},
        {"content": STRANGER.encode().hex().ljust(64, "0")},
        {"recipients": [str(SWEDEN.to_public()), f"age1{'q' * 58}"]},
        {"version": True},
        {"built_at": "2026-03-04T05:06:08+00:00"},
        {"leads": -1},
        {"to": -1},
    ],
)
def test_what_nobody_approved_is_found_in_the_statement(said: dict[str, Any]) -> None:
    made = swedish_plan()
    files = closed_by_hand(made, payload_of(made))
    assert check_egress(files, with_actors(made)) == []
    statement = json.loads(base64.b64decode(json.loads(files["statement.dsse.json"])["payload"]))
    subjects = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    signed = sign_statement(
        subjects, statement["predicateType"], statement["predicate"] | said, [PREPARER, RELEASER]
    )
    found = check_egress({**files, "statement.dsse.json": signed.encode()}, with_actors(made))
    assert any("statement.dsse.json" in reason for reason in found)


@pytest.mark.parametrize("line", ["Bagging-Date: 4670-19-99", "Payload-Oxum: 467019.99888", "twice"])
def test_what_nobody_approved_is_found_in_the_tag_files(line: str) -> None:
    made = swedish_plan()
    files = closed_by_hand(made, payload_of(made))
    name = line.partition(":")[0]
    if line == "twice":
        path = "manifest-sha256.txt"
        changed = files[path] + files[path].splitlines(keepends=True)[0]
    else:
        path = "bag-info.txt"
        changed = re.sub(rb"(?m)^" + name.encode() + rb": .*$", line.encode(), files[path])
    found = check_egress({**files, path: changed}, with_actors(made))
    assert any(path in reason for reason in found)


@pytest.mark.parametrize("value", [-1, 7.5, True, None, "x", [1], {"a": 1}])
@pytest.mark.parametrize("key", ["leads", "handling", "to", "built_at", "version", "purpose"])
def test_a_cover_of_any_kind_is_a_finding_and_never_a_crash(key: str, value: object) -> None:
    made = swedish_plan()
    payload = payload_of(made)
    cover = json.loads(payload["package.json"]) | {key: value}
    payload["package.json"] = (json.dumps(cover, indent=1) + "\n").encode()
    assert any(
        "package.json" in reason for reason in check_egress(closed_by_hand(made, payload), with_actors(made))
    )


def clean(country: str) -> PackagePlan:
    """A lead with texts in several scripts, long and short, for one country."""
    fields = swedish().model_dump(mode="json")
    fields |= {"lead": f"L-{country}-0000000001", "country": country}
    fields["statements"][3]["value"] = f"{country}/a/b/c"
    fields["statements"].append(
        statement(
            id="S-5", section="conduct", of="pay",
            value="x", text="Zahlung von Jürgen Größe, Łódź; Αθήνα; Київ: “first office”, 1,200.00 EUR – ﬁnal.",
        ).model_dump(mode="json")
    )  # fmt: skip
    made = LeadDocument.model_validate(fields)
    rows = (HashRow(sha256=FREE, sets=("open",), releases=("releasable",)),)
    return plan(made, package=f"lanternfish-{country}-0001", to_country=country, material={made.lead: rows})


@pytest.mark.parametrize("country", PARTICIPANTS)
def test_nothing_is_found_in_a_clean_package(country: str) -> None:
    made = clean(country)
    proof_for_country = closed_by_hand(made, payload_of(made))
    proof = json.loads(proof_for_country["ledger.json"])
    proof["detail"]["recipient"] = country
    files = closed_by_hand(made, payload_of(made), ledger__json=proof_file(proof))
    assert check_egress(files, allowed_by(made)) == []


_SECTIONS = ("summary", "subject", "selectors", "related", "conduct", "material", "legal", "risk", "against")
SCRIPTS = {
    "Latin": "Łódź, Žižek, Ærøskøbing, Straße, þorn ðã: ffi fl AV To Te “x” – 1,200.00 €",
    "Greek": "Αθήνα Παπαδόπουλος",
    "Cyrillic": "Київ Олександр Щербак",
    "Hebrew": "שלום עולם",
    "Arabic": "محمد بن سلمان",
}


@pytest.mark.parametrize("grade", ["attributed", "probable", "possible", "unresolved"])
@pytest.mark.parametrize("country", ["SE", "DE", "FR", "DK", "ES"])
def test_nothing_is_found_in_a_long_printed_lead(country: str, grade: str) -> None:
    made = lead(
        country=country,
        grade=grade,
        names_person=grade == "attributed",
        handling="H0+H1+H3",
        restriction="For the police only, and for nobody else. " * 5,
        related=[{"person": "P-2", "grade": "possible", "names_person": False, "relation": "payer"}],
        statements=[
            statement(
                id=f"S-{number:010}",
                section=_SECTIONS[number * len(_SECTIONS) // 200],
                text=f"Statement {number}: {'a word and another ' * (number % 20)}1,{number:03}.00 EUR.",
                origins=["NSK/3:inode:1:12:/a.sql#bytes=0-9"] * (number % 5),
            )
            for number in range(200)
        ],
        requests=["Answer.", "Say what you know. " * 30],
    )
    assert [*check_printed(render_lead(made), allow([made], {})[made.lead])] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_nothing_is_found_in_a_printed_lead_with_names_in_another_script(script: str) -> None:
    text = f"{SCRIPTS[script]} paid."
    made = lead(statements=[statement(text=text, value=text), statement(id="S-2", text=f"{text} " * 40)])
    assert [*check_printed(render_lead(made), allow([made], {})[made.lead])] == []


def seen_by_recipient(name: str) -> bool:
    made = swedish_plan()
    files = closed_by_hand(made, PAYLOAD[name][1](payload_of(made)))
    try:
        open_here(
            sealed(made, files), str(SWEDEN), country=CountryCode("DK"), officers=OFFICERS, ledger=LOG_KEY
        )
    except ItemError as problem:
        return problem.code in ("PACKAGE-EGRESS", "PACKAGE-COVER", "PACKAGE-BAG")
    return False


# What a recipient cannot know: which words the officers chose, and which hashes and statements were approved.
UNKNOWABLE = {
    "another person in the cover's purpose", "another person in the covering text", "a hash that nobody approved",
    "a hash that needs its originator's consent", "a hash under another list",
}  # fmt: skip
INSIDE_THE_LEAD = {name for name, (place, _) in PAYLOAD.items() if place == JSON}


@pytest.mark.parametrize("name", sorted(PAYLOAD.keys() - UNKNOWABLE - INSIDE_THE_LEAD))
def test_the_recipient_finds_it_too(name: str) -> None:
    assert seen_by_recipient(name)
