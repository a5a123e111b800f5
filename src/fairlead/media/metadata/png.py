"""Metadata of PNG: chunks between the signature and IEND; what follows IEND does not count."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from fairlead.media.metadata.exif import read_exif
from fairlead.media.metadata.item import Item, inflate, text
from fairlead.media.metadata.xmp import read_xmp

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">I4s")


def read_png(data: bytes) -> Iterator[Item]:
    """Text chunks, EXIF, XMP and the place of a C2PA store (caBX)."""
    at = len(SIGNATURE)
    while at + _HEADER.size <= len(data):
        length, kind = _HEADER.unpack_from(data, at)
        body = data[at + 8 : at + 8 + length]
        if kind == b"IEND" or len(body) < length:
            return
        whole = length + 12
        match kind:
            case b"tEXt" | b"zTXt" | b"iTXt":
                key, value = _text_chunk(kind, body)
                if key == "XML:com.adobe.xmp":
                    yield from read_xmp(value.encode(), at, whole)
                else:
                    yield Item(
                        namespace="png-text", key=text(key)[:79], value=text(value), offset=at, length=whole
                    )
            case b"eXIf":
                yield from read_exif(body, at + 8)
            case b"caBX":
                yield Item(namespace="jumbf", key="caBX", value="", offset=at, length=whole)
            case _:
                pass
        at += whole


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
