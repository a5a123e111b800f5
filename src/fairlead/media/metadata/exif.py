"""EXIF: the tags that tell camera, program and circumstances. Source: CIPA DC-008 (Exif 2.32)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from fairlead.media.metadata.iptc import read_iptc
from fairlead.media.metadata.item import Item, text
from fairlead.media.metadata.xmp import read_xmp

_TAGS = {
    0x010D: "DocumentName", 0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model",
    0x0112: "Orientation", 0x0131: "Software",
    0x0132: "DateTime", 0x013B: "Artist", 0x9C9C: "XPComment", 0x8298: "Copyright", 0x829A: "ExposureTime",
    0x829D: "FNumber", 0x8827: "ISO", 0x9003: "DateTimeOriginal", 0x9004: "DateTimeDigitized",
    0x9010: "OffsetTime", 0x920A: "FocalLength", 0x927C: "MakerNote", 0x9286: "UserComment",
    0xA002: "PixelXDimension", 0xA003: "PixelYDimension", 0xA430: "CameraOwnerName",
    0xA431: "BodySerialNumber", 0xA420: "ImageUniqueID", 0xA433: "LensMake", 0xA434: "LensModel",
}  # fmt: skip
_GPS_TAGS = {
    1: "GPSLatitudeRef",
    2: "GPSLatitude",
    3: "GPSLongitudeRef",
    4: "GPSLongitude",
    29: "GPSDateStamp",
}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_MAKER_NOTE, _USER_COMMENT, _XP_COMMENT = 0x927C, 0x9286, 0x9C9C
_XMP, _IPTC = 0x02BC, 0x83BB
_BYTE, _ASCII, _UNDEFINED = 1, 2, 7
_MOST_ENTRIES = 500
_MOST_NUMBERS = 8


class _Entry(NamedTuple):
    tag: int
    kind: int
    number: int
    value_at: int


def read_exif(block: bytes, base: int) -> Iterator[Item]:
    """Items of an EXIF block (a TIFF header and what follows); ``base`` is its offset in the content."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return
    first = struct.unpack_from(order + "I", block, 4)[0]
    seen: set[int] = set()
    for place, tags in ((first, _TAGS), (_EXIF_IFD, _TAGS), (_GPS_IFD, _GPS_TAGS)):
        at = place if place == first else _pointer(block, order, first, place)
        if at is None or at in seen:
            continue
        seen.add(at)
        for tag, kind, count, value_at in _entries(block, order, at):
            name = tags.get(tag)
            if name is not None:
                yield _item(block, order, base, _Entry(tag, kind, count, value_at), name)
    following = _following(block, order, first)
    if following:
        at, length = _thumbnail(block, order, following)
        yield Item(namespace="exif", key="Thumbnail", value="present", offset=base + at, length=length)


def read_tiff(data: bytes) -> Iterator[Item]:
    """Items of a TIFF file: its EXIF tags, and the XMP and IPTC blocks that its first directory holds."""
    yield from read_exif(data, 0)
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return
    for tag, kind, count, at in _entries(data, order, struct.unpack_from(order + "I", data, 4)[0]):
        length = _SIZES[kind] * count
        if tag == _XMP:
            yield from read_xmp(data[at : at + length], at, length)
        elif tag == _IPTC:
            yield from read_iptc(data[at : at + length], at)


def _entries(block: bytes, order: str, at: int) -> Iterator[_Entry]:
    """Tag, type, count and offset of the value of every entry that lies within the block."""
    if not 0 < at <= len(block) - 2:
        return
    number = min(struct.unpack_from(order + "H", block, at)[0], _MOST_ENTRIES)
    for place in range(at + 2, at + 2 + 12 * number, 12):
        if place + 12 > len(block):
            return
        tag, kind, count = struct.unpack_from(order + "HHI", block, place)
        size = _SIZES.get(kind, 0) * count
        value_at = place + 8 if size <= 4 else struct.unpack_from(order + "I", block, place + 8)[0]
        if size and value_at + size <= len(block):
            yield _Entry(tag, kind, count, value_at)


def _pointer(block: bytes, order: str, at: int, wanted: int) -> int | None:
    for tag, _, _, value_at in _entries(block, order, at):
        if tag == wanted and value_at + 4 <= len(block):
            return int(struct.unpack_from(order + "I", block, value_at)[0])
    return None


def _following(block: bytes, order: str, at: int) -> int:
    if not 0 < at <= len(block) - 2:
        return 0
    place = at + 2 + 12 * struct.unpack_from(order + "H", block, at)[0]
    return int(struct.unpack_from(order + "I", block, place)[0]) if place + 4 <= len(block) else 0


def _thumbnail(block: bytes, order: str, directory: int) -> tuple[int, int]:
    """Place and length of the small JPEG that the second directory names; the directory's own place if none."""
    start, length = _pointer(block, order, directory, 0x0201), _pointer(block, order, directory, 0x0202)
    if start and length and start + length <= len(block) and block[start : start + 2] == b"\xff\xd8":
        return start, length
    return directory, 0


def _item(block: bytes, order: str, base: int, entry: _Entry, name: str) -> Item:
    tag, kind, count, at = entry
    length = _SIZES[kind] * count
    raw = block[at : at + length]
    if tag == _MAKER_NOTE and not raw[:64].isascii():
        value = f"{length} bytes"
    elif tag == _USER_COMMENT:
        value = _user_comment(raw)
    elif tag == _XP_COMMENT:
        value = raw.decode("utf-16-le", "replace")
    elif kind in {_ASCII, _UNDEFINED, _BYTE}:
        value = _characters(raw, kind)
    else:
        value = " ".join(_numbers(raw, order, kind, min(count, _MOST_NUMBERS)))
    return Item(namespace="exif", key=name, value=text(value), offset=base + at, length=length)


def _characters(raw: bytes, kind: int) -> str:
    if kind == _ASCII:
        return raw.split(b"\0", 1)[0].decode("utf-8", "replace")
    return raw.decode("latin-1")


def _numbers(raw: bytes, order: str, kind: int, count: int) -> Iterator[str]:
    code = {3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}[kind]
    for number in range(count):
        parts = struct.unpack_from(order + code, raw, number * struct.calcsize(order + code))
        yield "/".join(str(part) for part in parts)


def _user_comment(raw: bytes) -> str:
    """Eight bytes name the character set; ``UNICODE`` comes in both byte orders."""
    charset, body = raw[:8], raw[8:]
    if charset.startswith(b"UNICODE"):
        big = body[0::2].count(0) >= body[1::2].count(0)
        return body.decode("utf-16-be" if big else "utf-16-le", "replace")
    if charset.startswith((b"ASCII", b"\0\0\0\0")):
        return body.decode("utf-8", "replace")
    return raw.decode("utf-8", "replace")
