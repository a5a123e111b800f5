"""Lists and reads the files of a disk image: live ones by folder, the others by a scan of all inodes.

What belongs to no file is a row of its own for every file system and every gap between partitions: free space
and slack are not examined, unless a search for pictures and videos by structure was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytsk3

from fairlead.evidence.readers.apfs import ApfsReader, begins_apfs
from fairlead.evidence.readers.carve import carve
from fairlead.evidence.readers.entry import Entry, Given, Stop, Write
from fairlead.evidence.readers.free_space import Range, between, free_ranges
from fairlead.evidence.readers.image import RawImage, patch_ext_superblock
from fairlead.evidence.sniff import SNIFF_BYTES, begins_apple, begins_ext, sniff

_CHUNK_BYTES = 1 << 20
_SECTOR_BYTES = 512
_ORPHANS = b"$Orphan"
_EXT_FIRST_FREE_INODE = 11
_SCANNED = {"ext", "ntfs"}
_BAD_CLUSTERS, _NTFS_FIRST_FILE = 8, 16
_HFS_RESOURCE = int(pytsk3.TSK_FS_ATTR_TYPE_HFS_RSRC)
_STREAMS = frozenset({int(pytsk3.TSK_FS_ATTR_TYPE_NTFS_DATA), _HFS_RESOURCE})
_SPECIAL = {
    pytsk3.TSK_FS_META_TYPE_LNK: "symbolic link",
    pytsk3.TSK_FS_META_TYPE_FIFO: "FIFO",
    pytsk3.TSK_FS_META_TYPE_SOCK: "socket",
    pytsk3.TSK_FS_META_TYPE_BLK: "block device",
    pytsk3.TSK_FS_META_TYPE_CHR: "character device",
}
_CLOCKS = {
    "ntfs": "NTFS, UTC, 100 ns",
    "fat": "FAT local time, zone unknown, 2 s",
    "ext": "ext, UTC, 1 s or finer",
    "hfs": "HFS+, UTC, 1 s",
}


_FAMILIES = {
    family: tuple(int(getattr(pytsk3, f"TSK_FS_TYPE_{name}")) for name in names)
    for family, names in {
        "ext": ("EXT2", "EXT3", "EXT4"),
        "ntfs": ("NTFS",),
        "fat": ("FAT12", "FAT16", "FAT32", "EXFAT"),
        "hfs": ("HFS",),
    }.items()
}


@dataclass(slots=True)
class _Seen:
    """What the walk through the folders of one file system met."""

    inodes: set[int] = field(default_factory=set)
    deleted_names: dict[int, bytes] = field(default_factory=dict)
    problems: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Partition:
    number: int
    start: int
    size: int
    description: str


class DiskReader:
    """All file systems of one image, and what lies outside of them."""

    def __init__(self, image: RawImage, given: Given) -> None:
        self.image = image
        self._given = given
        self._partitions = {part.number: part for part in _find_partitions(image)}
        self._systems: dict[int, Any] = {}
        self._containers: dict[int, ApfsReader | None] = {}

    def entries(self) -> Iterator[Entry | None]:
        """Files of every partition, free space behind them, a row for what could not be read, then gaps."""
        for partition in self._partitions.values():
            apfs = self._apfs(partition)
            if apfs is not None:
                yield from apfs.entries()
                yield _unknown_free_space(partition, self.image)
                continue
            try:
                system = self._system(partition)
            except OSError:
                yield Entry(
                    path=b"",
                    kind="inode",
                    partition=partition.number,
                    inode=0,
                    size=partition.size or None,
                    verdict="damaged" if partition.description == "whole image" else "unreadable",
                    detail=f"no file system that can be read ({partition.description})",
                    rest=True,
                )
                end = min(partition.start + partition.size, self.image.get_size())
                yield from self._unowned(
                    [(partition.start, end)], "$NoFileSystem", f"partition {partition.number}"
                )
                continue
            yield from self._files(partition, system)
            yield from self._free(partition, system)
        taken = [(part.start, part.start + part.size) for part in self._partitions.values()]
        for start, end in between(taken, self.image.get_size()):
            yield from self._unowned([(start, end)], "$Gap", "outside of every partition")

    def copy(self, place: dict[str, Any], write: Write) -> None:
        """Write one file's bytes."""
        if place["kind"] == "range":
            self._copy_range(place["start"], place["end"], write)
            return
        partition = self._partitions.get(place["partition"])
        if partition is None:
            raise Stop("damaged", "no such partition")
        if place["kind"] == "volume":
            apfs = self._apfs(partition)
            if apfs is None:
                raise Stop("damaged", "no such volume")
            apfs.copy(place, write)
            return
        try:
            file = self._system(partition).open_meta(place["inode"])
            if place["kind"] == "stream":
                _copy_file(write, _find_stream(file, place["attribute"]))
            else:
                _copy_file(write, _Data(size=file.info.meta.size, read=file.read_random))
        except OSError as problem:
            raise Stop("damaged", "the inode cannot be read") from problem

    def _copy_range(self, start: int, end: int, write: Write) -> None:
        at = start
        while at < end:
            chunk = self.image.read(at, min(_CHUNK_BYTES, end - at))
            if not chunk:
                raise Stop("damaged", f"breaks off after {at - start} of {end - start} bytes")
            write(chunk)
            at += len(chunk)

    def _free(self, partition: _Partition, system: Any) -> Iterator[Entry | None]:
        ranges = free_ranges(_family(system), self.image, partition.start, system)
        if ranges is None:
            yield _unknown_free_space(partition, self.image)
            return
        yield from self._unowned(
            ranges, "$FreeSpace", f"free space of partition {partition.number}", slack=True
        )

    def _unowned(
        self, ranges: list[Range], name: str, where: str, *, slack: bool = False
    ) -> Iterator[Entry | None]:
        """Items found by structure, if asked for, then the row that says what was not examined."""
        size = sum(end - start for start, end in ranges)
        if not size and not slack:
            return
        found = 0
        for start, end in ranges if self._given.carve else ():
            for item in carve(self.image.read, start, end, most=self._given.carved_bytes):
                if item is None:
                    yield None
                    continue
                found += 1
                yield Entry(
                    path=f"{name}/{item.start:015d}.{item.extension}".encode(),
                    kind="range",
                    start=item.start,
                    end=item.end,
                    size=item.end - item.start,
                    allocation="carved",
                    detail=item.detail,
                    container=sniff(self.image.read(item.start, SNIFF_BYTES)),
                )
        searched = (
            f"searched for JPEG, PNG and MP4 in one piece only, {found} found" if self._given.carve else ""
        )
        detail = f"{where}, {size} bytes: {searched or 'not examined'}"
        first, last = (ranges[0][0], ranges[-1][1]) if ranges else (0, 0)
        yield Entry(
            path=name.encode(),
            kind="range",
            start=first,
            end=last,
            size=size,
            verdict="not_examined",
            detail=detail + ("; slack behind files: not examined" if slack else ""),
        )

    def _apfs(self, partition: _Partition) -> ApfsReader | None:
        """The APFS container of a partition, None where there is none, or none that can be opened."""
        if partition.number not in self._containers:
            reader = None
            if begins_apfs(self.image, partition.start):
                with suppress(OSError, ValueError, RuntimeError):
                    reader = ApfsReader(
                        self.image,
                        partition=partition.number,
                        start=partition.start,
                        size=min(partition.size, self.image.get_size() - partition.start),
                        given=self._given,
                    )
            self._containers[partition.number] = reader
        return self._containers[partition.number]

    def _system(self, partition: _Partition) -> Any:
        system = self._systems.get(partition.number)
        if system is None:
            try:
                system = pytsk3.FS_Info(self.image, offset=partition.start)
            except OSError:
                if not patch_ext_superblock(self.image, partition.start):
                    raise
                system = pytsk3.FS_Info(self.image, offset=partition.start)
            self._systems[partition.number] = system
        return system

    def _files(self, partition: _Partition, system: Any) -> Iterator[Entry]:
        seen = _Seen()
        clock = _clock(system)
        yield from _walk(partition.number, system, seen, clock)
        yield from _scan(partition.number, system, seen, clock)
        if self.image.patches or seen.problems:
            grounds = []
            if self.image.patches:
                grounds.append("the superblock was lost and read from its backup")
            if seen.problems:
                grounds.append(f"{seen.problems} folders or inodes could not be read")
            yield Entry(
                path=b"", kind="inode", partition=partition.number, inode=0, verdict="damaged",
                detail="; ".join(grounds), rest=True,
            )  # fmt: skip


def _unknown_free_space(partition: _Partition, image: RawImage) -> Entry:
    return Entry(
        path=b"$FreeSpace",
        kind="range",
        start=partition.start,
        end=min(partition.start + partition.size, image.get_size()),
        verdict="not_examined",
        detail=f"free space of partition {partition.number} and slack behind its files: not examined; "
        "which bytes are free is not known here",
    )


def _walk(partition: int, system: Any, seen: _Seen, clock: str) -> Iterator[Entry]:
    """Live files by their folders; names of deleted ones are kept for the scan.

    Where inodes are not scanned (FAT has none: every directory slot of the disk counts as one), deleted files
    are those that folders still name.
    """
    scanned = _family(system) in _SCANNED
    waiting = [(system.info.root_inum, b"")]
    seen.inodes.add(system.info.root_inum)
    while waiting:
        inode, prefix = waiting.pop()
        below: list[tuple[int, bytes]] = []
        try:
            for file in system.open_dir(inode=inode):
                name = file.info.name
                if name is None or name.name in (b".", b".."):
                    continue
                path = prefix + b"/" + name.name
                meta = file.info.meta
                if meta is None or not _allocated(name, meta):
                    seen.deleted_names.setdefault(name.meta_addr, path)
                    if not scanned and _recoverable(meta) and meta.addr not in seen.inodes:
                        seen.inodes.add(meta.addr)
                        yield from _entries_of(partition, file, path, "deleted", clock)
                elif meta.type in (pytsk3.TSK_FS_META_TYPE_DIR, pytsk3.TSK_FS_META_TYPE_VIRT_DIR):
                    if meta.addr not in seen.inodes and meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                        seen.inodes.add(meta.addr)
                        below.append((meta.addr, path))
                        yield from _streams(partition, file, path, "live", clock)
                elif meta.type != pytsk3.TSK_FS_META_TYPE_VIRT:
                    seen.inodes.add(meta.addr)
                    yield from _entries_of(partition, file, path, "live", clock)
        except OSError:
            seen.problems += 1
        waiting.extend(reversed(below))


def _scan(partition: int, system: Any, seen: _Seen, clock: str) -> Iterator[Entry]:
    """Every used inode that no folder led to: deleted, or live and cut off."""
    if _family(system) not in _SCANNED:
        return
    first = _EXT_FIRST_FREE_INODE if _family(system) == "ext" else system.info.first_inum
    for inode in range(first, system.info.last_inum + 1):
        if inode in seen.inodes:
            continue
        try:
            file = system.open_meta(inode)
        except OSError:
            seen.problems += 1
            continue
        meta = file.info.meta
        if not _recoverable(meta):
            continue
        deleted = bool(meta.flags & pytsk3.TSK_FS_META_FLAG_UNALLOC)
        path = seen.deleted_names.get(inode, b"/" + _ORPHANS + b"/%d" % inode)
        yield from _entries_of(partition, file, path, "deleted" if deleted else "live", clock)


def _recoverable(meta: Any) -> bool:
    return meta is not None and meta.type == pytsk3.TSK_FS_META_TYPE_REG and bool(meta.size)


def _allocated(name: Any, meta: Any) -> bool:
    in_folder = bool(name.flags & pytsk3.TSK_FS_NAME_FLAG_ALLOC)
    return in_folder and bool(meta.flags & pytsk3.TSK_FS_META_FLAG_ALLOC)


def _entries_of(partition: int, file: Any, path: bytes, allocation: str, clock: str) -> Iterator[Entry]:
    """The file, then its named data streams."""
    meta = file.info.meta
    special = _SPECIAL.get(meta.type)
    container = None
    own = clock.startswith("NTFS") and meta.addr < _NTFS_FIRST_FILE  # e.g. $Boot, which looks like a disk
    if special is None and meta.size and not own:
        try:
            container = sniff(file.read_random(0, min(SNIFF_BYTES, meta.size)))
        except OSError:
            container = None  # reading the whole file gives the verdict
    yield Entry(
        path=path,
        kind="inode",
        size=meta.size if special is None else None,
        partition=partition,
        inode=meta.addr,
        allocation=allocation,
        verdict="not_a_file" if special else None,
        detail=special or "",
        container=container,
        **_times(meta, clock),
    )
    yield from _streams(partition, file, path, allocation, clock)


def _streams(partition: int, file: Any, path: bytes, allocation: str, clock: str) -> Iterator[Entry]:
    """Named data streams of an NTFS file or folder, resource forks of HFS+."""
    meta = file.info.meta
    if not clock.startswith(("NTFS", "HFS")):
        return
    try:
        named = [a for a in file if int(a.info.type) in _STREAMS and a.info.name]
    except OSError:
        return  # the attributes themselves are damaged; the file's own verdict says so
    for attribute in named:
        info = attribute.info
        if int(info.type) == _HFS_RESOURCE and not info.size:
            continue
        container = None
        bad_clusters = meta.addr == _BAD_CLUSTERS and info.name == b"$Bad"
        if info.size and not bad_clusters:
            try:
                container = sniff(file.read_random(0, min(SNIFF_BYTES, info.size), info.type, info.id))
            except OSError:
                container = None
        yield Entry(
            path=path + b":" + info.name,
            kind="stream",
            size=info.size,
            stored=_stored(attribute, int(file.info.fs_info.block_size)),
            partition=partition,
            inode=meta.addr,
            attribute=info.id,
            allocation=allocation,
            verdict="not_examined" if bad_clusters else None,
            detail="the list of bad clusters; it holds no bytes of its own" if bad_clusters else "",
            container=container,
            **_times(meta, clock),
        )


def _stored(attribute: Any, cluster_bytes: int) -> int | None:
    """Bytes a stream takes on the disk, holes left out; None where it lies in the table itself."""
    if not int(attribute.info.flags) & pytsk3.TSK_FS_ATTR_NONRES:
        return None
    return cluster_bytes * sum(
        int(run.len) for run in attribute if not int(run.flags) & pytsk3.TSK_FS_ATTR_RUN_FLAG_SPARSE
    )


def _times(meta: Any, clock: str) -> dict[str, Any]:
    return {
        "modified": _time(meta.mtime, meta.mtime_nano),
        "accessed": _time(meta.atime, meta.atime_nano),
        "changed": _time(meta.ctime, meta.ctime_nano),
        "created": _time(meta.crtime, meta.crtime_nano),
        "clock": clock,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Data:
    """Bytes of a file or stream: how many, and how to read them at an offset."""

    size: int
    read: Any


def _find_stream(file: Any, attribute: int) -> _Data:
    for found in file:
        if int(found.info.type) in _STREAMS and int(found.info.id) == attribute:
            return _Data(size=found.info.size, read=partial(_read_stream, file, found.info))
    raise Stop("damaged", "the stream is not there any more")


def _read_stream(file: Any, info: Any, at: int, most: int) -> bytes:
    data: bytes = file.read_random(at, most, info.type, info.id)
    return data


def _copy_file(write: Write, data: _Data) -> None:
    at = 0
    while at < data.size:
        try:
            chunk = data.read(at, min(_CHUNK_BYTES, data.size - at))
        except OSError as problem:
            raise Stop("damaged", f"breaks off after {at} of {data.size} bytes") from problem
        if not chunk:
            raise Stop("damaged", f"breaks off after {at} of {data.size} bytes")
        write(chunk)
        at += len(chunk)


def _time(seconds: int, nanoseconds: int) -> int | None:
    return int(seconds) * 1_000_000 + int(nanoseconds) // 1000 if seconds else None


def _family(system: Any) -> str:
    kind = int(system.info.ftype)
    return next((family for family, kinds in _FAMILIES.items() if kind in kinds), "")


def _clock(system: Any) -> str:
    return _CLOCKS.get(_family(system), "file system, UTC")


def _find_partitions(image: RawImage) -> Iterator[_Partition]:
    """Allocated partitions; a file system without a partition table is partition 0."""
    whole = _Partition(number=0, start=0, size=image.get_size(), description="whole image")
    if sniff_file_system(image.read(0, SNIFF_BYTES)):
        yield whole
        return
    try:
        volume = pytsk3.Volume_Info(image)
    except OSError:
        yield whole
        return
    for part in volume:
        if part.flags == pytsk3.TSK_VS_PART_FLAG_ALLOC:
            yield _Partition(
                number=part.addr,
                start=part.start * _SECTOR_BYTES,
                size=part.len * _SECTOR_BYTES,
                description=part.desc.decode("utf-8", "replace")[:80],
            )


def sniff_file_system(head: bytes) -> bool:
    """Whether a file system, not a partition table, begins here."""
    return (
        begins_ext(head) or begins_apple(head) or head[3:7] == b"NTFS" or b"FAT" in (head[54:57], head[82:85])
    )
