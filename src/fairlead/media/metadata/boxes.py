"""Metadata of ISO base media files: HEIC, AVIF, MP4, QuickTime. Source: ISO/IEC 14496-12, 23008-12."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fairlead.media.metadata.exif import read_exif
from fairlead.media.metadata.item import Item, text
from fairlead.media.metadata.window import Bytes
from fairlead.media.metadata.xmp import read_xmp

_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA specification, section on BMFF
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # ISO 16684-1, MPEG-4
_MOST_BOXES = 10_000
_MOST_EXTENTS = 64
_MOST_ITEM_BYTES = 8 << 20
_TEXT_TYPES = {0, 1, 13, 14}  # of a value in ilst: reserved, UTF-8, JPEG, PNG; only text is kept
_NAMED = {b"\xa9cmt": "comment", b"\xa9too": "software", b"\xa9nam": "title", b"\xa9swr": "software"}


class Box(NamedTuple):
    """Kind of a box, where it starts, where its body starts, where it ends."""

    kind: bytes
    start: int
    body: int
    end: int


def read_boxes(data: Bytes) -> Iterator[Item]:
    """XMP, texts of the movie header, EXIF and XMP items of a still picture, and the place of a C2PA store."""
    for box in walk_boxes(data, 0, len(data)):
        match box.kind:
            case b"uuid":
                yield from _identified(data, box)
            case b"meta":
                yield from _read_still(data, box)
            case b"moov":
                yield from _read_movie(data, box, 0)
            case b"Exif" if box.end - box.body > 4:  # JPEG XL
                start = box.body + 4 + int.from_bytes(data[box.body : box.body + 4], "big")
                yield from read_exif(data[start : box.end], start)
            case b"xml ":
                yield from read_xmp(data[box.body : box.end], box.start, box.end - box.start)
            case _:
                pass


def walk_boxes(data: Bytes, at: int, end: int) -> Iterator[Box]:
    """The boxes between two places; stops at the first that does not fit."""
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        header = 8
        if length == 1:
            length, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = end - at
        if length < header:
            return
        yield Box(kind, at, at + header, min(at + length, end))
        at += length


def _identified(data: Bytes, box: Box) -> Iterator[Item]:
    identity = data[box.body : box.body + 16]
    length = box.end - box.start
    if identity == _C2PA_BOX:
        yield Item(namespace="jumbf", key="uuid", value="", offset=box.start, length=length)
    elif identity == _XMP_BOX:
        yield from read_xmp(data[box.body + 16 : box.end], box.start, length)


def _read_movie(data: Bytes, box: Box, depth: int) -> Iterator[Item]:
    """Texts below moov: ``udta`` and ``meta`` hold them, at any of three levels."""
    if depth > 3:
        return
    for inner in walk_boxes(data, box.body, box.end):
        match inner.kind:
            case b"udta" | b"trak":
                yield from _read_movie(data, inner, depth + 1)
            case b"meta":
                yield from _read_keys(data, inner)
            case b"uuid":
                yield from _identified(data, inner)
            case _ if inner.kind[:1] == b"\xa9":
                length = int.from_bytes(data[inner.body : inner.body + 2], "big")
                yield _said(inner, _NAMED.get(inner.kind, ""), data[inner.body + 4 : inner.body + 4 + length])
            case _:
                pass


def _said(box: Box, key: str, value: bytes) -> Item:
    name = key or box.kind.decode("latin-1")
    said = value.decode("utf-8", "replace")
    return Item(
        namespace="mp4-text",
        key=text(name)[:79],
        value=text(said),
        offset=box.start,
        length=box.end - box.start,
    )


def _read_keys(data: Bytes, meta: Box) -> Iterator[Item]:
    """Values of ``ilst``, named by ``keys`` (QuickTime), by their own kind (iTunes), or by ``----``."""
    start = meta.body if data[meta.body + 4 : meta.body + 8] == b"hdlr" else meta.body + 4
    names: list[str] = []
    for box in walk_boxes(data, start, meta.end):
        if box.kind == b"keys":
            names = [
                data[k.body : k.end].decode("utf-8", "replace")
                for k in walk_boxes(data, box.body + 8, box.end)
            ]
        elif box.kind == b"ilst":
            for entry in walk_boxes(data, box.body, box.end):
                number = int.from_bytes(entry.kind, "big")
                key = names[number - 1] if 0 < number <= len(names) else _NAMED.get(entry.kind, "")
                yield from _read_value(data, entry, key)


def _read_value(data: Bytes, entry: Box, key: str) -> Iterator[Item]:
    for box in walk_boxes(data, entry.body, entry.end):
        if box.kind == b"name":
            key = data[box.body + 4 : box.end].decode("utf-8", "replace")
        elif box.kind == b"data" and int.from_bytes(data[box.body : box.body + 4], "big") in _TEXT_TYPES:
            yield _said(entry, key, data[box.body + 8 : box.end])


def _read_still(data: Bytes, meta: Box) -> Iterator[Item]:
    """The EXIF and XMP items of a HEIC or AVIF file, by its tables of items and of their places."""
    kinds: dict[int, bytes] = {}
    places: dict[int, list[tuple[int, int]]] = {}
    for box in walk_boxes(data, meta.body + 4, meta.end):
        if box.kind == b"iinf":
            kinds = dict(_item_kinds(data, box))
        elif box.kind == b"iloc":
            places = dict(_item_places(data[box.body : box.end]))
    for number, kind in kinds.items():
        extents = places.get(number, [])
        if not extents or sum(length for _, length in extents) > _MOST_ITEM_BYTES:
            continue
        body = b"".join(data[at : at + length] for at, length in extents)
        offset, length = extents[0][0], len(body)
        if kind == b"Exif":
            skipped = 4 + int.from_bytes(body[:4], "big")
            yield from read_exif(body[skipped:], offset + skipped)
        else:
            yield from read_xmp(body, offset, length)


def _item_kinds(data: Bytes, box: Box) -> Iterator[tuple[int, bytes]]:
    """Number and kind of the EXIF and XMP items of ``iinf``."""
    wide = data[box.body : box.body + 1] != b"\0"
    for entry in walk_boxes(data, box.body + (8 if wide else 6), box.end):
        body = data[entry.body : entry.end]
        if entry.kind != b"infe" or len(body) < 12 or body[0] < 2:
            continue
        size = 2 if body[0] == 2 else 4
        kind = body[6 + size : 10 + size]
        if kind == b"Exif" or (kind == b"mime" and b"application/rdf+xml" in body):
            yield int.from_bytes(body[4 : 4 + size], "big"), kind


def _item_places(body: bytes) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Number of an item and its extents in the file, from ``iloc``; items kept elsewhere are left out."""
    version = body[0]
    offset_size, length_size = body[4] >> 4, body[4] & 15
    base_size, index_size = body[5] >> 4, body[5] & 15 if version else 0
    reader = _Numbers(body, 6)
    number_size = 4 if version == 2 else 2
    for _ in range(min(reader.next(number_size), _MOST_BOXES)):
        number = reader.next(number_size)
        method = reader.next(2) & 15 if version else 0
        reader.next(2)
        base = reader.next(base_size)
        extents = []
        for _ in range(min(reader.next(2), _MOST_EXTENTS)):
            reader.next(index_size)
            offset = base + reader.next(offset_size)
            extents.append((offset, reader.next(length_size)))
        if method == 0:
            yield number, extents


class _Numbers:
    """Big-endian numbers one after the other. Raises LookupError at the end."""

    def __init__(self, body: bytes, at: int) -> None:
        self._body, self._at = body, at

    def next(self, size: int) -> int:
        if self._at + size > len(self._body):
            raise LookupError("the table of items ends early")
        value = int.from_bytes(self._body[self._at : self._at + size], "big")
        self._at += size
        return value
