"""LZO1X as Btrfs, squashfs and others store it: unpacking only.

After the kernel's Documentation/staging/lzo.rst, which describes the stream by its instructions.
"""

from __future__ import annotations

import struct

_BREAKS_OFF = "packed data of LZO break off"


def unpack_btrfs_lzo(stored: bytes, size: int, *, inline: bool = False, sector: int = 4096) -> bytes:
    """An extent of Btrfs: its length, then pieces with theirs; a length never crosses a sector."""
    total: int = struct.unpack_from("<I", stored)[0]
    if total > len(stored):
        raise OSError(_BREAKS_OFF)
    at, out = 4, bytearray()
    while at + 4 <= total and len(out) < size:
        left = sector - at % sector
        if left < 4 and not inline:
            at += left
        length: int = struct.unpack_from("<I", stored, at)[0]
        at += 4
        out += unpack_lzo(stored[at : at + length], min(sector, size - len(out)) if not inline else size)
        at += length
    return bytes(out[:size])


def unpack_lzo(stored: bytes, most: int) -> bytes:
    """A block of LZO1X of at most so many bytes. Raises OSError for what is none."""
    try:
        return _unpack(stored, most)
    except IndexError as problem:
        raise OSError(_BREAKS_OFF) from problem


def _unpack(data: bytes, most: int) -> bytes:
    out = bytearray()
    at, state = 0, 0
    first = data[0]
    if first > 17:
        at = 1
        count = first - 17
        at = _literals(data, at, count, out)
        state = min(4, count)
    while True:
        code = data[at]
        at += 1
        if code < 16 and state == 0:
            count, at = (code + 3, at) if code else _long(data, at, 18)
            at = _literals(data, at, count, out)
            state = 4
            continue
        at, distance, count, trailing = _match(data, at, code, state)
        if distance == 0:
            return bytes(out)
        if distance > len(out):
            raise OSError("packed data of LZO point before their start")
        start = len(out) - distance
        for place in range(start, start + count):
            out.append(out[place])
        if trailing:
            at = _literals(data, at, trailing, out)
        state = trailing
        if len(out) > most + 64:
            raise OSError("packed data of LZO are longer than they say")


def _match(data: bytes, at: int, code: int, state: int) -> tuple[int, int, int, int]:
    """Where to go on, distance (0 at the end), count and literals behind it."""
    if code >= 64:
        count = (code >> 5) + 1 if code >= 128 else 3 + (code >> 5 & 1)
        count = 5 + (code >> 5 & 3) if code >= 128 else count
        return at + 1, (data[at] << 3) + (code >> 2 & 7) + 1, count, code & 3
    if code >= 32:
        count, at = ((code & 31) + 2, at) if code & 31 else _long(data, at, 33)
        packed = data[at] | data[at + 1] << 8
        return at + 2, (packed >> 2) + 1, count, packed & 3
    if code >= 16:
        count, at = ((code & 7) + 2, at) if code & 7 else _long(data, at, 9)
        packed = data[at] | data[at + 1] << 8
        distance = ((code & 8) << 11) + (packed >> 2)
        return at + 2, distance + 16384 if distance else 0, count, packed & 3
    if state == 4:
        return at + 1, (data[at] << 2) + (code >> 2) + 2049, 3, code & 3
    return at + 1, (data[at] << 2) + (code >> 2) + 1, 2, code & 3


def _long(data: bytes, at: int, base: int) -> tuple[int, int]:
    """A count of which every zero byte says 255 more."""
    count = base
    while data[at] == 0:
        count += 255
        at += 1
    return count + data[at], at + 1


def _literals(data: bytes, at: int, count: int, out: bytearray) -> int:
    piece = data[at : at + count]
    if len(piece) < count:
        raise OSError(_BREAKS_OFF)
    out += piece
    return at + count
