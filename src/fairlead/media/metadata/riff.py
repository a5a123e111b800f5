"""Metadata of RIFF files: WebP and AVI. Sources: the WebP container specification, the RIFF INFO list."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.media.metadata.exif import read_exif
from fairlead.media.metadata.item import Item, text
from fairlead.media.metadata.stealth import read_stealth_pixels
from fairlead.media.metadata.window import Bytes
from fairlead.media.metadata.xmp import read_xmp

_EXIF_PREFIX = b"Exif\0\0"
_MOST_CHUNKS = 10_000
_MOST_DEPTH = 3


def read_riff(data: Bytes) -> Iterator[Item]:
    """EXIF, XMP, INFO texts, the place of a C2PA store, and text hidden in pixels that were kept without loss."""
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    lossless = False
    for kind, at, length in _chunks(data, 12, end):
        match kind:
            case b"EXIF":
                body = data[at : at + length]
                skipped = len(_EXIF_PREFIX) if body.startswith(_EXIF_PREFIX) else 0
                yield from read_exif(body[skipped:], at + skipped)
            case b"XMP ":
                yield from read_xmp(data[at : at + length], at - 8, length + 8)
            case b"C2PA":
                yield Item(namespace="jumbf", key="C2PA", value="", offset=at - 8, length=length + 8)
            case b"VP8L" | b"ALPH":
                lossless = True
            case b"LIST":
                yield from _read_list(data, at, length, 0)
            case _:
                pass
    if lossless and isinstance(data, bytes) and data[8:12] == b"WEBP":
        yield from read_stealth_pixels(data[:end], 12, end - 12)


def _read_list(data: Bytes, at: int, length: int, depth: int) -> Iterator[Item]:
    if depth > _MOST_DEPTH or data[at : at + 4] == b"movi":
        return
    named = data[at : at + 4] == b"INFO"
    for kind, body_at, body_length in _chunks(data, at + 4, at + length):
        if kind == b"LIST":
            yield from _read_list(data, body_at, body_length, depth + 1)
        elif named:
            value = data[body_at : body_at + body_length].rstrip(b"\0").decode("utf-8", "replace")
            yield Item(
                namespace="avi-info", key=kind.decode("latin-1"), value=text(value), offset=body_at - 8,
                length=body_length + 8,
            )  # fmt: skip


def _chunks(data: Bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and length of the body of every chunk that lies within the bounds."""
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end:
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > end:
            return
        yield data[at : at + 4], at + 8, length
        at += 8 + length + length % 2
