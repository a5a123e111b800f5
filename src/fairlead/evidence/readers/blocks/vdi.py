"""Disks of VirtualBox (VDI 1.1), dynamic and of fixed size; those that hold only differences are refused."""

from __future__ import annotations

import struct

from fairlead.evidence.readers.blocks.block import Block, checked_size, exactly
from fairlead.evidence.readers.entry import Stop

_MAGIC_AT, _MAGIC = 64, 0xBEDA107F
_DYNAMIC, _FIXED = 1, 2
_ZERO_FROM = 0xFFFFFFFE  # free, or discarded: both read as zeros
_MOST_BLOCKS = 1 << 26


class VdiDisk:
    """The sectors of a disk. Raises OSError for what is none, Stop for a disk of differences."""

    def __init__(self, file: Block) -> None:
        head = exactly(file, 0, 512)
        magic, version, _, kind = struct.unpack_from("<4I", head, _MAGIC_AT)
        if magic != _MAGIC or version >> 16 != 1:
            raise OSError("no disk of VirtualBox")
        map_at, data_at = struct.unpack_from("<II", head, 340)
        size, self._each, extra, count, _ = struct.unpack_from("<QIIII", head, 368)
        if kind not in (_DYNAMIC, _FIXED):
            raise Stop("unreadable", "the disk holds only what differs from another disk, which is not here")
        self.size = checked_size(size)
        if self._each < 4096 or self._each & (self._each - 1) or extra or not 0 < count <= _MOST_BLOCKS:
            raise OSError("the header of the disk is damaged")
        if count < -(-self.size // self._each):
            raise OSError("the map of the disk is shorter than the disk")
        self._map = struct.unpack(f"<{count}I", exactly(file, map_at, 4 * count))
        self._file, self._data_at = file, data_at

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the disk."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            number, within = divmod(offset, self._each)
            take = min(self._each - within, end - offset)
            place = self._map[number]
            if place >= _ZERO_FROM:
                pieces.append(bytes(take))
            else:
                pieces.append(exactly(self._file, self._data_at + place * self._each + within, take))
            offset += take
        return b"".join(pieces)
