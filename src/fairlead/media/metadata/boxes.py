"""Metadata of RIFF (WebP) and of ISO base media files (HEIC, AVIF, MP4): chunks and boxes."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.media.metadata.exif import read_exif
from fairlead.media.metadata.item import Item
from fairlead.media.metadata.xmp import read_xmp

_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA specification, section on BMFF
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # ISO 16684-1, MPEG-4
_EXIF_PREFIX = b"Exif\0\0"
_MOST_BOXES = 10_000


def read_riff(data: bytes) -> Iterator[Item]:
    """EXIF, XMP and the place of a C2PA store in the chunks of a RIFF file."""
    at, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= end:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        if kind == b"EXIF":
            skipped = len(_EXIF_PREFIX) if body.startswith(_EXIF_PREFIX) else 0
            yield from read_exif(body[skipped:], at + 8 + skipped)
        elif kind == b"XMP ":
            yield from read_xmp(body, at, length + 8)
        elif kind == b"C2PA":
            yield Item(namespace="jumbf", key="C2PA", value="", offset=at, length=length + 8)
        at += 8 + length + length % 2


def read_boxes(data: bytes) -> Iterator[Item]:
    """XMP and the place of a C2PA store among the top boxes; EXIF of a HEIF file by its own mark."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            break
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        header = 8
        if length == 1:
            length, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = len(data) - at
        if length < header:
            break
        if kind == b"uuid":
            identity = data[at + header : at + header + 16]
            if identity == _C2PA_BOX:
                yield Item(namespace="jumbf", key="uuid", value="", offset=at, length=length)
            elif identity == _XMP_BOX:
                yield from read_xmp(data[at + header + 16 : at + length], at, length)
        elif kind == b"mdat":
            yield from _exif_item(data, at + header, at + length)
        at += length


def _exif_item(data: bytes, start: int, end: int) -> Iterator[Item]:
    """HEIF keeps EXIF as an item in mdat, led by a length and ``Exif``."""
    place = data.find(_EXIF_PREFIX, start, min(end, len(data)))
    if place >= 0:
        block_at = place + len(_EXIF_PREFIX)
        if data[block_at : block_at + 4] in (b"II*\0", b"MM\0*"):
            yield from read_exif(data[block_at:end], block_at)
