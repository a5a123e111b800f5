"""IPTC-IIM: captions, credits and dates that agencies and programs write. Source: IPTC-NAA IIM version 4.2, record 2."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from fairlead.media.metadata.item import Item, text

RESOURCES = b"Photoshop 3.0\0"  # what a JPEG's segment begins with when it holds resource blocks of Photoshop
_BLOCK, _IIM = b"8BIM", 0x0404
_MARK = 0x1C
_CHARSET = (1, 90)
_UTF8 = b"\x1b%G"
_EXTENDED = 0x8000  # a length of more than 32,767 bytes: no text is that long
_MOST_BLOCKS = 200
_MOST_SETS = 100
_NAMES = {
    5: "ObjectName", 15: "Category", 25: "Keywords", 40: "SpecialInstructions", 55: "DateCreated", 60: "TimeCreated",
    62: "DigitalCreationDate", 63: "DigitalCreationTime", 65: "OriginatingProgram", 70: "ProgramVersion",
    80: "By-line", 85: "By-lineTitle", 90: "City", 92: "Sub-location", 95: "Province-State",
    101: "Country-PrimaryLocationName", 103: "OriginalTransmissionReference", 105: "Headline", 110: "Credit",
    115: "Source", 116: "CopyrightNotice", 118: "Contact", 120: "Caption-Abstract", 122: "Writer-Editor",
}  # fmt: skip


def read_resources(body: bytes, base: int) -> Iterator[Item]:
    """Items of the IPTC block among Photoshop's resource blocks; ``base`` is the offset of ``body`` in the content."""
    at = 0
    for _ in range(_MOST_BLOCKS):
        if body[at : at + 4] != _BLOCK or at + 8 > len(body):
            return
        identity = struct.unpack_from(">H", body, at + 4)[0]
        at += 6 + _even(1 + body[at + 6])  # a name, its length first
        if at + 4 > len(body):
            return
        size = struct.unpack_from(">I", body, at)[0]
        at += 4
        if identity == _IIM:
            yield from read_iptc(body[at : at + size], base + at)
        at += _even(size)


def read_iptc(block: bytes, base: int) -> Iterator[Item]:
    """The named data sets of record 2, at most 100, in their order; those before a defect when it is damaged."""
    charset, at = "", 0
    for _ in range(_MOST_SETS):
        if at + 5 > len(block) or block[at] != _MARK:
            return
        record, number, size = struct.unpack_from(">BBH", block, at + 1)
        value = block[at + 5 : at + 5 + size]
        if size & _EXTENDED or len(value) < size:
            return
        if (record, number) == _CHARSET:
            charset = "utf-8" if value == _UTF8 else ""
        elif record == 2 and number in _NAMES:
            yield Item(
                namespace="iptc",
                key=_NAMES[number],
                value=text(_decoded(value, charset)),
                offset=base + at + 5,
                length=size,
            )
        at += 5 + size


def _decoded(value: bytes, charset: str) -> str:
    """UTF-8 where it is stated or fits; the usual Western set of older programs otherwise."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode(charset or "cp1252", "replace")


def _even(size: int) -> int:
    return size + size % 2
