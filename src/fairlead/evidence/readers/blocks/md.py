"""Members of Linux software arrays (md): their superblocks, versions 0.90 and 1.0 to 1.2, and the array they make.

After include/uapi/linux/raid/md_p.h of the kernel. A superblock whose checksum is wrong is none.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fairlead.evidence.readers.blocks.block import Block, Slice, unsupported
from fairlead.evidence.readers.blocks.raid import Geometry, open_raid

_MAGIC = 0xA92B4EFC
_SECTOR = 512
_OLD_BYTES, _OLD_RESERVED = 4096, 1 << 16
_MOST_ROLES = 1920
_RECOVERING, _RESHAPING, _CHANGED = 1 << 1, 1 << 2, 1 << 6
_FAULTY_FROM = 0xFFFD  # 0xFFFF spare, 0xFFFE faulty, 0xFFFD journal
_LEVELS = {-1: "linear", 0: "RAID 0", 1: "RAID 1", 4: "RAID 4", 5: "RAID 5", 6: "RAID 6", 10: "RAID 10"}
_COMPLETE = (-1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayMember:
    """What a superblock says of its array and of its own place in it; sizes and offsets in bytes."""

    array: bytes
    name: str
    version: str
    level: int
    layout: int
    chunk: int
    used: int
    count: int
    role: int | None
    events: int
    start: int
    size: int
    reshaping: bool
    recovering: bool

    @property
    def title(self) -> str:
        """The array in words: level, name if it has one, and its number."""
        named = f" {self.name}" if self.name else ""
        return f"md {_LEVELS.get(self.level, f'level {self.level}')}{named} ({UUID(bytes=self.array)})"


def find_member(block: Block) -> ArrayMember | None:
    """The superblock of a member, at any of its four places."""
    end = block.size // _SECTOR
    places = {"1.2": 4096, "1.1": 0, "1.0": (end - 16 & ~7) * _SECTOR}
    for version, at in places.items():
        if at >= 0 and (found := _read_new(block, at, version)) is not None:
            return found
    return _read_old(block)


def _read_new(block: Block, at: int, version: str) -> ArrayMember | None:
    head = _read(block, at, 256)
    if len(head) < 256 or struct.unpack_from("<II", head) != (_MAGIC, 1):
        return None
    features: int = struct.unpack_from("<I", head, 8)[0]
    level, layout, size, chunk, count = struct.unpack_from("<iIQII", head, 72)
    start, length, stored_at = struct.unpack_from("<QQQ", head, 128)
    recovered, number = struct.unpack_from("<QI", head, 152)
    events: int = struct.unpack_from("<Q", head, 200)[0]
    most: int = struct.unpack_from("<I", head, 220)[0]
    if most > _MOST_ROLES or stored_at * _SECTOR != at or not 0 < count <= _MOST_ROLES:
        return None
    roles = _read(block, at + 256, 2 * most)
    if len(roles) < 2 * most or not _sums(head + roles):
        return None
    role = struct.unpack_from("<H", roles, 2 * number)[0] if number < most else _FAULTY_FROM
    return ArrayMember(
        array=head[16:32],
        name=head[32:64].split(b"\0")[0].decode("utf-8", "backslashreplace"),
        version=version,
        level=level,
        layout=layout,
        chunk=chunk * _SECTOR,
        used=size * _SECTOR,
        count=count,
        role=role if role < _FAULTY_FROM else None,
        events=events,
        start=start * _SECTOR,
        size=length * _SECTOR,
        reshaping=bool(features & (_RESHAPING | _CHANGED)),
        recovering=bool(features & _RECOVERING) and recovered < size,
    )


def _read_old(block: Block) -> ArrayMember | None:
    at = (block.size & ~(_OLD_RESERVED - 1)) - _OLD_RESERVED
    head = _read(block, at, _OLD_BYTES) if at >= 0 else b""
    if len(head) < _OLD_BYTES:
        return None
    words = struct.unpack("<1024I", head)
    if words[0] != _MAGIC or words[1:3] != (0, 90) or not 0 < words[10] <= 27 or not _sums_old(words):
        return None
    role, state = words[995], words[996]
    level = words[7] - (1 << 32) if words[7] >> 31 else words[7]
    return ArrayMember(
        array=struct.pack(">4I", words[5], *words[13:16]),
        name="",
        version="0.90",
        level=level,
        layout=words[64],
        chunk=words[65],
        used=words[8] * 1024,
        count=words[10],
        role=role if role < words[10] and not state & 1 else None,
        events=words[39] | words[40] << 32,
        start=0,
        size=at,
        reshaping=words[3] >= 91 or words[2] > 90,
        recovering=False,
    )


def _read(block: Block, at: int, length: int) -> bytes:
    try:
        return block.read(at, length)
    except OSError:
        return b""


def _sums(superblock: bytes) -> bool:
    """Whether the checksum of a superblock of version 1 holds: words added, the carry once folded back."""
    stored: int = struct.unpack_from("<I", superblock, 216)[0]
    cleared = superblock[:216] + bytes(4) + superblock[220:]
    total: int = sum(struct.unpack_from(f"<{len(cleared) // 4}I", cleared))
    if len(cleared) % 4:
        total += struct.unpack_from("<H", cleared, len(cleared) - 2)[0]
    folded = (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF
    return folded == stored


def _sums_old(words: tuple[int, ...]) -> bool:
    """The same for version 0.90; kernels on several processors fold the carry or leave it out."""
    total = sum(words) - words[38]
    folded = (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF
    return words[38] in (folded, total & 0xFFFFFFFF)


def assemble(found: Sequence[tuple[ArrayMember, Block]]) -> Block:
    """The array of these members. Raises OSError when too few are there, Stop for what is not read.

    Spares, members that failed, and, where the level can do without them, members that missed writes or are
    still being filled stay out.
    """
    newest = max((member for member, _ in found), key=lambda member: member.events)
    if newest.reshaping:
        raise unsupported("an array whose shape was being changed")
    places: list[Block | None] = [None] * newest.count
    for member, block in sorted(found, key=lambda one: one[0].events):
        stale = member.events + 1 < newest.events or member.recovering
        if member.role is None or member.role >= newest.count or (stale and newest.level not in _COMPLETE):
            continue
        places[member.role] = Slice(block, member.start, _data_bytes(member, block))
    geometry = Geometry(level=newest.level, layout=newest.layout, chunk=newest.chunk, used=newest.used)
    return open_raid(geometry, places)


def _data_bytes(member: ArrayMember, block: Block) -> int:
    """Bytes of a member that the array may use."""
    size = member.size
    if member.level == -1 and member.chunk:
        size = size // member.chunk * member.chunk
    if member.level in _COMPLETE:
        return size
    if member.start + member.used > block.size + _OLD_RESERVED:
        raise OSError("a member is smaller than its array says")
    return member.used


def missing_of(found: Sequence[ArrayMember]) -> int:
    """How many members of an array are not among these."""
    return found[0].count - len({member.role for member in found if member.role is not None})
