"""Reads a printed lead back from its PDF and holds every line, text and attachment of it against the lead."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

from fairlead.leads.egress.allowed import AllowedLead
from fairlead.leads.egress.media import find_media
from fairlead.leads.egress.texts import AllowedTexts, find_identifiers
from fairlead.leads.pdf import fixed_words

# What the printing program writes of itself: fonts, colours, the form of its metadata.
_OWN = re.compile(
    r"Identity|Adobe|sRGB(?: v[\d.]+)?|Custom|Fairlead|Typst [\d.]+|U\d+x\d+y\d+|D:\d{14}Z|[a-z]{2}(?:-[A-Z]{2})?|"
    r"[A-Za-z0-9+/]{22}==(?:_source)?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|application/pdf|proof|saved|converted|\d+(?:\.\d+)?"
    r"|\d+ / \d+|[AB]|XMP Media Management schema|Adobe PDF schema|PDF/UA Identification schema|internal|external|Text"
    r"|Integer|xmpMM|pdf|pdfuaid|part|InstanceID|Keywords|PDFVersion|Producer|Trapped|Part Number of ISO 14289 \(PDF/UA\)"
    r"|UUID based identifier for specific incarnation of a document|Keywords associated with the document"
    r"|Version of the PDF specification to which the document conforms|Whether the document has been trapped"
    r"|Name of the application that created the PDF document"
    r"|http://(?:www\.w3\.org/1999/02/22-rdf-syntax-ns#|ns\.adobe\.com/[A-Za-z0-9./#]+|purl\.org/dc/elements/1\.1/"
    r"|www\.aiim\.org/[A-Za-z0-9./#]+)|adobe:ns:meta/|xmp-writer|x-default|Resource|W5M0MpCehiHzreSzNTczkc9d|\ufeff|r|•"
)
_FORBIDDEN_KEYS = {
    "/EmbeddedFiles": "an attachment",
    "/EF": "an attachment",
    "/AF": "an attachment",
    "/JavaScript": "a program",
    "/JS": "a program",
    "/Launch": "a program",
    "/RichMedia": "a film or sound",
    "/Annots": "a note or form beside the text",
    "/AcroForm": "a form",
    "/XFA": "a form",
    "/URI": "a link",
    "/Thumb": "a thumbnail",
    "/PieceInfo": "data of another program",
    "/Collection": "a collection of files",
    "/OpenAction": "an action",
    "/AA": "an action",
}
_FORBIDDEN_STREAMS = {
    "/Image": "a picture",
    "/Form": "a drawing",
    "/PS": "a program",
    "/EmbeddedFile": "an attachment",
    "/U3D": "a model",
    "/PRC": "a model",
}
_REMARK = re.compile(rb"(?m)^%(?!PDF-1\.\d|%EOF|[\x80-\xff]{4})")
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
_OTHER_PACKING = re.compile(
    rb"/(?:ASCIIHex|ASCII85|LZW|RunLength|CCITTFax|JBIG2|DCT|JPX)Decode|/Filter\s*\[\s*/\w+\s*/|/[A-Za-z]*#"
)
_ONE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<((?:[0-9A-Fa-f]{4})+)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<((?:[0-9A-Fa-f]{4})+)>")
_SECTION = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_MARKUP = re.compile(r"<[^>]*>")
_ATTRIBUTE = re.compile(r"=\s*[\"']([^\"']*)[\"']")
_LARGEST_STREAM_BYTES = 32 << 20
_ODD_OBJECTS = (
    pikepdf.PdfError, pikepdf.PasswordError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError,
    RuntimeError,
)  # fmt: skip
"""What a file raises whose objects are of other kinds than ISO 32000-1 gives them: null for a font, a name for a number."""


def check_printed(data: bytes, lead: AllowedLead) -> Iterator[str]:
    """What in a printed lead is not the lead's, with its place; nothing of what was found is repeated.

    A line that fits is part of one text of the lead. Letters drawn as lines, or one by one, are not read as words.
    """
    if reason := _unfolds(data):
        yield reason
        return
    allowed = AllowedTexts((*lead.texts, *_lines_of(lead)))
    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            yield from _check_objects(document, allowed)
            for number, page in enumerate(document.pages, start=1):
                yield from (f"page {number}: {what}" for what in _check_page(page, allowed))
    except _ODD_OBJECTS as problem:
        yield f"not a PDF that can be read ({type(problem).__name__})"
    yield from _check_outside(data, allowed)


def _unfolds(data: bytes) -> str:
    """Why a file is not opened at all: it unpacks to more than a printed lead, or is packed in ways that are not ours."""
    if _OTHER_PACKING.search(_STREAM.sub(b"stream endstream", data)):
        return "a stream that is packed in a way no printed lead is"
    left = _LARGEST_STREAM_BYTES
    for stream in _STREAM.finditer(data):
        packed = stream.group(0).removeprefix(b"stream").lstrip(b"\r\n")
        try:
            left -= len(zlib.decompressobj().decompress(packed, left + 1))
        except zlib.error:
            left -= len(packed)
        if left < 0:
            return "streams that unpack to more than a printed lead needs"
    return ""


def _lines_of(lead: AllowedLead) -> Iterator[str]:
    """Lines that printing puts together from several fields."""
    body = lead.body
    for words in fixed_words(str(body["country"])):
        yield from words.values()
        yield f"{words['lead']} {body['lead']}, {words['version']} {body['version']}"
        yield f"{body['lead']}, {words['version']} {body['version']}"
        yield f"{words['lead']} {body['lead']}"
        yield f"{body['grade']} ({words['unnamed']})"
        yield f"{str(body['subject_category']).replace('_', ' ')} ({words['decided']})"
        for said in body["statements"]:
            more = len(said["origins"]) - 2
            shown = " · ".join((said["id"], *said["origins"][:2]))
            yield f"{shown} · + {more} {words['more']}" if more > 0 else shown
    yield f"{body['from_country']} → {body['country']}"
    yield f"{body['handling']} {body['restriction']}"
    yield f"{str(body['verified_on'])[:16].replace('T', ' ')} UTC"
    for said in body["statements"]:
        yield f"{said['source_grade']}{said['information_grade']}"
    yield "SHA-256"


def _check_objects(document: pikepdf.Pdf, allowed: AllowedTexts) -> Iterator[str]:
    if document.attachments:
        yield "an attachment"
    for number, item in enumerate(document.objects, start=1):
        yield from (f"object {number}: {what}" for what in _check_values(item, allowed))
        if isinstance(item, pikepdf.Stream):
            yield from (f"object {number}: {what}" for what in _check_stream(item, allowed))
    yield from (f"document information: {what}" for what in _check_values(document.trailer, allowed))


def _check_values(item: Any, allowed: AllowedTexts) -> Iterator[str]:
    """Keys, names and texts in one object; what it refers to is looked at by itself."""
    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for key, value in item.items():
            if key in _FORBIDDEN_KEYS:
                yield _FORBIDDEN_KEYS[key]
            yield from (f"{what} in a name" for what in find_identifiers(key, allowed))
            if not _is_reference(value):
                yield from _check_values(value, allowed)
    elif isinstance(item, pikepdf.Array):
        for value in item.as_list():
            if not _is_reference(value):
                yield from _check_values(value, allowed)
    elif isinstance(item, pikepdf.Name):
        yield from (f"{what} in a name" for what in find_identifiers(str(item), allowed))
    elif isinstance(item, pikepdf.String):
        text = str(item)
        if not _OWN.fullmatch(text) and not allowed.hold(text):
            yield "a text that is not this lead's"


def _is_reference(value: Any) -> bool:
    return isinstance(value, pikepdf.Object) and bool(value.is_indirect)


def _check_stream(item: pikepdf.Stream, allowed: AllowedTexts) -> Iterator[str]:
    for key in ("/Subtype", "/Type", "/S"):
        if str(item.get(key, "")) in _FORBIDDEN_STREAMS:
            yield _FORBIDDEN_STREAMS[str(item.get(key))]
    raw = item.read_raw_bytes()
    try:
        content = item.read_bytes()
    except pikepdf.PdfError:
        yield "a stream that cannot be unpacked"
        content = raw
    yield from (f"{what} at byte {at}" for what, at in find_media(content))
    if str(item.get("/Type", "")) == "/Metadata":
        text = content.decode(errors="replace")
        parts = [*_MARKUP.split(text), *(found.group(1) for found in _ATTRIBUTE.finditer(text))]
        if any(not (_OWN.fullmatch(part.strip()) or allowed.hold(part)) for part in parts):
            yield "metadata that are not this lead's"


def _check_page(page: pikepdf.Page, allowed: AllowedTexts) -> Iterator[str]:
    fonts: dict[str, dict[int, str]] = {}
    letters: dict[int, str] = {}
    for name, font in page.resources.get("/Font", pikepdf.Dictionary()).items():
        if "/ToUnicode" in font:
            fonts[name] = _letters_of(font.ToUnicode.read_bytes())
    for instruction in pikepdf.parse_content_stream(page):
        operands, operator = instruction.operands, instruction.operator
        match str(operator):
            case "Tf":
                letters = fonts.get(str(operands[0]), {})
            case "Tj" | "'" | '"' | "TJ":
                line = _read_line(operands[-1], letters)
                if line is None:
                    yield "letters that cannot be read"
                elif not (_OWN.fullmatch(line.strip()) or allowed.hold(line)):
                    yield "a line that is not this lead's"
            case "INLINE IMAGE" | "BI":
                yield "a picture"
            case "BDC" | "DP":
                yield from _check_values(operands[-1], allowed)
            case "Do":
                yield "a picture or drawing"


def _letters_of(cmap: bytes) -> dict[int, str]:
    """Which letters the numbers of a font stand for (ISO 32000-1, 9.10.3)."""
    letters: dict[int, str] = {}
    for section in _SECTION.finditer(cmap):
        if section.group(1) == b"bfchar":
            for code, text in (found.groups() for found in _ONE.finditer(section.group(2))):
                letters[int(code, 16)] = _utf16(text)
            continue
        for first, last, text in (found.groups() for found in _RANGE.finditer(section.group(2))):
            said = _utf16(text)
            for step in range(min(int(last, 16) - int(first, 16) + 1, 1 << 16)):
                letters[int(first, 16) + step] = said[:-1] + chr(ord(said[-1]) + step)
    return letters


def _utf16(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be", errors="replace")


def _read_line(operand: Any, letters: dict[int, str]) -> str | None:
    parts = operand.as_list() if isinstance(operand, pikepdf.Array) else [operand]
    said = []
    for part in parts:
        if not isinstance(part, pikepdf.String):
            continue
        codes = bytes(part)
        for at in range(0, len(codes), 2):
            letter = letters.get(int.from_bytes(codes[at : at + 2], "big"))
            if letter is None:
                return None
            said.append(letter)
    return "".join(said)


def _check_outside(data: bytes, allowed: AllowedTexts) -> Iterator[str]:
    """What lies in the file beside its objects: before, after, in remarks, or in an earlier state of it."""
    if not data.startswith(b"%PDF-"):
        yield "bytes before its beginning"
    if data.count(b"%%EOF") != 1:
        yield "more than one state of the document"
    if data[data.rfind(b"%%EOF") + 5 :].strip():
        yield f"bytes after its end, at byte {data.rfind(b'%%EOF') + 5}"
    bare = _STREAM.sub(b"stream endstream", data)
    if remark := _REMARK.search(bare):
        yield f"a remark, at byte {remark.start()} without the streams"
    yield from (f"{what} beside its objects" for what in find_identifiers(bare.decode("latin-1"), allowed))
