"""Writes a small OLE compound file: one storage, streams of at least 4096 bytes, one FAT sector."""

from __future__ import annotations

import struct

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def _entry(
    name: str, kind: int, *, start: int = 0, size: int = 0, child: int = _FREE, right: int = _FREE
) -> bytes:
    stored = name.encode("utf-16-le") + b"\0\0"
    return (
        stored.ljust(64, b"\0")
        + struct.pack("<HBB", len(stored) if name else 0, kind, 1)
        + struct.pack("<III", _FREE, right, child)
        + bytes(16 + 4 + 8 + 8)
        + struct.pack("<IQ", start, size)
    )


def ole_of(streams: dict[str, bytes]) -> bytes:
    """A compound file; at most about 60 KiB, since one FAT sector names its sectors."""
    bodies = {name: data.ljust(max(len(data), 4096), b"\0") for name, data in streams.items()}
    directory_sectors = -(-(len(bodies) + 1) // 4)
    fat = [_FAT, *range(2, 1 + directory_sectors), _END]
    data, starts = b"", {}
    for name, body in bodies.items():
        starts[name] = len(fat)
        count = -(-len(body) // _SECTOR)
        fat += [*range(len(fat) + 1, len(fat) + count), _END]
        data += body.ljust(count * _SECTOR, b"\0")
    assert len(fat) <= _SECTOR // 4
    names = list(bodies)
    directory = _entry("Root Entry", 5, start=_END, child=1 if names else _FREE)
    for place, name in enumerate(names, 1):
        right = place + 1 if place < len(names) else _FREE
        directory += _entry(name, 2, start=starts[name], size=len(bodies[name]), right=right)
    directory = directory.ljust(directory_sectors * _SECTOR, b"\0")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 62, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<I", 0) + struct.pack("<108I", *[_FREE] * 108)
    table = struct.pack(f"<{_SECTOR // 4}I", *fat, *[_FREE] * (_SECTOR // 4 - len(fat)))
    return header + table + directory + data
