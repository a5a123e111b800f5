"""Reads what a PDF document holds as streams: pictures and attached files, each by its object number.

A picture that is stored as JPEG or JPEG 2000 comes out byte for byte. One stored as bare pixels is written as
PNG, which the row says. Masks are no pictures of their own and are left out; so are pictures drawn inside a
page's own text stream, which have no object.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Literal

import pikepdf
from pikepdf.models.image import PdfImage
from PIL import Image

from fairlead.evidence.readers.descriptor import open_descriptor
from fairlead.evidence.readers.entry import Entry, Given, Stop, Write
from fairlead.evidence.readers.wire import EntryPlace
from fairlead.evidence.sniff import SNIFF_BYTES, sniff

_MOST_PIXELS = 80_000_000
_AS_STORED = {"/DCTDecode": "jpg", "/JPXDecode": "jp2"}
_REFUSALS = (
    pikepdf.PikepdfError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    NotImplementedError, OSError, RuntimeError, SyntaxError, ZeroDivisionError, OverflowError, Image.DecompressionBombError,
)  # fmt: skip
_REVISIONS: tuple[Literal[2, 3, 4, 6], ...] = (2, 3, 4, 6)
_PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})
_REWRAPPED = "stored as bare pixels; written here as PNG"


def warm_documents() -> None:
    """Open one encrypted document of each kind: ciphers load at their first use."""
    for revision in _REVISIONS:
        held = io.BytesIO()
        encryption = pikepdf.Encryption(
            owner="", user="u", R=revision, aes=revision > 3, metadata=revision > 3
        )
        pikepdf.new().save(held, encryption=encryption)
        pikepdf.open(held, password="u").close()  # noqa: S106 - of a document that was just made, to be opened once


class PdfReader:
    """A PDF document. Raises Stop when it cannot be opened, or no password opens it."""

    def __init__(self, descriptor: int, given: Given) -> None:
        self._line: int | None = None
        self._pdf = self._open(descriptor, given)

    def entries(self) -> Iterator[Entry | None]:
        """Pictures and attached files in the order of their object numbers."""
        masks, files = self._masks_and_names()
        for item in self._streams():
            number, generation = item.objgen
            if (number, generation) in masks:
                continue
            try:
                entry = self._entry(item, files.get((number, generation)))
            except _REFUSALS as problem:
                entry = Entry(
                    path=b"object", kind="object", number=number, generation=generation, verdict="damaged",
                    detail=f"PDF object: {type(problem).__name__}",
                )  # fmt: skip
            if entry is not None:
                yield entry

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one picture or attached file."""
        try:
            item = self._pdf.get_object(place["number"], place["generation"])
            if not isinstance(item, pikepdf.Stream):
                raise Stop("damaged", "the object is not there any more")
            write(self._picture(item) if _is_picture(item) else item.read_bytes())
        except _REFUSALS as problem:
            raise Stop("damaged", f"PDF object: {type(problem).__name__}") from problem

    def _open(self, descriptor: int, given: Given) -> pikepdf.Pdf:
        try:
            return pikepdf.open(open_descriptor(descriptor), suppress_warnings=True)
        except pikepdf.PasswordError as problem:
            needed = problem
        except _REFUSALS as problem:
            raise Stop("damaged", f"PDF: {type(problem).__name__}") from problem
        for line, password in given.numbered():
            try:
                pdf = pikepdf.open(open_descriptor(descriptor), password=password, suppress_warnings=True)
            except (*_REFUSALS, UnicodeError):
                continue
            self._line = line
            return pdf
        grounds = "no password of the list opens it" if given.passwords else "no password was given"
        raise Stop("encrypted", f"the document is encrypted; {grounds}") from needed

    def _streams(self) -> Iterator[pikepdf.Stream]:
        for item in self._pdf.objects:
            if isinstance(item, pikepdf.Stream):
                yield item

    def _masks_and_names(self) -> tuple[set[tuple[int, int]], dict[tuple[int, int], str]]:
        """Objects that are masks of pictures, and attached files with their names."""
        masks: set[tuple[int, int]] = set()
        files: dict[tuple[int, int], str] = {}
        for item in self._pdf.objects:
            try:
                if isinstance(item, pikepdf.Stream):
                    masks |= {
                        item[key].objgen
                        for key in ("/SMask", "/Mask")
                        if isinstance(item.get(key), pikepdf.Stream)
                    }
                elif isinstance(item, pikepdf.Dictionary) and "/EF" in item:
                    name = str(item.get("/UF", item.get("/F", "attachment")))
                    files |= {stream.objgen: name for stream in item["/EF"].as_dict().values()}
            except _REFUSALS:
                continue  # the object's own row says that it is damaged
        return masks, files

    def _entry(self, item: pikepdf.Stream, name: str | None) -> Entry | None:
        number, generation = item.objgen
        stored = len(item.read_raw_bytes())
        if name is not None or item.get("/Type") == "/EmbeddedFile":
            data = item.read_bytes()
            stated = (name or f"object-{number}.bin").encode("utf-8", "surrogatepass")
            return Entry(
                path=stated, kind="object", number=number, generation=generation, password=self._line,
                size=len(data), stored=stored, container=sniff(data[:SNIFF_BYTES]),
            )  # fmt: skip
        if not _is_picture(item):
            return None
        extension = _AS_STORED.get(_last_filter(item), "png")
        detail = "" if extension != "png" else _REWRAPPED
        path = f"object-{number}-{generation}.{extension}".encode()
        return Entry(
            path=path, kind="object", number=number, generation=generation, password=self._line,
            stored=stored, detail=detail,
        )  # fmt: skip

    def _picture(self, item: pikepdf.Stream) -> bytes:
        """A JPEG or JPEG 2000 stream as it is stored; pixels as PNG. Raises Stop for what cannot become one."""
        *outer, last = _filters(item) or [""]
        if last in _AS_STORED:
            raw = item.read_raw_bytes()
            if not outer:
                return raw
            return pikepdf.Stream(self._pdf, raw, Filter=[pikepdf.Name(name) for name in outer]).read_bytes()
        if int(item.get("/Width", 0)) * int(item.get("/Height", 0)) > _MOST_PIXELS:
            raise Stop("limit", f"the picture declares more than {_MOST_PIXELS} pixels")
        if last == "/JBIG2Decode":
            raise Stop("unreadable", "JBIG2 pictures are not decoded")
        target = io.BytesIO()
        picture = PdfImage(item).as_pil_image()
        shown = picture if picture.mode in _PNG_MODES else picture.convert("RGB")
        shown.save(target, "PNG", optimize=False, compress_level=6)
        return target.getvalue()


def _is_picture(item: pikepdf.Stream) -> bool:
    return bool(item.get("/Subtype") == "/Image" and not item.get("/ImageMask", False))


def _filters(item: pikepdf.Stream) -> list[str]:
    filters = item.get("/Filter")
    if isinstance(filters, pikepdf.Array):
        return [str(one) for one in filters.as_list()]
    return [str(filters)] if filters is not None else []


def _last_filter(item: pikepdf.Stream) -> str:
    return next(reversed(_filters(item)), "")
