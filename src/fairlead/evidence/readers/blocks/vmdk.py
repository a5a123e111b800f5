"""Disks of VMware in several files: a text names the extents, which lie beside it, flat or sparse."""

from __future__ import annotations

import re
import struct
from collections import OrderedDict
from collections.abc import Sequence

from fairlead.evidence.readers.blocks.block import Block, Chain, Slice, Zeros, checked_size, exactly
from fairlead.evidence.readers.entry import Stop

_SECTOR = 512
_MOST_TEXT, _MOST_EXTENTS, _MOST_TABLES = 1 << 20, 10_000, 1 << 20
_COMPRESSED, _KEPT = 1 << 16, 64
_EXTENT = re.compile(
    r'^\s*(?:RW|RDONLY|NOACCESS)\s+(\d{1,15})\s+(\w+)(?:\s+"([^"]*)"(?:\s+(\d{1,15}))?)?', re.MULTILINE
)
_PARENT = re.compile(r"^\s*parentCID\s*=\s*([0-9a-fA-F]+)", re.MULTILINE)


def open_extents(files: Sequence[Block], names: Sequence[str]) -> Block:
    """The disk whose text is the first of these files. Raises OSError for what is none, Stop where one is missing."""
    text = files[0].read(0, _MOST_TEXT).decode("utf-8", "replace")
    parent = _PARENT.search(text)
    if parent is not None and int(parent[1], 16) != 0xFFFFFFFF:
        raise Stop("unreadable", "the disk holds only what differs from another disk, which is not here")
    beside = {name.rpartition("/")[2].casefold(): file for name, file in zip(names, files, strict=False)}
    extents: list[Block] = []
    for match in _EXTENT.finditer(text):
        size, kind = checked_size(int(match[1]) * _SECTOR), match[2].upper()
        if kind == "ZERO":
            extents.append(Zeros(size))
            continue
        file = beside.get((match[3] or "").rpartition("/")[2].casefold())
        if file is None:
            raise Stop("unreadable", f"extent {len(extents) + 1} of the disk is not beside its description")
        extents.append(_extent(kind, file, int(match[4] or 0) * _SECTOR, size))
        if len(extents) > _MOST_EXTENTS:
            raise OSError("the disk names too many extents")
    if not extents:
        raise OSError("the description of the disk names no extent")
    return Chain(extents)


def _extent(kind: str, file: Block, start: int, size: int) -> Block:
    if kind in {"FLAT", "VMFS"}:
        return Slice(file, start, size)
    if kind != "SPARSE":
        raise Stop("unsupported", f"not opened: a disk of VMware with an extent of kind {kind[:20]}")
    return SparseExtent(file, size)


class SparseExtent:
    """A hosted sparse extent (Virtual Disk Format 5.0): a directory of tables of grains; what has none is zeros."""

    def __init__(self, file: Block, size: int) -> None:
        head = exactly(file, 0, _SECTOR)
        magic, _, flags, capacity, grain, _, _, per_table = struct.unpack_from("<4sIIQQQQI", head)
        directory_at: int = struct.unpack_from("<Q", head, 56)[0]
        if magic != b"KDMV" or not 1 <= grain <= 1 << 16 or not 1 <= per_table <= 1 << 16:
            raise OSError("no extent of a disk")
        if flags & _COMPRESSED:
            raise Stop("unsupported", "not opened: a disk of VMware in several files with packed grains")
        self.size = min(size, checked_size(capacity * _SECTOR))
        self._file, self._grain, self._per_table = file, grain * _SECTOR, per_table
        count = -(-self.size // (self._grain * per_table))
        if count > _MOST_TABLES:
            raise OSError("the extent has too many tables")
        self._directory = struct.unpack(f"<{count}I", exactly(file, directory_at * _SECTOR, 4 * count))
        self._tables: OrderedDict[int, tuple[int, ...]] = OrderedDict()

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the extent."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            number, within = divmod(offset, self._grain)
            take = min(self._grain - within, end - offset)
            place = self._place(number)
            if place > 1:
                pieces.append(exactly(self._file, place * _SECTOR + within, take))
            else:
                pieces.append(bytes(take))
            offset += take
        return b"".join(pieces)

    def _place(self, number: int) -> int:
        first, second = divmod(number, self._per_table)
        table_at = self._directory[first]
        if not table_at:
            return 0
        if table_at not in self._tables:
            raw = exactly(self._file, table_at * _SECTOR, 4 * self._per_table)
            self._tables[table_at] = struct.unpack(f"<{self._per_table}I", raw)
            if len(self._tables) > _KEPT:
                self._tables.popitem(last=False)
        place: int = self._tables[table_at][second]
        return place
