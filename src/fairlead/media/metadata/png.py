"""Metadata of PNG: chunks between the signature and IEND; what follows IEND does not count."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from fairlead.media.metadata.exif import read_exif
from fairlead.media.metadata.item import Item, inflate, text
from fairlead.media.metadata.stealth import PngPixels, read_stealth_png
from fairlead.media.metadata.xmp import read_xmp

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">I4s")
_IHDR = struct.Struct(">IIBBBBB")


def read_png(data: bytes) -> Iterator[Item]:
    """Text chunks, EXIF, XMP, the place of a C2PA store (caBX), and text hidden in the pixels."""
    at = len(SIGNATURE)
    header: tuple[int, ...] | None = None
    spans: list[tuple[int, int]] = []
    while at + _HEADER.size <= len(data):
        length, kind = _HEADER.unpack_from(data, at)
        whole = length + 12
        if kind == b"IEND" or at + 8 + length > len(data):
            break
        match kind:
            case b"IDAT":
                spans.append((at + 8, at + 8 + length))
            case b"IHDR" if length == _IHDR.size:
                header = _IHDR.unpack_from(data, at + 8)
            case b"tEXt" | b"zTXt" | b"iTXt":
                yield from _text_items(kind, data[at + 8 : at + 8 + length], at)
            case b"eXIf":
                yield from read_exif(data[at + 8 : at + 8 + length], at + 8)
            case b"caBX":
                yield Item(namespace="jumbf", key="caBX", value="", offset=at, length=whole)
            case _:
                pass
        at += whole
    if header is not None:
        width, height, depth, colour, _, _, interlace = header
        pixels = PngPixels(
            width=width, height=height, depth=depth, colour=colour, interlaced=bool(interlace), spans=spans
        )
        yield from read_stealth_png(data, pixels)


def _text_items(kind: bytes, body: bytes, at: int) -> Iterator[Item]:
    key, value = _text_chunk(kind, body)
    whole = len(body) + 12
    if key == "XML:com.adobe.xmp":
        yield from read_xmp(value.encode(), at, whole)
    else:
        yield Item(namespace="png-text", key=text(key)[:79], value=text(value), offset=at, length=whole)


def _text_chunk(kind: bytes, body: bytes) -> tuple[str, str]:
    key, _, rest = body.partition(b"\0")
    name = key.decode("latin-1")
    if kind == b"tEXt":
        return name, rest.decode("latin-1")
    if kind == b"zTXt":
        return name, inflate(rest[1:]).decode("latin-1")
    packed = rest[:1] == b"\x01"
    _, _, rest = rest[2:].partition(b"\0")
    _, _, value = rest.partition(b"\0")
    return name, (inflate(value) if packed else value).decode("utf-8", "replace")
