"""Metadata of JPEG: segments before the first scan, and the structure that tells writers apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from fairlead.media.metadata.exif import read_exif
from fairlead.media.metadata.item import Item, text
from fairlead.media.metadata.xmp import read_xmp

START = b"\xff\xd8"
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_SCAN, _TABLES, _END = 0xDA, 0xDB, 0xD9
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_MOST_SEGMENTS = 1000


def read_jpeg(data: bytes) -> Iterator[Item]:
    """EXIF, XMP, the place of a JUMBF store, and the order of markers, tables and sampling."""
    order: list[str] = []
    tables = hashlib.sha256()
    sampling = ""
    stores: list[tuple[int, int]] = []
    for marker, at, body in _segments(data):
        order.append(_name(marker))
        if marker == 0xE1 and body.startswith(_EXIF):
            yield from read_exif(body[len(_EXIF) :], at + 4 + len(_EXIF))
        elif marker == 0xE1 and body.startswith(_XMP):
            yield from read_xmp(body[len(_XMP) :], at, len(body) + 4)
        elif marker == 0xEB and body[:2] == b"JP":
            stores.append((at, len(body) + 4))
        elif marker == _TABLES:
            tables.update(body)
        elif marker in _FRAMES:
            sampling = ",".join(f"{factor >> 4}x{factor & 15}" for factor in body[7::3])
    if stores:
        start, end = stores[0][0], stores[-1][0] + stores[-1][1]
        yield Item(namespace="jumbf", key="APP11", value="", offset=start, length=end - start)
    if order:
        for key, value in (
            ("jpeg-markers", " ".join(order)),
            ("jpeg-quantisation", tables.hexdigest()),
            ("jpeg-sampling", sampling),
        ):
            yield Item(namespace="container", key=key, value=text(value), offset=0, length=0)


def _segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = len(START)
    for _ in range(_MOST_SEGMENTS):
        if at + 4 > len(data) or data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in {_SCAN, _END}:
            return
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if length < 2 or len(body) < length - 2:
            return
        yield marker, at, body
        at += 2 + length


def _name(marker: int) -> str:
    if 0xE0 <= marker <= 0xEF:
        return f"APP{marker - 0xE0}"
    return {0xDB: "DQT", 0xC4: "DHT", 0xDD: "DRI", 0xFE: "COM"}.get(marker, f"{marker:02X}")
