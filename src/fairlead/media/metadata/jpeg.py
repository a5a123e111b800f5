"""Metadata of JPEG: segments before the first scan, and the structure that tells writers apart."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from fairlead.media.metadata.exif import read_exif
from fairlead.media.metadata.iptc import RESOURCES, read_resources
from fairlead.media.metadata.item import Item, text
from fairlead.media.metadata.xmp import read_xmp

START = b"\xff\xd8"
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_LABEL = b"AIGC{"  # a label under GB 45438-2025, written bare into an application segment
_SCAN, _TABLES, _END, _COMMENT = 0xDA, 0xDB, 0xD9, 0xFE
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_MOST_SEGMENTS = 1000
_MOST_XMP_BYTES = 4 << 20
_MORE_XMP_HEADER = 40  # a digest of 32 characters, full length, offset
# Quantisation of luminance that the standard gives as an example (ITU-T T.81, K.1), in zigzag order: the
# libraries of the Independent JPEG Group scale it by a quality from 1 to 100.
_EXAMPLE = (
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51,
    61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77,
    113, 121, 112, 100, 120, 92, 101, 103, 99,
)  # fmt: skip


@dataclass(slots=True)
class _Structure:
    """What tells writers apart, gathered segment by segment."""

    order: list[str] = field(default_factory=list)
    tables: list[bytes] = field(default_factory=list)
    sampling: str = ""
    size: str = ""

    def note(self, marker: int, body: bytes) -> None:
        self.order.append(_name(marker))
        if marker == _TABLES:
            self.tables.append(body)
        elif marker in _FRAMES and len(body) >= 5:
            self.sampling = ",".join(f"{factor >> 4}x{factor & 15}" for factor in body[7::3])
            self.size = f"{int.from_bytes(body[3:5], 'big')}x{int.from_bytes(body[1:3], 'big')}"

    def items(self) -> Iterator[Item]:
        described = (
            ("jpeg-markers", " ".join(self.order)),
            ("jpeg-quantisation", hashlib.sha256(b"".join(self.tables)).hexdigest()),
            ("jpeg-sampling", self.sampling),
            ("jpeg-size", self.size),
            ("jpeg-ijg-quality", _ijg_quality(self.tables[0]) if self.tables else ""),
        )
        for key, value in described if self.order else ():
            yield Item(namespace="container", key=key, value=text(value), offset=0, length=0)


def read_jpeg(data: bytes) -> Iterator[Item]:
    """EXIF, XMP, IPTC, comments, labels, the place of a JUMBF store, and the order of markers, tables and sampling.

    Nothing after the start of the first scan is read, so nothing after the end of the picture counts.
    """
    structure = _Structure()
    stores: list[tuple[int, int]] = []
    more: list[tuple[int, int, bytes]] = []
    for marker, at, body in _segments(data):
        structure.note(marker, body)
        if marker == 0xE1 and body.startswith(_MORE_XMP):
            start = len(_MORE_XMP) + _MORE_XMP_HEADER
            more.append((int.from_bytes(body[start - 4 : start], "big"), at, body[start:]))
        elif marker == 0xEB and body[:2] == b"JP":
            stores.append((at, len(body) + 4))
        else:
            yield from _segment_items(marker, at, body)
    if more:
        whole = b"".join(part for _, _, part in sorted(more))[:_MOST_XMP_BYTES]
        yield from read_xmp(whole, more[0][1], sum(len(part) for _, _, part in more))
    if stores:
        start, end = stores[0][0], stores[-1][0] + stores[-1][1]
        yield Item(namespace="jumbf", key="APP11", value="", offset=start, length=end - start)
    yield from structure.items()


def _segment_items(marker: int, at: int, body: bytes) -> Iterator[Item]:
    """Items of a segment that stands for itself."""
    if marker == 0xE1 and body.startswith(_EXIF):
        yield from read_exif(body[len(_EXIF) :], at + 4 + len(_EXIF))
    elif marker == 0xE1 and body.startswith(_XMP):
        yield from read_xmp(body[len(_XMP) :], at, len(body) + 4)
    elif marker == 0xED and body.startswith(RESOURCES):
        yield from read_resources(body[len(RESOURCES) :], at + 4 + len(RESOURCES))
    elif marker == _COMMENT:
        comment = body.rstrip(b"\0").decode("utf-8", "replace")
        yield Item(namespace="jpeg-comment", key="COM", value=text(comment), offset=at + 4, length=len(body))
    elif 0xE0 <= marker <= 0xEF and _LABEL in body[:64]:
        label = body[body.index(_LABEL) + len(_LABEL) - 1 :].rstrip(b"\0").decode("utf-8", "replace")
        yield Item(namespace="jpeg-app", key="AIGC", value=text(label), offset=at, length=len(body) + 4)


@functools.lru_cache(maxsize=1024)
def _ijg_quality(first: bytes) -> str:
    """The quality at which the first table is the scaled example of the standard; empty when at none."""
    if len(first) < 65 or first[0]:
        return ""
    table = tuple(first[1:65])
    return next((str(quality) for quality in range(1, 101) if table == _scaled(quality)), "")


@functools.cache
def _scaled(quality: int) -> tuple[int, ...]:
    factor = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(min(255, max(1, (value * factor + 50) // 100)) for value in _EXAMPLE)


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
