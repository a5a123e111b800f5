"""Disks of QEMU (qcow 1, qcow2 and qcow3): plain, sparse, compressed by zlib or Zstandard, with subclusters.

Read by the specification (QEMU, docs/interop/qcow2.rst), since the only wheel of libqcow that can be installed gives
zeros for compressed clusters. `tests/evidence/test_containers.py` compares it with `qemu-img convert`.
"""

from __future__ import annotations

import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from backports import zstd

from fairlead.evidence.readers.entry import Stop

Read = Callable[[int, int], bytes]
"""``read(offset, length)``: bytes of the file."""

_MAGIC = b"QFI\xfb"
_SECTOR = 512
_OFFSET = 0x00FF_FFFF_FFFF_FE00  # bits 9 to 55
_COMPRESSED, _ZERO = 1 << 62, 1
_SUBCLUSTERS = 32
_LARGEST_DISK = 1 << 50
_TABLES_KEPT, _CLUSTERS_KEPT = 64, 32
_FEATURES = {2: "its data in another file", 3: "a kind of compression", 4: "subclusters"}
_KNOWN_FEATURES = 0b11 | 1 << 3 | 1 << 4  # dirty and corrupt say something of the table of references only
_DIFFERENCES = "the disk holds only what differs from another disk, which is not here"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    version: int
    size: int
    cluster_bits: int
    l1_offset: int
    l1_size: int
    l2_bits: int
    subclusters: bool
    zstandard: bool

    @property
    def cluster(self) -> int:
        return 1 << self.cluster_bits


class QcowDisk:
    """The sectors of one disk; the parent of a disk of differences is not looked for.

    Raises OSError where the file is no such disk or breaks off, and Stop where its form is one that is not read.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._header = _parse_header(read)
        raw = self._exactly(self._header.l1_offset, 8 * self._header.l1_size)
        self._l1 = struct.unpack(f">{self._header.l1_size}Q", raw)
        self._tables: OrderedDict[int, bytes] = OrderedDict()
        self._clusters: OrderedDict[int, bytes] = OrderedDict()

    def get_media_size(self) -> int:
        """Size of the disk in bytes."""
        return self._header.size

    def read_buffer_at_offset(self, length: int, offset: int) -> bytes:
        """Bytes of the disk; fewer at its end."""
        end = min(offset + length, self._header.size)
        pieces = []
        while offset < end:
            within = offset % self._header.cluster
            take = min(end - offset, self._header.cluster - within)
            pieces.append(self._of_cluster(offset // self._header.cluster, within, take))
            offset += take
        return b"".join(pieces)

    def _of_cluster(self, number: int, within: int, take: int) -> bytes:
        entry, bitmap = self._entry(number)
        if self._header.version == 1:
            return self._of_version_1(entry, within, take)
        if entry & _COMPRESSED:
            return self._unpacked(entry)[within : within + take]
        host = entry & _OFFSET
        if self._header.subclusters:
            return self._of_subclusters(host, bitmap, within, take)
        if entry & _ZERO or not host:
            return bytes(take)
        return self._exactly(host + within, take)

    def _of_version_1(self, entry: int, within: int, take: int) -> bytes:
        if not entry:
            return bytes(take)
        if entry >> 63:
            shift = 63 - self._header.cluster_bits
            offset, size = entry & ((1 << shift) - 1), (entry >> shift) & (self._header.cluster - 1)
            return self._inflated(entry, offset, size)[within : within + take]
        return self._exactly(entry + within, take)

    def _of_subclusters(self, host: int, bitmap: int, within: int, take: int) -> bytes:
        each = self._header.cluster // _SUBCLUSTERS
        pieces, at, end = [], within, within + take
        while at < end:
            index = at // each
            step = min(end - at, each - at % each)
            stored = bitmap >> index & 1 and not bitmap >> (index + _SUBCLUSTERS) & 1
            pieces.append(self._exactly(host + at, step) if stored else bytes(step))
            at += step
        return b"".join(pieces)

    def _entry(self, number: int) -> tuple[int, int]:
        """A cluster's entry in its table of the second level, and its bitmap of subclusters."""
        first, second = number >> self._header.l2_bits, number & ((1 << self._header.l2_bits) - 1)
        if first >= len(self._l1):
            raise OSError("a cluster lies behind the table of the first level")
        table_at = self._l1[first] & _OFFSET if self._header.version > 1 else self._l1[first]
        if not table_at:
            return 0, 0
        width = 16 if self._header.subclusters else 8
        table = _kept(
            self._tables,
            table_at,
            _TABLES_KEPT,
            lambda at: self._exactly(at, width << self._header.l2_bits),
        )
        entry: int = struct.unpack_from(">Q", table, second * width)[0]
        bitmap: int = struct.unpack_from(">Q", table, second * width + 8)[0] if width == 16 else 0
        return entry, bitmap

    def _unpacked(self, entry: int) -> bytes:
        shift = 62 - (self._header.cluster_bits - 8)
        offset = entry & ((1 << shift) - 1)
        sectors = (entry & (_COMPRESSED - 1)) >> shift
        return self._inflated(entry, offset, (sectors + 1) * _SECTOR - offset % _SECTOR)

    def _inflated(self, entry: int, offset: int, size: int) -> bytes:
        """A compressed cluster. What is stored ends with a sector: the last one may be cut by the end of the file."""
        return _kept(self._clusters, entry, _CLUSTERS_KEPT, lambda _: self._inflate(offset, size))

    def _inflate(self, offset: int, size: int) -> bytes:
        stored = self._read(offset, min(size, 2 * self._header.cluster + _SECTOR))
        try:
            if self._header.zstandard:
                data = zstd.ZstdDecompressor().decompress(stored, max_length=self._header.cluster)
            else:
                data = zlib.decompressobj(wbits=-12).decompress(stored, self._header.cluster)
        except (zlib.error, zstd.ZstdError) as problem:
            raise OSError("a compressed cluster is damaged") from problem
        if len(data) != self._header.cluster:
            raise OSError("a compressed cluster breaks off")
        return data

    def _exactly(self, offset: int, length: int) -> bytes:
        data = self._read(offset, length)
        if len(data) != length:
            raise OSError("the disk breaks off")
        return data


def _kept(kept: OrderedDict[int, bytes], key: int, most: int, make: Callable[[int], bytes]) -> bytes:
    if key in kept:
        kept.move_to_end(key)
        return kept[key]
    made = kept[key] = make(key)
    if len(kept) > most:
        kept.popitem(last=False)
    return made


def _parse_header(read: Read) -> _Header:
    raw = read(0, 112)
    if len(raw) < 48 or raw[:4] != _MAGIC:
        raise OSError("no disk of QEMU")
    version: int = struct.unpack_from(">I", raw, 4)[0]
    if struct.unpack_from(">Q", raw, 8)[0]:
        raise Stop("unreadable", _DIFFERENCES)
    raw = raw.ljust(112, b"\0")
    header = _version_1(raw) if version == 1 else _version_2(raw, version)
    if not 9 <= header.cluster_bits <= 21 or not 0 < header.size <= _LARGEST_DISK:
        raise OSError("the header of the disk is damaged")
    if header.l1_size > (header.size >> (header.cluster_bits + header.l2_bits)) + 2:
        raise OSError("the table of the first level is larger than its disk")
    return header


def _version_1(raw: bytes) -> _Header:
    size, cluster_bits, l2_bits, _, encrypted, l1_offset = struct.unpack_from(">QBBHIQ", raw, 24)
    _refuse_encrypted(encrypted)
    if not 6 <= l2_bits <= 18:
        raise OSError("the header of the disk is damaged")
    if not 9 <= cluster_bits <= 21 or size > _LARGEST_DISK:
        raise OSError("the header of the disk is damaged")
    return _Header(
        version=1, size=size, cluster_bits=cluster_bits, l1_offset=l1_offset,
        l1_size=-(-size // (1 << (cluster_bits + l2_bits))), l2_bits=l2_bits, subclusters=False, zstandard=False,
    )  # fmt: skip


def _version_2(raw: bytes, version: int) -> _Header:
    cluster_bits, size, encrypted, l1_size, l1_offset = struct.unpack_from(">IQIIQ", raw, 20)
    _refuse_encrypted(encrypted)
    features: int = struct.unpack_from(">Q", raw, 72)[0] if version >= 3 else 0
    header_bytes: int = struct.unpack_from(">I", raw, 100)[0] if version >= 3 else 72
    for bit in range(64):
        if features >> bit & 1 and not _KNOWN_FEATURES >> bit & 1:
            raise Stop(
                "unreadable", f"not supported: a disk of QEMU with {_FEATURES.get(bit, f'feature {bit}')}"
            )
    kind = raw[104] if header_bytes > 104 else 0
    if kind > 1:
        raise Stop("unreadable", f"not supported: a disk of QEMU with compression {kind}")
    subclusters = bool(features >> 4 & 1)
    return _Header(
        version=version, size=size, cluster_bits=cluster_bits, l1_offset=l1_offset, l1_size=l1_size,
        l2_bits=cluster_bits - (4 if subclusters else 3), subclusters=subclusters, zstandard=kind == 1,
    )  # fmt: skip


def _refuse_encrypted(method: int) -> None:
    if method:
        raise Stop("encrypted", f"a disk of QEMU, encrypted by {'LUKS' if method == 2 else 'AES'}")
