"""One file system as The Sleuth Kit reads it: live files by folder, the others by a scan of all inodes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypedDict

import pytsk3

from fairlead.evidence.readers.entry import Entry, Stop, Write
from fairlead.evidence.readers.free_space import Range, free_ranges
from fairlead.evidence.readers.image import BlockImage, patch_ext_superblock
from fairlead.evidence.readers.partitions import Partition
from fairlead.evidence.readers.wire import EntryPlace
from fairlead.evidence.sniff import SNIFF_BYTES, sniff

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


class FileSystem:
    """The files of one partition. Raises OSError when The Sleuth Kit knows no file system there."""

    def __init__(self, image: BlockImage, partition: Partition) -> None:
        self._image = image
        self._partition = partition
        self._mended = False
        try:
            self._system = pytsk3.FS_Info(image, offset=partition.start)
        except OSError:
            if not patch_ext_superblock(image, partition.start):
                raise
            self._mended = True
            self._system = pytsk3.FS_Info(image, offset=partition.start)
        kind = int(self._system.info.ftype)
        self.family = next((family for family, kinds in _FAMILIES.items() if kind in kinds), "")
        self._clock = _CLOCKS.get(self.family, "file system, UTC")
        self._seen = _Seen()

    def free(self) -> list[Range] | None:
        """Ranges of the image that belong to no file, None where the map of them cannot be read."""
        return free_ranges(self.family, self._image, self._partition.start, self._system)

    def entries(self) -> Iterator[Entry]:
        """All files, then one row for what was damaged on the way."""
        self._seen = _Seen()
        yield from self._walk()
        if self.family in _SCANNED:
            yield from self._scan()
        grounds = []
        if self._mended:
            grounds.append("the superblock was lost and read from its backup")
        if self._seen.problems:
            grounds.append(f"{self._seen.problems} folders or inodes could not be read")
        if grounds:
            yield Entry(
                path=b"", kind="inode", partition=self._partition.number, inode=0, verdict="damaged",
                detail="; ".join(grounds), rest=True,
            )  # fmt: skip

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write the bytes of one file, or of one of its streams."""
        try:
            file = self._system.open_meta(place["inode"])
            if place["kind"] == "stream":
                _copy_file(write, _find_stream(file, place["attribute"]))
            else:
                _copy_file(write, _Data(size=file.info.meta.size, read=file.read_random))
        except OSError as problem:
            raise Stop("damaged", "the inode cannot be read") from problem

    def _walk(self) -> Iterator[Entry]:
        """Live files by their folders; names of deleted ones are kept for the scan.

        Where inodes are not scanned (FAT has none: every directory slot of the disk counts as one), deleted files
        are those that folders still name.
        """
        scanned = self.family in _SCANNED
        system, seen = self._system, self._seen
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
                        if not scanned:
                            yield from self._deleted(file, path, below)
                    elif meta.type in (pytsk3.TSK_FS_META_TYPE_DIR, pytsk3.TSK_FS_META_TYPE_VIRT_DIR):
                        if meta.addr not in seen.inodes and meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                            seen.inodes.add(meta.addr)
                            below.append((meta.addr, path))
                            yield from self._streams(file, path, "live")
                    elif meta.type != pytsk3.TSK_FS_META_TYPE_VIRT:
                        seen.inodes.add(meta.addr)
                        yield from self._entries_of(file, path, "live")
            except OSError:
                seen.problems += 1
            waiting.extend(reversed(below))

    def _deleted(self, file: Any, path: bytes, below: list[tuple[int, bytes]]) -> Iterator[Entry]:
        """A deleted file that a folder still names; a deleted folder is looked into after the live ones."""
        meta, seen = file.info.meta, self._seen
        if meta is None or meta.addr in seen.inodes:
            return
        if _recoverable(meta):
            seen.inodes.add(meta.addr)
            yield from self._entries_of(file, path, "deleted")
        elif meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
            seen.inodes.add(meta.addr)
            below.append((meta.addr, path))

    def _scan(self) -> Iterator[Entry]:
        """Every used inode that no folder led to: deleted, or live and cut off."""
        system, seen = self._system, self._seen
        first = _EXT_FIRST_FREE_INODE if self.family == "ext" else system.info.first_inum
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
            yield from self._entries_of(file, path, "deleted" if deleted else "live")

    def _entries_of(self, file: Any, path: bytes, allocation: str) -> Iterator[Entry]:
        """The file, then its named data streams."""
        meta = file.info.meta
        special = _SPECIAL.get(meta.type)
        container = None
        own = self.family == "ntfs" and meta.addr < _NTFS_FIRST_FILE  # e.g. $Boot, which looks like a disk
        if special is None and meta.size and not own:
            try:
                container = sniff(file.read_random(0, min(SNIFF_BYTES, meta.size)))
            except OSError:
                container = None  # reading the whole file gives the verdict
        yield Entry(
            path=path,
            kind="inode",
            size=meta.size if special is None else None,
            partition=self._partition.number,
            inode=meta.addr,
            allocation=allocation,
            verdict="not_a_file" if special else None,
            detail=special or "",
            container=container,
            **_times(meta, self._clock),
        )
        yield from self._streams(file, path, allocation)

    def _streams(self, file: Any, path: bytes, allocation: str) -> Iterator[Entry]:
        """Named data streams of an NTFS file or folder, resource forks of HFS+."""
        meta = file.info.meta
        if self.family not in {"ntfs", "hfs"}:
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
                stored=_stored(attribute, int(self._system.info.block_size)),
                partition=self._partition.number,
                inode=meta.addr,
                attribute=info.id,
                allocation=allocation,
                verdict="not_examined" if bad_clusters else None,
                detail="the list of bad clusters; it holds no bytes of its own" if bad_clusters else "",
                container=container,
                **_times(meta, self._clock),
            )


def _recoverable(meta: Any) -> bool:
    return meta is not None and meta.type == pytsk3.TSK_FS_META_TYPE_REG and bool(meta.size)


def _allocated(name: Any, meta: Any) -> bool:
    in_folder = bool(name.flags & pytsk3.TSK_FS_NAME_FLAG_ALLOC)
    return in_folder and bool(meta.flags & pytsk3.TSK_FS_META_FLAG_ALLOC)


def _stored(attribute: Any, cluster_bytes: int) -> int | None:
    """Bytes a stream takes on the disk, holes left out; None where it lies in the table itself."""
    if not int(attribute.info.flags) & pytsk3.TSK_FS_ATTR_NONRES:
        return None
    return cluster_bytes * sum(
        int(run.len) for run in attribute if not int(run.flags) & pytsk3.TSK_FS_ATTR_RUN_FLAG_SPARSE
    )


class _Times(TypedDict):
    modified: int | None
    accessed: int | None
    changed: int | None
    created: int | None
    clock: str


def _times(meta: Any, clock: str) -> _Times:
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
        chunk = _read_on(data, at)
        if not chunk:
            raise Stop("damaged", f"breaks off after {at} of {data.size} bytes")
        write(chunk)
        at += len(chunk)


def _read_on(data: _Data, at: int) -> bytes:
    """The next bytes; nothing where not even a sector can be read. What lies before a bad sector is not lost."""
    most = min(_CHUNK_BYTES, data.size - at)
    chunk = b""
    while most and not chunk:
        with suppress(OSError):
            chunk = data.read(at, most)
        most = most // 2 if most > _SECTOR_BYTES else 0
    return chunk


def _time(seconds: int, nanoseconds: int) -> int | None:
    return int(seconds) * 1_000_000 + int(nanoseconds) // 1000 if seconds else None
