"""Lists and reads the files of a disk image: live ones by folder, the others by a scan of all inodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytsk3

from fairlead.evidence.readers.entry import Entry, Stop, Write
from fairlead.evidence.readers.image import RawImage, patch_ext_superblock
from fairlead.evidence.sniff import SNIFF_BYTES, begins_ext, sniff

_CHUNK_BYTES = 1 << 20
_SECTOR_BYTES = 512
_ORPHANS = b"$Orphan"
_EXT_FIRST_FREE_INODE = 11
_SCANNED = {"ext", "ntfs"}
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
}


_FAMILIES = {
    family: tuple(int(getattr(pytsk3, f"TSK_FS_TYPE_{name}")) for name in names)
    for family, names in {
        "ext": ("EXT2", "EXT3", "EXT4"),
        "ntfs": ("NTFS",),
        "fat": ("FAT12", "FAT16", "FAT32", "EXFAT"),
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
    """All file systems of one image."""

    def __init__(self, image: RawImage) -> None:
        self._image = image
        self._partitions = {part.number: part for part in _find_partitions(image)}
        self._systems: dict[int, Any] = {}

    def entries(self) -> Iterator[Entry]:
        """Files of every partition, then one row for each partition that could not be read."""
        for partition in self._partitions.values():
            try:
                system = self._system(partition)
            except OSError:
                yield Entry(
                    path=b"",
                    partition=partition.number,
                    inode=0,
                    size=partition.size or None,
                    verdict="damaged" if partition.description == "whole image" else "unreadable",
                    detail=f"no file system that can be read ({partition.description})",
                    rest=True,
                )
                continue
            yield from self._files(partition, system)

    def copy(self, place: dict[str, Any], write: Write) -> None:
        """Write one file's bytes."""
        partition = self._partitions.get(place["partition"])
        if partition is None:
            raise Stop("damaged", "no such partition")
        try:
            file = self._system(partition).open_meta(place["inode"])
            size, at = file.info.meta.size, 0
        except OSError as problem:
            raise Stop("damaged", "the inode cannot be read") from problem
        while at < size:
            try:
                chunk = file.read_random(at, min(_CHUNK_BYTES, size - at))
            except OSError as problem:
                raise Stop("damaged", f"breaks off after {at} of {size} bytes") from problem
            if not chunk:
                raise Stop("damaged", f"breaks off after {at} of {size} bytes")
            write(chunk)
            at += len(chunk)

    def _system(self, partition: _Partition) -> Any:
        system = self._systems.get(partition.number)
        if system is None:
            try:
                system = pytsk3.FS_Info(self._image, offset=partition.start)
            except OSError:
                if not patch_ext_superblock(self._image, partition.start):
                    raise
                system = pytsk3.FS_Info(self._image, offset=partition.start)
            self._systems[partition.number] = system
        return system

    def _files(self, partition: _Partition, system: Any) -> Iterator[Entry]:
        seen = _Seen()
        clock = _clock(system)
        yield from _walk(partition.number, system, seen, clock)
        yield from _scan(partition.number, system, seen, clock)
        if self._image.patches or seen.problems:
            grounds = []
            if self._image.patches:
                grounds.append("the superblock was lost and read from its backup")
            if seen.problems:
                grounds.append(f"{seen.problems} folders or inodes could not be read")
            yield Entry(
                path=b"", partition=partition.number, inode=0, verdict="damaged", detail="; ".join(grounds),
                rest=True,
            )  # fmt: skip


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
                        yield _entry(partition, file, path, "deleted", clock)
                elif meta.type in (pytsk3.TSK_FS_META_TYPE_DIR, pytsk3.TSK_FS_META_TYPE_VIRT_DIR):
                    if meta.addr not in seen.inodes and meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                        seen.inodes.add(meta.addr)
                        below.append((meta.addr, path))
                elif meta.type != pytsk3.TSK_FS_META_TYPE_VIRT:
                    seen.inodes.add(meta.addr)
                    yield _entry(partition, file, path, "live", clock)
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
        yield _entry(partition, file, path, "deleted" if deleted else "live", clock)


def _recoverable(meta: Any) -> bool:
    return meta is not None and meta.type == pytsk3.TSK_FS_META_TYPE_REG and bool(meta.size)


def _allocated(name: Any, meta: Any) -> bool:
    in_folder = bool(name.flags & pytsk3.TSK_FS_NAME_FLAG_ALLOC)
    return in_folder and bool(meta.flags & pytsk3.TSK_FS_META_FLAG_ALLOC)


def _entry(partition: int, file: Any, path: bytes, allocation: str, clock: str) -> Entry:
    meta = file.info.meta
    special = _SPECIAL.get(meta.type)
    container = None
    if special is None and meta.size:
        try:
            container = sniff(file.read_random(0, min(SNIFF_BYTES, meta.size)))
        except OSError:
            container = None  # reading the whole file gives the verdict
    return Entry(
        path=path,
        size=meta.size if special is None else None,
        partition=partition,
        inode=meta.addr,
        modified=_time(meta.mtime, meta.mtime_nano),
        accessed=_time(meta.atime, meta.atime_nano),
        changed=_time(meta.ctime, meta.ctime_nano),
        created=_time(meta.crtime, meta.crtime_nano),
        clock=clock,
        allocation=allocation,
        verdict="not_a_file" if special else None,
        detail=special or "",
        container=container,
    )


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
    return begins_ext(head) or head[3:7] == b"NTFS" or b"FAT" in (head[54:57], head[82:85])
