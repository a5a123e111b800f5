"""Finds pictures, videos, sound, archives and programs by their content, wherever in some bytes they begin."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator

_DEEPEST = 3
_MOST_UNPACKED_BYTES = 64 << 20
# Signatures that are long enough, or checked enough, not to stand by chance in a font or another stream.
_SIGNATURES: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    (
        "a JPEG picture",
        re.compile(rb"\xff\xd8\xff(?:[\xe0-\xef\xfe]\x00|[\xdb]\x00[\x43\x84]|\xe1[\x00-\xff]|\xe0)"),
    ),
    ("a PNG picture", re.compile(rb"\x89PNG\r\n\x1a\n|\x89PNG\r?\n")),
    ("a GIF picture", re.compile(rb"GIF8[79]a")),
    ("a WebP picture, AVI video or sound", re.compile(rb"RIFF.{4}(?:WEBP|AVI |WAVE)", re.DOTALL)),
    ("a BMP picture", re.compile(rb"BM.{4}\x00{4}.{4}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00{3}", re.DOTALL)),
    ("a TIFF picture", re.compile(rb"II\*\x00[\x08-\xff].{0,2}\x00|MM\x00\*\x00.{0,2}[\x08-\xff]", re.DOTALL)),
    ("a JPEG XL picture", re.compile(rb"\x00{3}\x0cJXL \r\n|\A\xff\x0a")),
    ("a JPEG 2000 picture", re.compile(rb"\x00{3}\x0cjP  |\xff\x4f\xff\x51\x00")),
    (
        "an MP4 video or HEIF picture",
        re.compile(rb"\x00.{3}ftyp[A-Za-z0-9 ]{4}", re.DOTALL),
    ),
    ("a Photoshop picture", re.compile(rb"8BPS\x00[\x01\x02]\x00{6}")),
    ("an icon", re.compile(rb"\A\x00\x00[\x01\x02]\x00[\x01-\x40]\x00")),
    ("an SVG picture", re.compile(rb"<svg[\s>]", re.IGNORECASE)),
    ("a Matroska or WebM video", re.compile(rb"\x1a\x45\xdf\xa3")),
    ("a Flash video", re.compile(rb"FLV\x01[\x01\x04\x05]\x00{3}\x09")),
    ("an MPEG video", re.compile(rb"\x00\x00\x01\xba[\x21-\x6f]|\x00\x00\x01\xb3[\x01-\xff]{2}|(?:G.{187}){4}G", re.DOTALL)),
    ("a Windows Media video", re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9")),
    ("an Ogg video or sound", re.compile(rb"OggS\x00[\x00-\x07]")),
    ("a sound file", re.compile(rb"ID3[\x02-\x04]\x00.{5}|fLaC\x00", re.DOTALL)),
    ("a ZIP archive", re.compile(rb"PK\x03\x04.{26}|PK\x05\x06\x00{4}", re.DOTALL)),
    ("a 7z archive", re.compile(rb"7z\xbc\xaf\x27\x1c")),
    ("a RAR archive", re.compile(rb"Rar!\x1a\x07")),
    ("an xz archive", re.compile(rb"\xfd7zXZ\x00")),
    ("a bzip2 archive", re.compile(rb"BZh[1-9]1AY&SY")),
    ("a zstd archive", re.compile(rb"\x28\xb5\x2f\xfd[\x00-\xff]{8}", re.DOTALL)),
    ("a tar archive", re.compile(rb"ustar(?:\x0000|  \x00)")),
    ("a cabinet or disk image", re.compile(rb"MSCF\x00{4}|CD001\x01\x00")),
    ("a program", re.compile(rb"\x7fELF[\x01\x02][\x01\x02]\x01|MZ.{58}.{4}(?=.{0,400}PE\x00\x00)", re.DOTALL)),
    ("an office document", re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
    ("a database", re.compile(rb"SQLite format 3\x00")),
)  # fmt: skip
_GZIP = re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-](?:[A-Za-z0-9+/_-]|\r?\n[ \t]*(?=[A-Za-z0-9+/_-])|\\n){46,}={0,2}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}[\s:]?){96,}")


def find_media(data: bytes, *, begins: bool = True, deep: int = 0) -> Iterator[tuple[str, int]]:
    """What picture, video, archive or program stands in some bytes, and at which byte; base64, hex and gzip opened.

    ``begins`` is whether the bytes are the beginning of a file. Raw pixels without a header are not found: they are
    bytes like any others.
    """
    for what, pattern in _SIGNATURES:
        if found := pattern.search(data):
            yield what, found.start()
    if begins and not deep and data[1:].find(b"%PDF-") >= 0:
        yield "a PDF inside another file", data[1:].find(b"%PDF-") + 1
    for found in _GZIP.finditer(data):
        if _inflates(data[found.start() :]):
            yield "a gzip archive", found.start()
            break
    if deep < _DEEPEST:
        for start, inner in (*_decoded_base64(data), *_decoded_hex(data)):
            yield from ((f"{what} written as text", start) for what, _ in find_media(inner, deep=deep + 1))


def inflated(data: bytes) -> bytes | None:
    """The content of bytes that are a whole zlib stream, or None."""
    decoder = zlib.decompressobj()
    try:
        content = decoder.decompress(data, _MOST_UNPACKED_BYTES)
    except zlib.error:
        return None
    return content if decoder.eof else None


def _inflates(data: bytes) -> bool:
    try:
        return bool(zlib.decompressobj(wbits=31).decompress(data, 512))
    except zlib.error:
        return False


def _decoded_base64(data: bytes) -> Iterator[tuple[int, bytes]]:
    """What runs of base64 letters hold, from each of the four places where a group may begin."""
    for found in _BASE64.finditer(data):
        letters = re.sub(rb"\\n|\s", b"", found.group()).rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        for shift in range(4):
            part = letters[shift:]
            part = part[: len(part) - len(part) % 4]
            try:
                yield found.start(), base64.b64decode(part, validate=True)
            except binascii.Error:
                continue


def _decoded_hex(data: bytes) -> Iterator[tuple[int, bytes]]:
    for found in _HEX.finditer(data):
        digits = re.sub(rb"[\s:]", b"", found.group())
        yield found.start(), bytes.fromhex(digits[: len(digits) - len(digits) % 2].decode())
