"""Which bytes of a file system belong to no file, by its own map: ext bitmaps, NTFS $Bitmap, the FAT, HFS+'s.

The map says what the file system would give away next. What it says of a damaged file system may be wrong in
both directions; slack behind the ends of files is not in it.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from fairlead.evidence.readers.image import BlockImage

_PIECES = re.compile(rb"\x00+|[^\x00\xff]", re.DOTALL)
_MOST_BITMAP_BYTES = 1 << 28
_NTFS_BITMAP, _HFS_ALLOCATION = 6, 6
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_EXT_SUPERBLOCK_AT, _EXT_64BIT, _EXT_META_GROUPS, _EXT_UNUSED_GROUP = 1024, 0x80, 0x10, 0x2
_EXT_MOST_GROUPS = 1 << 20
_FAT12_CLUSTERS, _FAT16_CLUSTERS = 4085, 65525
_FAT32_MASK = 0x0FFFFFFF

Range = tuple[int, int]


def free_ranges(family: str, image: BlockImage, start: int, system: Any) -> list[Range] | None:
    """Free ranges of a file system as bytes of the image, in order; None where its map cannot be read.

    ``start`` is the first byte of the file system, ``system`` how The Sleuth Kit sees it.
    """
    try:
        match family:
            case "ext":
                found = _ext(image, start)
            case "ntfs":
                found = _ntfs(system, start)
            case "hfs":
                found = _hfs(system, start)
            case "fat":
                found = _fat(image, start)
            case _:
                return None
        return list(_joined(found))
    except (OSError, struct.error, ValueError, ZeroDivisionError):
        return None


def zero_bits(bitmap: bytes, count: int) -> Iterator[Range]:
    """Runs of zero bits among the first ``count``, least significant bit first."""
    for match in _PIECES.finditer(bitmap):
        low, byte = match.start() * 8, bitmap[match.start()]
        if byte == 0:
            yield low, min(match.end() * 8, count)
            continue
        for bit in range(8):
            if not byte >> bit & 1 and low + bit < count:
                yield low + bit, low + bit + 1


def _joined(ranges: Iterator[Range]) -> Iterator[Range]:
    held: Range | None = None
    for start, end in ranges:
        if end <= start:
            continue
        if held is not None and held[1] == start:
            held = (held[0], end)
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held


def _ext(image: BlockImage, start: int) -> Iterator[Range]:
    head = image.read(start + _EXT_SUPERBLOCK_AT, 1024)
    blocks, first = struct.unpack_from("<I", head, 4)[0], struct.unpack_from("<I", head, 20)[0]
    size = 1024 << struct.unpack_from("<I", head, 24)[0]
    per_group = struct.unpack_from("<I", head, 32)[0]
    features = struct.unpack_from("<I", head, 96)[0]
    if features & _EXT_META_GROUPS:
        raise ValueError("group descriptors lie elsewhere")
    wide = bool(features & _EXT_64BIT)
    entry = (struct.unpack_from("<H", head, 254)[0] or 32) if wide else 32
    if wide:
        blocks |= struct.unpack_from("<I", head, 336)[0] << 32
    groups = -(-(blocks - first) // per_group)
    if not 0 < groups <= _EXT_MOST_GROUPS or not 0 < per_group <= size * 8:
        raise ValueError("no such number of block groups")
    table = image.read(start + (first + 1) * size, groups * entry)
    for group in range(groups):
        at = group * entry
        bitmap_at = struct.unpack_from("<I", table, at)[0]
        if wide and entry >= 64:
            bitmap_at |= struct.unpack_from("<I", table, at + 32)[0] << 32
        base = start + (first + group * per_group) * size
        count = min(per_group, blocks - first - group * per_group)
        if struct.unpack_from("<H", table, at + 18)[0] & _EXT_UNUSED_GROUP:
            yield base, base + count * size
            continue
        bitmap = image.read(start + bitmap_at * size, -(-count // 8))
        for low, high in zero_bits(bitmap, count):
            yield base + low * size, base + high * size


def _ntfs(system: Any, start: int) -> Iterator[Range]:
    file = system.open_meta(_NTFS_BITMAP)
    length, cluster = file.info.meta.size, system.info.block_size
    if not 0 < length <= _MOST_BITMAP_BYTES:
        raise ValueError("no such bitmap")
    bitmap = file.read_random(0, length)
    for low, high in zero_bits(bitmap, min(system.info.block_count, length * 8)):
        yield start + low * cluster, start + high * cluster


def _hfs(system: Any, start: int) -> Iterator[Range]:
    """The allocation file; its bits run from the most significant one."""
    file = system.open_meta(_HFS_ALLOCATION)
    length, block = file.info.meta.size, system.info.block_size
    if not 0 < length <= _MOST_BITMAP_BYTES:
        raise ValueError("no such bitmap")
    bitmap = file.read_random(0, length).translate(_MIRRORED)
    for low, high in zero_bits(bitmap, min(system.info.block_count, length * 8)):
        yield start + low * block, start + high * block


def _fat(image: BlockImage, start: int) -> Iterator[Range]:
    boot = image.read(start, 512)
    if boot[3:11] == b"EXFAT   ":
        raise ValueError("the map of exFAT is another one")
    sector, per_cluster, reserved, copies, root, small, _, fat16 = struct.unpack_from("<HBHBHHBH", boot, 11)
    large, fat32 = struct.unpack_from("<I", boot, 32)[0], struct.unpack_from("<I", boot, 36)[0]
    fat_sectors = fat16 or fat32
    data_at = reserved + copies * fat_sectors + -(-root * 32 // sector)
    clusters = ((small or large) - data_at) // per_cluster
    if clusters <= 0 or fat_sectors * sector > _MOST_BITMAP_BYTES:
        raise ValueError("no such number of clusters")
    table = image.read(start + reserved * sector, fat_sectors * sector)
    size = per_cluster * sector
    base = start + data_at * sector
    for number, value in enumerate(_fat_entries(table, clusters + 2)):
        if number >= 2 and value == 0:
            yield base + (number - 2) * size, base + (number - 1) * size


def _fat_entries(table: bytes, count: int) -> Iterator[int]:
    if count - 2 < _FAT12_CLUSTERS:
        for number in range(count):
            pair = struct.unpack_from("<H", table, number * 3 // 2)[0]
            yield pair >> 4 if number & 1 else pair & 0xFFF
        return
    wide = count - 2 >= _FAT16_CLUSTERS
    entries = array("I" if wide else "H", table[: count * (4 if wide else 2)])
    for value in entries:
        yield value & _FAT32_MASK


def between(taken: list[Range], end: int) -> Iterator[Range]:
    """What lies between ranges of a disk, and behind the last one."""
    ordered = [(0, 0), *sorted(taken), (end, end)]
    reached = 0
    for (_, previous), (start, _) in pairwise(ordered):
        reached = max(reached, previous)
        if start > reached:
            yield reached, start
