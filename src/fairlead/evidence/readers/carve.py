"""Finds JPEG, PNG and MP4 files by their structure among bytes that belong to no file.

What is found lies in one piece: a picture whose parts are scattered is found up to the first byte that does
not fit, and said to break off. Structures: ITU-T T.81 annex B (JPEG), ISO/IEC 15948 (PNG), ISO/IEC 14496-12
(MP4 and its kin). A HEIC or AVIF picture is built of the same boxes and is found with them.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

Read = Callable[[int, int], bytes]

_SECTOR_BYTES = 512
_WINDOW_BYTES = 4 << 20
_STEP_BYTES = 1 << 16
_STARTS = ((b"\xff\xd8\xff", 0), (b"\x89PNG\r\n\x1a\n", 0), (b"ftyp", 4))
_LONGEST_START = 12
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_SCAN, _END, _START = 0xDA, 0xD9, 0xD8
_MARK = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_PNG_HEAD_BYTES = 8
_PNG_MOST_CHUNK = 1 << 30
_BOXES = frozenset(
    {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta", b"moof", b"mfra", b"sidx", b"styp",
     b"pdin", b"udta", b"emsg", b"prft", b"ssix"}
)  # fmt: skip
_EXTENSIONS = {
    b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"msf1": "heic", b"hevc": "heic", b"hevx": "heic",
    b"avif": "avif", b"avis": "avif", b"qt  ": "mov",
}  # fmt: skip
_BRAND = re.compile(rb"[ -~]{4}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Carved:
    """Bytes ``start`` (included) to ``end`` (excluded); ``detail`` says what speaks against it being whole.

    The extension ``unread`` stands for bytes that the medium did not give, and in which nothing was searched.
    """

    start: int
    end: int
    extension: str
    detail: str = ""


def carve(read: Read, start: int, end: int, *, most: int, aligned: bool = True) -> Iterator[Carved | None]:
    """What begins between two offsets, in order and without overlap; None as a sign of life.

    ``aligned`` looks at the first bytes of sectors only, counted from the start of the medium: files of a
    file system begin there, and thumbnails inside pictures do not. ``most`` bounds one item in bytes.
    """
    at = start
    read = partial(_read_forward, read)
    while at < end:
        window = read(at, min(_WINDOW_BYTES + _LONGEST_START, end - at))
        if not window:
            resumes = _next_readable(read, at, end)
            yield Carved(
                start=at, end=resumes, extension="unread", detail="cannot be read: nothing was searched here"
            )
            at = resumes
            continue
        passed = at + min(_WINDOW_BYTES, len(window))
        reached = at
        for found_at in (at + place for place in _candidates(window)):
            if found_at < reached or (aligned and found_at % _SECTOR_BYTES):
                continue
            if found_at >= passed:
                break
            found = _measure(read, found_at, min(end, found_at + most))
            if found is not None:
                yield found
                reached = found.end
        at = max(passed, reached)
        yield None


def _next_readable(read: Read, at: int, end: int) -> int:
    """The first step from here at which the medium gives bytes again; the end when it gives none."""
    while at < end and not read(at, min(_STEP_BYTES, end - at)):
        at += _STEP_BYTES
    return min(at, end)


def _candidates(window: bytes) -> list[int]:
    """Where one of the formats may begin, in order."""
    places = []
    for mark, before in _STARTS:
        at = window.find(mark)
        while at >= 0:
            if at >= before:
                places.append(at - before)
            at = window.find(mark, at + 1)
    return sorted(places)


def _read_forward(read: Read, offset: int, length: int) -> bytes:
    """Nothing where a length that a file declares leads behind the end; what lies before a bad sector is not lost."""
    while length > 0:
        data = read(offset, length)
        if data:
            return data
        length = length // 2 if length > _SECTOR_BYTES else 0
    return b""


def _measure(read: Read, start: int, limit: int) -> Carved | None:
    head = read(start, min(_LONGEST_START, limit - start))
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(read, start, limit)
    if head.startswith(b"\x89PNG"):
        return _png(read, start, limit)
    return _boxes(read, start, limit)


def _jpeg(read: Read, start: int, limit: int) -> Carved | None:
    """From SOI to EOI, by segment lengths; taken from the first scan on, even when the end does not come."""
    at, framed = start + 2, False
    while True:
        head = read(at, min(4, limit - at))
        if len(head) < 4 or head[0] != 0xFF:
            return None
        if head[1] == 0xFF:
            at += 1
            continue
        length = struct.unpack(">H", head[2:])[0]
        if head[1] in (_END, _START) or length < 2 or not 0xC0 <= head[1] <= 0xFE:
            return None
        framed = framed or head[1] in _FRAMES
        at += 2 + length
        if head[1] == _SCAN:
            return _jpeg_scans(read, start, at, limit) if framed and at < limit else None


def _jpeg_scans(read: Read, start: int, at: int, limit: int) -> Carved:
    """Entropy-coded data and the segments between scans, until EOI or something that is no marker of a JPEG."""
    while True:
        marker_at = _next_marker(read, at, limit)
        head = read(marker_at, min(4, limit - marker_at)) if marker_at < limit else b""
        if len(head) >= 2 and head[1] == _END:
            return Carved(start=start, end=marker_at + 2, extension="jpg")
        known = len(head) == 4 and head[1] in (0xC4, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0))
        length = struct.unpack(">H", head[2:])[0] if known else 0
        if length < 2:
            end = min(max(marker_at, at), limit)
            return Carved(start=start, end=end, extension="jpg", detail="breaks off before its end mark")
        at = marker_at + 2 + length


def _next_marker(read: Read, at: int, limit: int) -> int:
    """Where the next marker is that ends entropy-coded data; ``limit`` when none comes."""
    while at < limit:
        data = read(at, min(_STEP_BYTES, limit - at))
        match = _MARK.search(data)
        if match:
            return at + match.start()
        if not data:
            return at
        if len(data) < 2:
            return limit
        at += len(data) - 1
        if at + 1 >= limit:
            return limit
    return limit


def _png(read: Read, start: int, limit: int) -> Carved | None:
    """Chunk by chunk, each with its checksum, from IHDR to IEND.

    A chunk of picture data that does not hold is taken as far as it says it goes, and ends the picture.
    """
    at, first, data_seen = start + _PNG_HEAD_BYTES, True, False
    while True:
        head = read(at, min(8, limit - at))
        length = struct.unpack(">I", head[:4])[0] if len(head) == 8 else _PNG_MOST_CHUNK
        kind = head[4:]
        sound = length < _PNG_MOST_CHUNK and first == (kind == b"IHDR")
        if not sound or at + 12 + length > limit or not _png_chunk_holds(read, at, length):
            break
        data_seen = data_seen or kind == b"IDAT"
        at += 12 + length
        first = False
        if kind == b"IEND":
            return Carved(start=start, end=at, extension="png")
    if sound and kind == b"IDAT":
        data_seen, at = True, min(at + 12 + length, limit)
    if not data_seen:
        return None
    return Carved(start=start, end=at, extension="png", detail="breaks off before its end chunk")


def _png_chunk_holds(read: Read, at: int, length: int) -> bool:
    checksum, place, end = 0, at + 4, at + 8 + length
    while place < end:
        data = read(place, min(_STEP_BYTES, end - place))
        if not data:
            return False
        checksum = zlib.crc32(data, checksum)
        place += len(data)
    return read(end, 4) == struct.pack(">I", checksum)


def _boxes(read: Read, start: int, limit: int) -> Carved | None:
    """Box by box from ftyp on; a file when it holds an index (moov, moof or meta)."""
    at, kinds, declared = start, set(), start
    brand = read(start + 8, 4)
    extension = _EXTENSIONS.get(brand, "3gp" if brand.startswith(b"3gp") else "mp4")
    while at < limit:
        head = read(at, min(16, limit - at))
        if len(head) < 8:
            break
        size, kind = struct.unpack(">I4s", head[:8])
        if size == 1 and len(head) == 16:
            size = struct.unpack(">Q", head[8:])[0]
        if kind not in _BOXES or size < 8 or (at == start) != (kind == b"ftyp"):
            break
        if at == start and (size > 512 or not _BRAND.match(brand)):
            break
        kinds.add(kind)
        declared = at + size
        at = min(declared, limit)
    indexed = kinds & {b"moov", b"moof", b"meta"}
    if not kinds or not (indexed or b"mdat" in kinds):
        return None
    if declared > limit:
        return Carved(start=start, end=limit, extension=extension, detail="breaks off within a box")
    detail = "" if indexed else "its index (moov) is missing"
    return Carved(start=start, end=at, extension=extension, detail=detail)
