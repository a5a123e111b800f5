"""Disk images of macOS (UDIF, .dmg): a property list at the end names runs of sectors, each packed on its own."""

from __future__ import annotations

import bz2
import lzma
import plistlib
import struct
import zlib
from bisect import bisect_right
from collections import OrderedDict
from xml.parsers.expat import ExpatError

from fairlead.evidence.readers.blocks.block import Block, checked_size, exactly, unsupported

_SECTOR = 512
_TRAILER = 512
_MOST_LIST, _MOST_RUNS, _MOST_RUN_BYTES = 64 << 20, 1 << 22, 64 << 20
_ZERO, _RAW, _IGNORE = 0x00000000, 0x00000001, 0x00000002
_ADC, _ZLIB, _BZIP2, _LZFSE, _LZMA = 0x80000004, 0x80000005, 0x80000006, 0x80000007, 0x80000008
_COMMENT, _END = 0x7FFFFFFE, 0xFFFFFFFF
_NAMES = {_ADC: "ADC", _LZFSE: "LZFSE"}
_KEPT = 16


def ends_dmg(block: Block) -> bool:
    """Whether the trailer of a disk image of macOS lies at the end."""
    return block.size > _TRAILER and block.read(block.size - _TRAILER, 8) == b"koly\0\0\0\4"


class DmgDisk:
    """The sectors of an image. Raises OSError for a damaged one, Stop for a kind of packing that is not read."""

    def __init__(self, file: Block) -> None:
        trailer = exactly(file, file.size - _TRAILER, _TRAILER)
        data_at: int = struct.unpack_from(">Q", trailer, 24)[0]
        list_at, list_bytes = struct.unpack_from(">QQ", trailer, 216)
        sectors: int = struct.unpack_from(">Q", trailer, 492)[0]
        if not 0 < list_bytes <= _MOST_LIST:
            raise OSError("no list of blocks")
        try:
            told = plistlib.loads(exactly(file, list_at, list_bytes), fmt=plistlib.FMT_XML)
            tables = [bytes(one["Data"]) for one in told["resource-fork"]["blkx"]]
        except (ValueError, KeyError, TypeError, ExpatError, RecursionError) as problem:
            raise OSError("the list of blocks is damaged") from problem
        self._file, self.size = file, checked_size(sectors * _SECTOR)
        runs: list[tuple[int, int, int, int, int]] = []
        for table in tables:
            runs += _runs(table, data_at)
            if len(runs) > _MOST_RUNS:
                raise OSError("the list of blocks is longer than a disk")
        self._runs = sorted(runs)
        self._starts = [run[0] for run in self._runs]
        self._unpacked: OrderedDict[int, bytes] = OrderedDict()
        self._broken: set[int] = set()

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the disk; sectors that no run names are zeros."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            place = bisect_right(self._starts, offset) - 1
            start, size, kind, _, _ = self._runs[place] if place >= 0 else (0, 0, _ZERO, 0, 0)
            if offset >= start + size:
                after = self._starts[place + 1] if place + 1 < len(self._starts) else end
                kind, start, size = _ZERO, offset, max(after - offset, 1)
            take = min(end - offset, start + size - offset)
            pieces.append(self._of(place, kind, offset - start, take))
            offset += take
        return b"".join(pieces)

    def _of(self, place: int, kind: int, within: int, take: int) -> bytes:
        if kind in (_ZERO, _IGNORE):
            return bytes(take)
        if kind == _RAW:
            return exactly(self._file, self._runs[place][3] + within, take)
        if place in self._broken:
            raise OSError("a packed run is damaged")
        if place not in self._unpacked:
            self._broken.add(place)  # asked for again and again, it would be unpacked as often
            self._unpacked[place] = self._unpack(place)
            self._broken.discard(place)
            if len(self._unpacked) > _KEPT:
                self._unpacked.popitem(last=False)
        return self._unpacked[place][within : within + take]

    def _unpack(self, place: int) -> bytes:
        _, size, kind, at, stored_bytes = self._runs[place]
        stored = exactly(self._file, at, stored_bytes)
        try:
            match kind:
                case _ if kind == _ZLIB:
                    data = zlib.decompressobj().decompress(stored, size)
                case _ if kind == _BZIP2:
                    data = bz2.BZ2Decompressor().decompress(stored, size)
                case _ if kind == _LZMA:
                    data = lzma.LZMADecompressor(memlimit=256 << 20).decompress(stored, size)
                case _:
                    raise OSError("a run of no kind")
        except (zlib.error, lzma.LZMAError, EOFError) as problem:
            raise OSError("a packed run is damaged") from problem
        if len(data) != size:
            raise OSError("a packed run breaks off")
        return data


def _runs(table: bytes, data_at: int) -> list[tuple[int, int, int, int, int]]:
    """Start and size on the disk, kind, place and size in the file, of one table of blocks."""
    if len(table) < 204 or table[:4] != b"mish":
        raise OSError("a table of blocks is damaged")
    first, _, base = struct.unpack_from(">QQQ", table, 8)
    count: int = struct.unpack_from(">I", table, 200)[0]
    if 204 + 40 * count > len(table):
        raise OSError("a table of blocks breaks off")
    found = []
    for kind, _, start, sectors, at, stored in struct.iter_unpack(">IIQQQQ", table[204 : 204 + 40 * count]):
        if kind == _END:
            break
        if kind == _COMMENT or not sectors:
            continue
        if kind in _NAMES:
            raise unsupported(f"a disk image of macOS packed by {_NAMES[kind]}")
        if kind not in (_ZERO, _RAW, _IGNORE) and (
            sectors * _SECTOR > _MOST_RUN_BYTES or stored > _MOST_RUN_BYTES
        ):
            raise OSError("a packed run larger than runs are")
        found.append(((first + start) * _SECTOR, sectors * _SECTOR, kind, data_at + base + at, stored))
    return found
