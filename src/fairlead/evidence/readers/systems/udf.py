"""UDF without ISO 9660 beside it: discs of video and data, and sticks formatted so.

After ECMA-167 and OSTA UDF 2.60. Partitions of type 1, sparable ones whose spare blocks are unused, and metadata
partitions; a virtual partition (discs written in sessions) is named.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from fairlead.evidence.readers.blocks.block import Block, exactly, unsupported
from fairlead.evidence.readers.entry import Entry, Stop, Write
from fairlead.evidence.readers.free_space import Range
from fairlead.evidence.readers.systems.files import MOST_DEPTH, container_of, copy_pieces
from fairlead.evidence.readers.wire import EntryPlace

_SIZES = (2048, 512, 4096, 1024)
_ANCHOR = 2
_FILE_SET, _NAME, _EXTENTS, _FILE, _LONG_FILE = 256, 257, 258, 261, 266
_FOLDER_TYPE, _PLAIN_TYPES = 4, (0, 5, 249)
_DELETED, _PARENT = 0x4, 0x8
_MOST_EXTENTS, _MOST_FOLDER, _MOST_DESCRIPTORS = 1 << 20, 256 << 20, 4096
_CLOCK = "UDF, its own zone, 1 us"
_KINDS = {6: "block device", 7: "character device", 9: "FIFO", 10: "socket", 12: "symbolic link"}
_REFUSALS = (OSError, ValueError, IndexError, struct.error, OverflowError)

Extent = tuple[int | None, int]
"""Where bytes lie on the volume (None for zeros) and how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    kind: int
    size: int
    times: tuple[int | None, int | None, int | None, int | None]
    extents: tuple[Extent, ...] = ()
    inside: bytes | None = None


class UdfReader:
    """The files of one volume. Raises OSError for a damaged one, Stop for a partition that is not read."""

    def __init__(self, block: Block, number: int) -> None:
        self._block, self._number = block, number
        self._size, anchor = self._find_anchor()
        length, place = struct.unpack_from("<II", anchor, 16)
        parts: dict[int, int] = {}
        logical = b""
        for step in range(min(length // self._size, _MOST_DESCRIPTORS)):
            found = exactly(block, (place + step) * self._size, self._size)
            match struct.unpack_from("<H", found)[0]:
                case 5:
                    parts[struct.unpack_from("<H", found, 22)[0]] = struct.unpack_from("<I", found, 188)[0]
                case 6:
                    logical = found
                case 8:
                    break
        if not logical or not parts:
            raise OSError("UDF without a description of its volume")
        if struct.unpack_from("<I", logical, 212)[0] != self._size:
            raise OSError("UDF with two sizes of a block")
        self._maps: list[tuple[int, tuple[Extent, ...] | None]] = []
        self._read_maps(logical, parts)
        _, at, part = struct.unpack_from("<IIH", logical, 248)
        files = self._block_of(part, at)
        if struct.unpack_from("<H", files)[0] != _FILE_SET:
            raise OSError("UDF without a set of files")
        _, root, root_part = struct.unpack_from("<IIH", files, 400)
        self._root = root_part << 32 | root

    def free(self) -> list[Range] | None:
        """Not known here."""
        return None

    def entries(self) -> Iterator[Entry | None]:
        """All files by their folders, then what was damaged."""
        waiting, seen, damaged = [(self._root, b"", 0)], {self._root}, 0
        while waiting:
            reference, prefix, depth = waiting.pop()
            folders = []
            try:
                for name, below, folder in self._names(reference):
                    path = prefix + b"/" + name
                    if not folder:
                        try:
                            yield self._entry(below, path)
                        except _REFUSALS:
                            damaged += 1
                    elif below not in seen and depth < MOST_DEPTH:
                        seen.add(below)
                        folders.append((below, path, depth + 1))
            except _REFUSALS:
                damaged += 1
            waiting.extend(reversed(folders))
        if damaged:
            yield Entry(
                path=b"", kind="inode", partition=self._number, inode=0, verdict="damaged", rest=True,
                detail=f"UDF: {damaged} folders or files could not be read",
            )  # fmt: skip

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one file's bytes."""
        try:
            file = self._file(place["inode"])
        except _REFUSALS as problem:
            raise Stop("damaged", "the entry of the file cannot be read") from problem
        copy_pieces(lambda at, length: self._read(file, at, length), file.size, write, _REFUSALS)

    def _find_anchor(self) -> tuple[int, bytes]:
        for size in _SIZES:
            for place in (256, 512, self._block.size // size - 257, self._block.size // size - 1):
                found = self._block.read(place * size, 512) if place > 0 else b""
                if len(found) == 512 and struct.unpack_from("<H", found)[0] == _ANCHOR and _sums(found):
                    return size, found
        raise OSError("UDF without an anchor")

    def _read_maps(self, logical: bytes, parts: dict[int, int]) -> None:
        count: int = struct.unpack_from("<I", logical, 268)[0]
        at = 440
        for _ in range(min(count, 16)):
            kind, length = logical[at], logical[at + 1]
            if kind == 1:
                self._maps.append((parts[struct.unpack_from("<H", logical, at + 4)[0]], None))
            elif kind == 2:
                self._add_map(logical[at : at + length], parts)
            else:
                raise OSError("UDF with a partition that is none")
            at += length

    def _add_map(self, told: bytes, parts: dict[int, int]) -> None:
        name = told[5:28].rstrip(b"\0")
        start = parts[struct.unpack_from("<H", told, 38)[0]]
        if name == b"*UDF Metadata Partition":
            place: int = struct.unpack_from("<I", told, 40)[0]
            self._maps.append((start, None))
            held = self._parse(self._block_of(len(self._maps) - 1, place), len(self._maps) - 1)
            self._maps[-1] = (start, held.extents)
        elif name == b"*UDF Sparable Partition":
            self._maps.append((start, None))
        else:
            raise unsupported("UDF with a virtual partition")

    def _place(self, part: int, at: int) -> int:
        """The first byte of a block of a partition on the volume."""
        start, extents = self._maps[part]
        if extents is None:
            return (start + at) * self._size
        offset = at * self._size
        for place, length in extents:
            if offset < length and place is not None:
                return place + offset
            offset -= length
        raise OSError("a block behind the end of its partition")

    def _block_of(self, part: int, at: int) -> bytes:
        return exactly(self._block, self._place(part, at), self._size)

    def _file(self, reference: int) -> _File:
        return self._parse(self._block_of(reference >> 32, reference & 0xFFFFFFFF), reference >> 32)

    def _parse(self, entry: bytes, part: int) -> _File:
        tag: int = struct.unpack_from("<H", entry)[0]
        if tag not in (_FILE, _LONG_FILE):
            raise OSError("no entry of a file")
        kind, flags = entry[27], struct.unpack_from("<H", entry, 34)[0]
        size: int = struct.unpack_from("<Q", entry, 56)[0]
        long = tag == _LONG_FILE
        clocks = (92, 80, 116, 104) if long else (84, 72, 96, None)
        times = [None if at is None else _time(entry[at : at + 12]) for at in clocks]
        extra, length = struct.unpack_from("<II", entry, 208 if long else 168)
        start = (216 if long else 176) + extra
        told = entry[start : start + length]
        form = flags & 7
        stamped = (times[0], times[1], times[2], times[3])
        if form == 3:
            return _File(kind=kind, size=min(size, len(told)), times=stamped, inside=told)
        extents = tuple(self._extents(told, form, part))
        return _File(kind=kind, size=size, times=stamped, extents=extents)

    def _extents(self, told: bytes, form: int, part: int) -> Iterator[Extent]:
        """Pieces of a file by its descriptors, short (0) or long (1), which may go on elsewhere."""
        each = {0: 8, 1: 16}.get(form)
        if each is None:
            raise OSError("descriptors of no kind")
        seen: set[tuple[int, int]] = set()
        at = count = 0
        while at + each <= len(told):
            length, place = struct.unpack_from("<II", told, at)
            here = struct.unpack_from("<H", told, at + 8)[0] if form == 1 else part
            at += each
            kind, length = length >> 30, length & 0x3FFFFFFF
            if not length:
                return
            count += 1
            if count > _MOST_EXTENTS:
                raise OSError("a file in more pieces than are read")
            if kind == 3:
                if (here, place) in seen:
                    raise OSError("descriptors that go in circles")
                seen.add((here, place))
                more = self._block_of(here, place)
                if struct.unpack_from("<H", more)[0] != _EXTENTS:
                    raise OSError("descriptors that break off")
                told, at = more[24 : 24 + struct.unpack_from("<I", more, 20)[0]], 0
            else:
                yield (self._place(here, place) if kind == 0 else None), length

    def _read(self, file: _File, at: int, length: int) -> bytes:
        """Bytes of a file."""
        if file.inside is not None:
            return file.inside[at : at + length]
        pieces, end, before = [], min(at + length, file.size), 0
        for place, size in file.extents:
            if at >= end:
                break
            if at < before + size:
                take = min(end, before + size) - at
                if place is None:
                    pieces.append(bytes(take))
                else:
                    pieces.append(exactly(self._block, place + at - before, take))
                at += take
            before += size
        return b"".join(pieces)

    def _names(self, reference: int) -> Iterator[tuple[bytes, int, bool]]:
        """Names in a folder, the entries that they lead to, and whether these are folders."""
        folder = self._file(reference)
        if folder.kind != _FOLDER_TYPE or folder.size > _MOST_FOLDER:
            raise OSError("no folder")
        data, at = self._read(folder, 0, folder.size), 0
        while at + 38 <= len(data):
            if struct.unpack_from("<H", data, at)[0] != _NAME:
                raise OSError("a folder is damaged")
            traits, length = data[at + 18], data[at + 19]
            _, place, part = struct.unpack_from("<IIH", data, at + 20)
            extra: int = struct.unpack_from("<H", data, at + 36)[0]
            start = at + 38 + extra
            name = _name(data[start : start + length])
            at += (38 + extra + length + 3) & ~3
            if not traits & (_PARENT | _DELETED):
                yield name, part << 32 | place, bool(traits & 0x2)

    def _entry(self, reference: int, path: bytes) -> Entry:
        file = self._file(reference)
        special = None if file.kind in _PLAIN_TYPES else _KINDS.get(file.kind, "special file")
        modified, accessed, changed, created = file.times
        return Entry(
            path=path,
            kind="inode",
            partition=self._number,
            inode=reference,
            size=file.size if special is None else None,
            modified=modified,
            accessed=accessed,
            changed=changed,
            created=created,
            clock=_CLOCK,
            verdict="not_a_file" if special else None,
            detail=special or "",
            container=None
            if special
            else container_of(lambda at, length: self._read(file, at, length), file.size, _REFUSALS),
        )


def _sums(descriptor: bytes) -> bool:
    """Whether the checksum of a tag holds: its bytes but the fifth, added."""
    return sum(descriptor[:4] + descriptor[5:16]) & 0xFF == descriptor[4]


def _name(stored: bytes) -> bytes:
    """A name of OSTA compressed Unicode in UTF-8."""
    if not stored:
        return b""
    text = (
        stored[1:].decode("latin-1")
        if stored[0] in (8, 254)
        else stored[1:].decode("utf-16-be", "surrogatepass")
    )
    return text.encode("utf-8", "surrogatepass")


def _time(stored: bytes) -> int | None:
    kind, year, month, day, hour, minute, second, hundredths, hundreds, ones = struct.unpack(
        "<HhBBBBBBBB", stored
    )
    minutes = kind & 0xFFF
    minutes -= 0x1000 if minutes & 0x800 else 0
    zone = timezone(timedelta(minutes=minutes)) if -1440 < minutes < 1440 else UTC
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1) + int(hundredths * 10_000 + hundreds * 100 + ones)
