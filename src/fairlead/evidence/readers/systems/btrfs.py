"""Btrfs: all subvolumes and snapshots of one file system, on one or several devices.

After the on-disk format (btrfs.readthedocs.io, kernel headers btrfs_tree.h). Profiles single, DUP, RAID 0, 1, 1C3, 1C4
and 10; zlib, zstd and LZO. Not read: RAID 5 and 6, and what the log tree holds of the last seconds.
"""

from __future__ import annotations

import stat
import struct
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from backports import zstd

from fairlead.evidence.readers.blocks.block import Block, exactly, unsupported
from fairlead.evidence.readers.entry import Entry, Stop, Write
from fairlead.evidence.readers.free_space import Range
from fairlead.evidence.readers.systems.files import MOST_DEPTH, SPECIAL, container_of, copy_pieces
from fairlead.evidence.readers.systems.lzo import unpack_btrfs_lzo
from fairlead.evidence.readers.wire import EntryPlace

_SUPERBLOCK_AT = 0x10000
_MAGIC = b"_BHRfS_M"
_INODE, _DIRECTORY, _EXTENT, _ROOT, _ROOT_REF, _CHUNK = 1, 96, 108, 132, 156, 228
_TOP, _FIRST_FREE, _LAST_FREE, _FIRST_INODE = 5, 256, (1 << 64) - 256, 256
_STRIPED, _MIRRORED, _TENTH, _PARITY = 0x8, 0x10 | 0x20 | 0x200 | 0x400, 0x40, 0x80 | 0x100
_HEADER, _POINTER, _ITEM = 101, 33, 25
_MOST_LEVEL, _MOST_CHUNKS, _MOST_NODE = 8, 1 << 18, 65536
_MOST_EXTENT = 128 << 10  # of packed data
_NODES_KEPT, _FILES_KEPT, _MOST_ITEMS = 256, 64, 1 << 24
_CLOCK = "Btrfs, UTC, 1 ns"
_REFUSALS = (OSError, ValueError, KeyError, IndexError, struct.error, zlib.error, zstd.ZstdError)
_UNREAD = {1 << 12: "zones", 1 << 13: "extent tree v2", 1 << 14: "a RAID stripe tree"}

Key = tuple[int, int, int]
_ANY: Key = (0, 0, 0)
_END: Key = ((1 << 64) - 1, 255, (1 << 64) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    start: int
    size: int
    stripe: int
    kind: int
    stripes: tuple[tuple[int, int], ...]
    sub: int


@dataclass(slots=True, kw_only=True)
class _File:
    """An inode with its extents, in order of their place in the file."""

    size: int
    mode: int
    times: tuple[int | None, int | None, int | None, int | None]
    extents: list[tuple[int, bytes]] = field(default_factory=list)


class BtrfsReader:
    """The files of one file system. Raises OSError for a damaged one, Stop for a form that is not read."""

    def __init__(self, devices: Sequence[Block], number: int) -> None:
        self._number = number
        head = exactly(devices[0], _SUPERBLOCK_AT, 4096)
        if head[0x40:0x48] != _MAGIC:
            raise OSError("no superblock of Btrfs")
        self._root_at, self._chunks_at = struct.unpack_from("<QQ", head, 0x50)
        self._sector, self._node = struct.unpack_from("<II", head, 0x90)
        if not 4096 <= self._node <= _MOST_NODE or not 512 <= self._sector <= _MOST_NODE:
            raise OSError("the superblock of Btrfs is damaged")
        features: int = struct.unpack_from("<Q", head, 0xBC)[0]
        for bit, name in _UNREAD.items():
            if features & bit:
                raise unsupported(f"Btrfs with {name}")
        self._devices = _devices_of(devices, head[0x20:0x30])
        self._log_at: int = struct.unpack_from("<Q", head, 0x60)[0]
        self._count: int = struct.unpack_from("<Q", head, 0x88)[0]
        self._chunks: list[_Chunk] = []
        self._starts: list[int] = []
        self._nodes: OrderedDict[int, bytes] = OrderedDict()
        self._files: OrderedDict[tuple[int, int], _File] = OrderedDict()
        self._read_system_chunks(head)
        for key, data in self._items(self._chunks_at):
            if key[1] == _CHUNK:
                self._add_chunk(key[2], data)
        self._roots: dict[int, int] = {}
        self._names: dict[int, tuple[int, int, bytes]] = {}
        self._read_roots()

    def free(self) -> list[Range] | None:
        """Not known here."""
        return None

    def entries(self) -> Iterator[Entry | None]:
        """Files of every subvolume and snapshot under its path, then what was damaged."""
        damaged: list[str] = []
        if len(self._devices) < self._count:
            missing = self._count - len(self._devices)
            damaged.append(
                f"{missing} of {self._count} devices are not here; what lies on them alone is not read"
            )
        for subvolume in self._subvolumes():
            try:
                yield from self._walk(subvolume, self._path_of(subvolume), damaged)
            except Stop as stop:
                yield self._rest(stop.verdict, f"{stop.detail}, subvolume {subvolume}")
            except _REFUSALS as problem:
                damaged.append(f"the tree of subvolume {subvolume} breaks off ({str(problem)[:60]})")
        if self._log_at:
            said = "Btrfs: the log of the last seconds before it was cut off from power is not replayed"
            yield self._rest("unsupported", said)
        if damaged:
            yield self._rest("damaged", "Btrfs: " + "; ".join(damaged[:5]))

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one file's bytes."""
        try:
            file = self._file(place["volume"], place["inode"])
        except _REFUSALS as problem:
            raise Stop("damaged", "the inode cannot be read") from problem
        copy_pieces(lambda at, length: self._read_file(file, at, length), file.size, write, _REFUSALS)

    def _rest(self, verdict: str, detail: str) -> Entry:
        return Entry(
            path=b"", kind="volume", partition=self._number, volume=0, inode=0, verdict=verdict, detail=detail,
            rest=True,
        )  # fmt: skip

    # Chunks: where logical bytes lie.

    def _read_system_chunks(self, head: bytes) -> None:
        at, end = 0x32B, 0x32B + min(struct.unpack_from("<I", head, 0xA0)[0], 2048)
        while at + 17 + 80 <= end:
            start: int = struct.unpack_from("<Q", head, at + 9)[0]
            count: int = struct.unpack_from("<H", head, at + 17 + 44)[0]
            self._add_chunk(start, head[at + 17 : at + 17 + 48 + 32 * count])
            at += 17 + 48 + 32 * count

    def _add_chunk(self, start: int, data: bytes) -> None:
        size, _, stripe, kind = struct.unpack_from("<QQQQ", data)
        count, sub = struct.unpack_from("<HH", data, 44)
        if (
            not count
            or not size
            or stripe < 512
            or len(data) < 48 + 32 * count
            or len(self._chunks) >= _MOST_CHUNKS
        ):
            raise OSError("a chunk of Btrfs is damaged")
        stripes = tuple(struct.unpack_from("<QQ", data, 48 + 32 * place) for place in range(count))
        place = bisect_right(self._starts, start)
        if place and self._starts[place - 1] == start:
            return
        self._starts.insert(place, start)
        self._chunks.insert(
            place, _Chunk(start=start, size=size, stripe=stripe, kind=kind, stripes=stripes, sub=max(sub, 1))
        )

    def _read(self, offset: int, length: int) -> bytes:
        """Bytes by their logical address."""
        pieces = []
        while length:
            place = bisect_right(self._starts, offset) - 1
            chunk = self._chunks[place] if place >= 0 else None
            if chunk is None or offset >= chunk.start + chunk.size:
                raise OSError("an address of Btrfs that lies in no chunk")
            piece = self._of_chunk(chunk, offset - chunk.start, length)
            pieces.append(piece)
            offset, length = offset + len(piece), length - len(piece)
        return b"".join(pieces)

    def _of_chunk(self, chunk: _Chunk, within: int, length: int) -> bytes:
        if chunk.kind & _PARITY:
            raise unsupported("Btrfs with RAID 5 or 6")
        if chunk.kind & (_STRIPED | _TENTH):
            number, inner = divmod(within, chunk.stripe)
            take = min(length, chunk.stripe - inner)
            copies = chunk.sub if chunk.kind & _TENTH else 1
            groups = max(len(chunk.stripes) // copies, 1)
            first = number % groups * copies
            stripes, place = chunk.stripes[first : first + copies], number // groups * chunk.stripe + inner
        else:
            stripes, place, take = chunk.stripes, within, min(length, chunk.size - within)
        problem = OSError("the device that holds these bytes is not here")
        for device, start in stripes:
            block = self._devices.get(device)
            if block is None:
                continue
            try:
                return exactly(block, start + place, take)
            except OSError as met:
                problem = met
        raise problem

    # Trees.

    def _node_at(self, address: int) -> bytes:
        if address not in self._nodes:
            node = self._read(address, self._node)
            if struct.unpack_from("<Q", node, 48)[0] != address:
                raise OSError("a node of a tree lies at another address than it says")
            self._nodes[address] = node
            if len(self._nodes) > _NODES_KEPT:
                self._nodes.popitem(last=False)
        self._nodes.move_to_end(address)
        return self._nodes[address]

    def _items(self, address: int, low: Key = _ANY, high: Key = _END) -> Iterator[tuple[Key, bytes]]:
        """Items of a tree from ``low`` to ``high``."""
        yield from self._items_below(address, low, high, _MOST_LEVEL, set())

    def _items_below(
        self, address: int, low: Key, high: Key, above: int, seen: set[int]
    ) -> Iterator[tuple[Key, bytes]]:
        """The same below a node. Levels must fall, and no node is met twice: no tree goes in circles or multiplies."""
        if address in seen:
            raise OSError("a node of a tree lies in it twice")
        seen.add(address)
        node = self._node_at(address)
        count, level = struct.unpack_from("<IB", node, 96)
        if level >= above or count > (self._node - _HEADER) // (_POINTER if level else _ITEM):
            raise OSError("a node of a tree is damaged")
        if level:
            keys = [struct.unpack_from("<QBQ", node, _HEADER + _POINTER * place) for place in range(count)]
            for place in range(max(bisect_right(keys, low) - 1, 0), count):
                if keys[place] > high:
                    return
                child: int = struct.unpack_from("<Q", node, _HEADER + _POINTER * place + 17)[0]
                yield from self._items_below(child, low, high, level, seen)
            return
        for place in range(count):
            at = _HEADER + _ITEM * place
            key = struct.unpack_from("<QBQ", node, at)
            if key < low:
                continue
            if key > high:
                return
            start, size = struct.unpack_from("<II", node, at + 17)
            yield key, node[_HEADER + start : _HEADER + start + size]

    def _read_roots(self) -> None:
        for key, data in self._items(self._root_at):
            if key[1] == _ROOT and len(data) >= 184:
                self._roots[key[0]] = struct.unpack_from("<Q", data, 176)[0]
            elif key[1] == _ROOT_REF and len(data) >= 18:
                folder, _, length = struct.unpack_from("<QQH", data)
                self._names[key[2]] = (key[0], folder, data[18 : 18 + length])

    def _subvolumes(self) -> list[int]:
        return sorted(
            number for number in self._roots if number == _TOP or _FIRST_FREE <= number <= _LAST_FREE
        )

    def _path_of(self, subvolume: int) -> bytes:
        """The way to a subvolume from the top of the file system."""
        parts: list[bytes] = []
        seen = set()
        while subvolume in self._names and subvolume not in seen:
            seen.add(subvolume)
            parent, folder, name = self._names[subvolume]
            parts.append(name)
            parts += reversed(self._folders_above(parent, folder))
            subvolume = parent
        return b"".join(b"/" + part for part in reversed(parts))

    def _folders_above(self, subvolume: int, inode: int) -> list[bytes]:
        """Names of the folders from the root of a subvolume to one of them, by their references (key 12)."""
        names: list[bytes] = []
        seen = set()
        while inode != _FIRST_INODE and inode not in seen and subvolume in self._roots:
            seen.add(inode)
            found = next(self._items(self._roots[subvolume], (inode, 12, 0), (inode, 12, _END[2])), None)
            if found is None:
                break
            (_, _, inode), data = found
            names.append(data[10 : 10 + struct.unpack_from("<H", data, 8)[0]])
        return names[::-1]

    # Files.

    def _walk(self, subvolume: int, top: bytes, damaged: list[str]) -> Iterator[Entry | None]:
        """One pass over a tree: inodes and names first, then the files in order of their folders."""
        files: dict[int, _File] = {}
        below: dict[int, list[tuple[bytes, int, int]]] = {}
        for count, (key, data) in enumerate(self._items(self._roots[subvolume])):
            if count > _MOST_ITEMS:
                raise OSError("a tree with more items than are read")
            if count % 50_000 == 49_999:
                yield None
            if key[1] == _INODE:
                files[key[0]] = _parse_inode(data)
            elif key[1] == _DIRECTORY:
                below.setdefault(key[0], []).append(_parse_name(data))
        waiting, lost, seen = [(_FIRST_INODE, top, 0)], 0, {_FIRST_INODE}
        while waiting:
            folder, prefix, depth = waiting.pop()
            folders = []
            for name, inode, kind in below.get(folder, ()):
                file = files.get(inode)
                if kind != _INODE or file is None:
                    lost += kind == _INODE  # a subvolume is walked by itself
                elif not stat.S_ISDIR(file.mode):
                    yield self._entry(subvolume, inode, prefix + b"/" + name, file)
                elif inode not in seen and depth < MOST_DEPTH:
                    seen.add(inode)
                    folders.append((inode, prefix + b"/" + name, depth + 1))
            waiting.extend(reversed(folders))
        if lost:
            damaged.append(f"{lost} names in subvolume {subvolume} lead to no file")

    def _entry(self, subvolume: int, inode: int, path: bytes, file: _File) -> Entry:
        special = SPECIAL.get(stat.S_IFMT(file.mode))
        container = None
        if special is None and file.size:
            try:
                held = self._file(subvolume, inode)
                container = container_of(
                    lambda at, length: self._read_file(held, at, length), file.size, _REFUSALS
                )
            except (Stop, *_REFUSALS):
                container = None  # reading the whole file gives the verdict
        accessed, changed, modified, created = file.times
        return Entry(
            path=path,
            kind="volume",
            partition=self._number,
            volume=subvolume,
            inode=inode,
            size=file.size if special is None else None,
            modified=modified,
            accessed=accessed,
            changed=changed,
            created=created,
            clock=_CLOCK,
            verdict="not_a_file" if special else None,
            detail=special or "",
            container=container,
        )

    def _file(self, subvolume: int, inode: int) -> _File:
        """An inode with its extents, kept for the next piece. Raises KeyError when there is none."""
        place = (subvolume, inode)
        if place not in self._files:
            file: _File | None = None
            for key, data in self._items(self._roots[subvolume], (inode, 0, 0), (inode, 255, _END[2])):
                if key[1] == _INODE:
                    file = _parse_inode(data)
                elif key[1] == _EXTENT and file is not None:
                    file.extents.append((key[2], data))
            if file is None:
                raise KeyError("no such inode")
            self._files[place] = file
            if len(self._files) > _FILES_KEPT:
                self._files.popitem(last=False)
        return self._files[place]

    def _read_file(self, file: _File, at: int, length: int) -> bytes:
        """Bytes of a file; holes are zeros."""
        pieces: list[bytes] = []
        end = min(at + length, file.size)
        place = max(bisect_right([start for start, _ in file.extents], at) - 1, 0)
        for start, data in file.extents[place:]:
            if start >= end:
                break
            size = _extent_size(data)
            if start + size <= at:
                continue
            if start > at:
                pieces.append(bytes(start - at))
                at = start
            take = min(end, start + size) - at
            pieces.append(self._of_extent(data, at - start, take))
            at += take
        if at < end:
            pieces.append(bytes(end - at))
        return b"".join(pieces)

    def _of_extent(self, data: bytes, within: int, take: int) -> bytes:
        _, unpacked, packing, encryption, other, kind = struct.unpack_from("<QQBBHB", data)
        if encryption or other or packing > 3:
            raise unsupported("Btrfs with an encoding that is not known")
        if kind == 0:
            stored = data[21:]
            return _unpack(stored, packing, unpacked, inline=True)[within : within + take].ljust(take, b"\0")
        address, size, start, _ = struct.unpack_from("<QQQQ", data, 21)
        if not address or kind == 2:  # a hole, or space that was set aside and never written
            return bytes(take)
        if not packing:
            return self._read(address + start + within, take)
        if size > _MOST_EXTENT * 2 or unpacked > _MOST_EXTENT * 2:
            raise OSError("a packed extent larger than extents are")
        whole = _unpack(self._read(address, size), packing, unpacked)
        return whole[start + within : start + within + take].ljust(take, b"\0")


def _extent_size(data: bytes) -> int:
    kind = data[20]
    if kind == 0:
        return int(struct.unpack_from("<Q", data, 8)[0])
    return int(struct.unpack_from("<Q", data, 45)[0])


def _parse_name(data: bytes) -> tuple[bytes, int, int]:
    """A name in a folder, the inode or tree that it leads to, and which of both."""
    target, kind, _ = struct.unpack_from("<QBQ", data)
    length: int = struct.unpack_from("<H", data, 27)[0]
    return data[30 : 30 + length], target, kind


def _parse_inode(data: bytes) -> _File:
    size: int = struct.unpack_from("<Q", data, 16)[0]
    mode: int = struct.unpack_from("<I", data, 52)[0]
    times = tuple(
        seconds * 1_000_000 + nanoseconds // 1000 if seconds or nanoseconds else None
        for seconds, nanoseconds in struct.iter_unpack("<qI", data[112:160])
    )
    accessed, changed, modified, created = times
    if size >= 1 << 62:
        raise OSError("an inode that is none")
    return _File(size=size, mode=mode, times=(accessed, changed, modified, created))


def _unpack(stored: bytes, packing: int, size: int, *, inline: bool = False) -> bytes:
    if size > _MOST_EXTENT * 2:
        raise OSError("an extent larger than extents are")
    match packing:
        case 0:
            return stored
        case 1:
            return zlib.decompressobj().decompress(stored, size)
        case 2:
            return unpack_btrfs_lzo(stored, size, inline=inline)
    return zstd.ZstdDecompressor().decompress(stored, max_length=size)


def _devices_of(blocks: Sequence[Block], number: bytes) -> dict[int, Block]:
    """Devices of one file system by their numbers; those of others are left out."""
    found: dict[int, Block] = {}
    for block in blocks:
        head = block.read(_SUPERBLOCK_AT, 512)
        if len(head) == 512 and head[0x20:0x30] == number and head[0x40:0x48] == _MAGIC:
            found.setdefault(struct.unpack_from("<Q", head, 0xC9)[0], block)
    return found
