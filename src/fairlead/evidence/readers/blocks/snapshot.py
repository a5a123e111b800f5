"""A snapshot of LVM2 as the kernel stores it (dm-snap-persistent.c): the origin, and chunks that were kept."""

from __future__ import annotations

import struct

from fairlead.evidence.readers.blocks.block import Block, exactly

_MAGIC = 0x70416E53  # "SnAp"
_MOST_KEPT = 1 << 24


class SnapshotVolume:
    """The origin as it was when the snapshot was taken, with what was written to the snapshot since."""

    def __init__(self, origin: Block, store: Block, chunk: int) -> None:
        if not 4096 <= chunk <= 1 << 24:
            raise OSError("no such size of a chunk")
        magic, valid, version, sectors = struct.unpack("<4I", exactly(store, 0, 16))
        if magic != _MAGIC or version != 1 or sectors * 512 != chunk:
            raise OSError("no store of a snapshot")
        if not valid:
            raise OSError("the snapshot overflowed and is not valid any more")
        self._origin, self._store, self._chunk, self.size = origin, store, chunk, origin.size
        self._kept: dict[int, int] = {}
        self._read_exceptions()

    def _read_exceptions(self) -> None:
        """Areas of the table: one chunk of pairs, then the chunks that it names."""
        each = self._chunk // 16
        at = 1
        while (at + 1) * self._chunk <= self._store.size:
            raw = exactly(self._store, at * self._chunk, self._chunk)
            for old, new in struct.iter_unpack("<QQ", raw):
                if not new:
                    return
                self._kept[old] = new
                if len(self._kept) > _MOST_KEPT:
                    raise OSError("the store of a snapshot names too many chunks")
            at += each + 1

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the snapshot."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            number, within = divmod(offset, self._chunk)
            take = min(self._chunk - within, end - offset)
            kept = self._kept.get(number)
            if kept is None:
                pieces.append(exactly(self._origin, offset, take))
            else:
                pieces.append(exactly(self._store, kept * self._chunk + within, take))
            offset += take
        return b"".join(pieces)
