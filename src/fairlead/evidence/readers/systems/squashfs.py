"""squashfs 4.0: packed, read-only file systems of live systems, images of software and backups.

After the kernel's Documentation/filesystems/squashfs.rst and squashfs_fs.h. zlib, LZMA, LZO, XZ, LZ4 and Zstandard.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from backports import zstd
from imagecodecs import Lz4Error, lz4_decode

from fairlead.evidence.readers.blocks.block import Block, exactly, unsupported
from fairlead.evidence.readers.entry import Entry, Stop, Write
from fairlead.evidence.readers.free_space import Range
from fairlead.evidence.readers.systems.files import MOST_DEPTH, container_of, copy_pieces
from fairlead.evidence.readers.systems.lzo import unpack_lzo
from fairlead.evidence.readers.wire import EntryPlace

_SUPERBLOCK = struct.Struct("<IIIIIHHHHHHQQQQQQQQ")
_MAGIC, _META, _STORED_META, _STORED_DATA = 0x73717368, 8192, 0x8000, 1 << 24
_FOLDER, _FILE, _LONG_FOLDER, _LONG_FILE = 1, 2, 8, 9
_KINDS = {3: "symbolic link", 4: "block device", 5: "character device", 6: "FIFO", 7: "socket"}
_NO_FRAGMENT = 0xFFFFFFFF
_KEPT, _MOST_ENTRIES, _MOST_BLOCKS = 32, 1 << 24, 1 << 24
_CLOCK = "squashfs, UTC, 1 s"
_REFUSALS = (
    OSError,
    ValueError,
    IndexError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    zstd.ZstdError,
    Lz4Error,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inode:
    """A file or folder: ``blocks`` are stored sizes, ``tail`` is fragment and offset, or a folder's place."""

    kind: int
    modified: int
    size: int = 0
    start: int = 0
    blocks: tuple[int, ...] = ()
    tail: tuple[int, int] = (_NO_FRAGMENT, 0)


class SquashfsReader:
    """The files of one volume. Raises OSError for a damaged one."""

    def __init__(self, block: Block, number: int) -> None:
        self._block, self._number = block, number
        head = _SUPERBLOCK.unpack(exactly(block, 0, _SUPERBLOCK.size))
        magic, _, _, self._size, self._fragments, self._packing, log = head[:7]
        major, self._root = head[9], head[11]
        self._inodes_at, self._folders_at, self._fragments_at = head[15], head[16], head[17]
        if magic != _MAGIC or major != 4 or not 12 <= log <= 20 or self._size != 1 << log:
            raise OSError("no squashfs of version 4")
        if not 1 <= self._packing <= 6:
            raise unsupported(f"squashfs packed by method {self._packing}")
        self._metas: OrderedDict[int, tuple[bytes, int]] = OrderedDict()
        self._unpacked: OrderedDict[int, bytes] = OrderedDict()

    def free(self) -> list[Range] | None:
        """None of it is free: it is packed, and never written again."""
        return []

    def entries(self) -> Iterator[Entry | None]:
        """All files by their folders, then what was damaged."""
        waiting = [(self._root, b"", 0)]
        damaged, seen, listed = 0, {self._root}, 0
        while waiting:
            reference, prefix, depth = waiting.pop()
            folders = []
            try:
                for name, below in self._names(reference):
                    listed += 1
                    if listed > _MOST_ENTRIES:
                        raise Stop("limit", f"more than {_MOST_ENTRIES} entries; the rest is not listed")
                    path = prefix + b"/" + name
                    try:
                        inode = self._inode(below)
                    except _REFUSALS:
                        damaged += 1
                        continue
                    if inode.kind not in (_FOLDER, _LONG_FOLDER):
                        yield self._entry(below, path, inode)
                    elif below not in seen and depth < MOST_DEPTH:
                        seen.add(below)
                        folders.append((below, path, depth + 1))
            except _REFUSALS:
                damaged += 1
            waiting.extend(reversed(folders))
        if damaged:
            yield Entry(
                path=b"", kind="inode", partition=self._number, inode=0, verdict="damaged", rest=True,
                detail=f"squashfs: {damaged} folders or files could not be read",
            )  # fmt: skip

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one file's bytes."""
        try:
            inode = self._inode(place["inode"])
        except _REFUSALS as problem:
            raise Stop("damaged", "the inode cannot be read") from problem
        copy_pieces(lambda at, length: self._read(inode, at, length), inode.size, write, _REFUSALS)

    def _entry(self, reference: int, path: bytes, inode: _Inode) -> Entry:
        special = (
            None
            if inode.kind in (_FILE, _LONG_FILE)
            else _KINDS.get((inode.kind - 1) % 7 + 1, "special file")
        )
        return Entry(
            path=path,
            kind="inode",
            partition=self._number,
            inode=reference,
            size=inode.size if special is None else None,
            modified=inode.modified * 1_000_000,
            clock=_CLOCK,
            verdict="not_a_file" if special else None,
            detail=special or "",
            container=None
            if special
            else container_of(lambda at, length: self._read(inode, at, length), inode.size, _REFUSALS),
        )

    # Metadata: blocks of 8 KiB, each packed on its own, one behind the other.

    def _meta(self, at: int) -> tuple[bytes, int]:
        """A block of metadata and where the next one begins."""
        if at not in self._metas:
            head: int = struct.unpack("<H", exactly(self._block, at, 2))[0]
            length = head & 0x7FFF
            data = exactly(self._block, at + 2, length)
            if not head & _STORED_META:
                data = self._unpack(data, _META)
            if not data or len(data) > _META:
                raise OSError("a block of metadata is damaged")
            self._metas[at] = (data, at + 2 + length)
            if len(self._metas) > _KEPT:
                self._metas.popitem(last=False)
        return self._metas[at]

    def _stream(self, at: int, offset: int, length: int) -> bytes:
        """So many bytes of metadata from an offset in a block on."""
        pieces = bytearray()
        while len(pieces) < length:
            data, at = self._meta(at)
            if offset >= len(data):
                raise OSError("a place in metadata that is none")
            pieces += data[offset : offset + length - len(pieces)]
            offset = 0
        return bytes(pieces)

    def _inode(self, reference: int) -> _Inode:
        at, offset = self._inodes_at + (reference >> 16), reference & 0xFFFF
        kind, _, _, _, modified, _ = struct.unpack("<HHHHII", self._stream(at, offset, 16))
        match kind:
            case 1:
                start, _, size, within, _ = struct.unpack("<IIHHI", self._stream(at, offset, 32)[16:])
                return _Inode(kind=kind, modified=modified, size=size, start=start, tail=(0, within))
            case 8:
                _, size, start, _, _, within, _ = struct.unpack("<IIIIHHI", self._stream(at, offset, 40)[16:])
                return _Inode(kind=kind, modified=modified, size=size, start=start, tail=(0, within))
            case 2:
                start, fragment, within, size = struct.unpack("<IIII", self._stream(at, offset, 32)[16:])
                head = 32
            case 9:
                start, size, _, _, fragment, within, _ = struct.unpack(
                    "<QQQIIII", self._stream(at, offset, 56)[16:]
                )
                head = 56
            case _:
                return _Inode(kind=kind, modified=modified)
        count = size // self._size if fragment != _NO_FRAGMENT else -(-size // self._size)
        if count > _MOST_BLOCKS:
            raise OSError("a file with more blocks than there are")
        sizes = self._stream(at, offset, head + 4 * count)[head:]
        return _Inode(
            kind=kind, modified=modified, size=size, start=start, blocks=struct.unpack(f"<{count}I", sizes),
            tail=(fragment, within),
        )  # fmt: skip

    def _names(self, reference: int) -> Iterator[tuple[bytes, int]]:
        """Names in a folder with the references of their inodes."""
        folder = self._inode(reference)
        if folder.kind not in (_FOLDER, _LONG_FOLDER) or folder.size > 1 << 30:
            raise OSError("no folder")
        if folder.size <= 3:
            return
        data = self._stream(self._folders_at + folder.start, folder.tail[1], folder.size - 3)
        at = 0
        while at + 12 <= len(data):
            count, start, _ = struct.unpack_from("<III", data, at)
            at += 12
            if count >= 256:
                raise OSError("a folder is damaged")
            for _ in range(count + 1):
                offset, _, _, length = struct.unpack_from("<HhHH", data, at)
                name = data[at + 8 : at + 9 + length]
                at += 9 + length
                yield name, start << 16 | offset

    # Data.

    def _read(self, inode: _Inode, at: int, length: int) -> bytes:
        """Bytes of a file."""
        pieces, end = [], min(at + length, inode.size)
        while at < end:
            number, within = divmod(at, self._size)
            data = self._data(inode, number) if number < len(inode.blocks) else self._tail(inode)
            piece = data[within : within + end - at]
            if not piece:
                raise OSError("a block of a file is shorter than it says")
            pieces.append(piece)
            at += len(piece)
        return b"".join(pieces)

    def _data(self, inode: _Inode, number: int) -> bytes:
        stored = inode.blocks[number]
        whole = min(self._size, inode.size - number * self._size)
        if not stored & ~_STORED_DATA:
            return bytes(whole)
        at = inode.start + sum(size & ~_STORED_DATA for size in inode.blocks[:number])
        return self._block_at(at, stored)[:whole]

    def _tail(self, inode: _Inode) -> bytes:
        fragment, within = inode.tail
        if fragment >= self._fragments:
            raise OSError("a file lacks its end")
        table: int = struct.unpack("<Q", exactly(self._block, self._fragments_at + fragment // 512 * 8, 8))[0]
        start, stored, _ = struct.unpack("<QII", self._stream(table, fragment % 512 * 16, 16))
        left = inode.size - len(inode.blocks) * self._size
        return self._block_at(start, stored)[within : within + left]

    def _block_at(self, at: int, stored: int) -> bytes:
        if at not in self._unpacked:
            length = stored & ~_STORED_DATA
            if length > self._size:
                raise OSError("a block larger than blocks are")
            data = exactly(self._block, at, length)
            self._unpacked[at] = data if stored & _STORED_DATA else self._unpack(data, self._size)
            if len(self._unpacked) > _KEPT:
                self._unpacked.popitem(last=False)
        return self._unpacked[at]

    def _unpack(self, data: bytes, most: int) -> bytes:
        match self._packing:
            case 1:
                return zlib.decompressobj().decompress(data, most)
            case 2:
                return lzma.LZMADecompressor(format=lzma.FORMAT_ALONE, memlimit=256 << 20).decompress(
                    data, most
                )
            case 3:
                return unpack_lzo(data, most)
            case 4:
                return lzma.LZMADecompressor(memlimit=256 << 20).decompress(data, most)
            case 5:
                return bytes(lz4_decode(data, out=most))
        return zstd.ZstdDecompressor().decompress(data, max_length=most)
