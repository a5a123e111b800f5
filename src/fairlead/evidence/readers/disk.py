"""Lists and reads what is in a disk image: the file systems of its volumes, and what belongs to no file.

Free space, slack and gaps between partitions are rows of their own: they are not examined, unless a search for
pictures and videos by structure was asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from fairlead.evidence.readers.apfs import ApfsReader
from fairlead.evidence.readers.blocks.block import exactly
from fairlead.evidence.readers.blocks.stack import Stack, Volume
from fairlead.evidence.readers.entry import Entry, Given, Stop, Write
from fairlead.evidence.readers.file_system import FileSystem
from fairlead.evidence.readers.free_space import Range, between
from fairlead.evidence.readers.image import BlockImage
from fairlead.evidence.readers.partitions import Partition
from fairlead.evidence.readers.systems.btrfs import BtrfsReader
from fairlead.evidence.readers.systems.squashfs import SquashfsReader
from fairlead.evidence.readers.systems.udf import UdfReader
from fairlead.evidence.readers.systems.xfs import XfsReader
from fairlead.evidence.readers.unowned import unknown_free_space, unowned
from fairlead.evidence.readers.wire import EntryPlace, VolumeTold
from fairlead.evidence.volume_forms import UNREAD, VolumeForm, declared_size, journal_waits, unread_features

_CHUNK_BYTES = 1 << 20
_REFUSALS = (OSError, ValueError, TypeError, RuntimeError, OverflowError, KeyError, struct.error)


class System(Protocol):
    """One file system: its files, the bytes of one, and its free space if that is known."""

    def entries(self) -> Iterator[Entry | None]:
        """All files, then a row for what was damaged."""
        ...

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write the bytes of one file. Raises Stop when they end early."""
        ...

    def free(self) -> list[Range] | None:
        """Ranges that belong to no file, in bytes of the image; None where they are not known."""
        ...


class DiskReader:
    """All file systems of one image, and what lies outside of them; other disks may complete its volumes."""

    def __init__(self, images: Sequence[BlockImage], given: Given, *, primary: int = 0) -> None:
        self.image = images[primary]
        self._given = given
        self._stack = Stack(images, given, primary=primary)
        self._building: Iterator[None] | None = self._stack.build()
        self._systems: dict[int, System] = {}

    @property
    def incomplete(self) -> bool:
        """Whether volumes lie on disks that were not given, too."""
        return self._stack.incomplete

    def prepare(self) -> Iterator[None]:
        """Find the volumes; None between steps that may take long, such as trying a password."""
        if self._building is not None:
            yield from self._building
            self._building = None

    def volumes(self) -> list[VolumeTold]:
        """Rows of the table of volumes, for those that belong to this disk."""
        return [volume.row() for volume in self._stack.own]

    def entries(self) -> Iterator[Entry | None]:
        """Files of every volume, free space behind them, a row for what could not be read, then gaps."""
        yield from self.prepare()
        for volume in self._stack.own:
            if volume.problem is not None:
                yield _rest(volume, volume.problem.verdict, volume.problem.detail)
                if volume.kind != "logical volume":
                    yield from self._unowned(volume, "$NoFileSystem")
            elif volume.is_leaf:
                yield from self._leaf(volume)
            elif volume.member_of and volume.disk != min(_disks_of(self._stack, volume), default=volume.disk):
                yield _rest(
                    volume, "not_a_file", f"a part of {volume.member_of}, which is read with another disk"
                )
        if self._stack.limited:
            yield Entry(
                path=b"", kind="inode", partition=0, inode=0, verdict="limit", rest=True,
                detail="more volumes in each other than are read; the rest is not listed",
            )  # fmt: skip
        yield from self._gaps()

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one file's bytes, or those of a range of the image or of a volume."""
        for _ in self.prepare():
            pass
        if place["kind"] == "range":
            _copy_range(self.image, place["start"], place["end"], write)
            return
        volume = next((one for one in self._stack.own if one.number == place["partition"]), None)
        if volume is None:
            raise Stop("damaged", "no such volume; a password that opened it may be missing")
        if place["kind"] == "extent":
            _copy_range(volume.image, place["start"], place["end"], write)
            return
        try:
            system = self._system(volume)
        except _REFUSALS as problem:
            raise Stop("damaged", "no file system that can be read") from problem
        if isinstance(system, ApfsReader | BtrfsReader) is not (place["kind"] == "volume"):
            raise Stop("damaged", "the file system is another one than it was")
        system.copy(place, write)

    def _leaf(self, volume: Volume) -> Iterator[Entry | None]:
        """A volume with a file system, or with none that is read."""
        try:
            system = self._system(volume)
        except Stop as stop:
            volume.problem = stop
            yield _rest(volume, stop.verdict, stop.detail)
            yield from self._unowned(volume, "$NoFileSystem")
            return
        except _REFUSALS:
            yield from self._unread(volume)
            return
        yield from system.entries()
        yield from _cut(volume)
        free = system.free()
        if free is None:
            searched = isinstance(system, FileSystem)
            yield unknown_free_space(
                _partition(volume), volume.image, extent=_extent(volume), deleted=searched
            )
            return
        where = f"free space of {_words(volume)}"
        yield from unowned(
            volume.image,
            self._given,
            free,
            name="$FreeSpace",
            where=where,
            slack=True,
            extent=_extent(volume),
        )

    def _system(self, volume: Volume) -> System:
        """The file system of a volume. Raises OSError and its kin where there is none, Stop where it is not read."""
        if volume.number not in self._systems:
            self._systems[volume.number] = self._open(volume)
        return self._systems[volume.number]

    def _open(self, volume: Volume) -> System:
        form = volume.system
        if form in UNREAD:
            raise Stop("unsupported", f"not opened: {volume.form}")
        features = unread_features(form, volume.block.read) if form is not None else []
        if features:
            raise Stop("unsupported", f"not opened: {volume.form} with {' and '.join(features)}")
        match form:
            case VolumeForm.APFS:
                return ApfsReader(
                    volume.image,
                    partition=volume.number,
                    start=volume.start,
                    size=min(volume.start + volume.block.size, volume.image.get_size()) - volume.start,
                    given=self._given,
                )
            case VolumeForm.XFS:
                return XfsReader(volume.block, volume.number)
            case VolumeForm.BTRFS:
                return BtrfsReader(self._devices(volume), volume.number)
            case VolumeForm.SQUASHFS:
                return SquashfsReader(volume.block, volume.number)
            case VolumeForm.UDF:
                return UdfReader(volume.block, volume.number)
        if form is VolumeForm.EXT and journal_waits(volume.block.read):
            volume.note = "its journal was not replayed: the last seconds of writing may stand there only"
        system = FileSystem(volume.image, _partition(volume))
        volume.form = volume.form or system.family
        return system

    def _devices(self, volume: Volume) -> list[Any]:
        """Every volume that may be a device of the same Btrfs, its own first."""
        others = [
            one.block for one in self._stack.volumes if one.system is VolumeForm.BTRFS and one is not volume
        ]
        return [volume.block, *others]

    def _unread(self, volume: Volume) -> Iterator[Entry | None]:
        """The row for a volume without a file system that can be read, and for its bytes."""
        named = volume.form or volume.name
        detail = f"no file system that can be read ({named})"
        verdict = "damaged" if volume.form or volume.kind == "disk" else "unreadable"
        volume.problem = Stop(verdict, detail)
        yield _rest(volume, verdict, detail)
        yield from _cut(volume)
        yield from self._unowned(volume, "$NoFileSystem")

    def _unowned(self, volume: Volume, name: str) -> Iterator[Entry | None]:
        end = min(volume.start + volume.block.size, volume.image.get_size())
        ranges = [(volume.start, end)] if end > volume.start else []
        yield from unowned(
            volume.image, self._given, ranges, name=name, where=_words(volume), extent=_extent(volume)
        )

    def _gaps(self) -> Iterator[Entry | None]:
        """What lies between the partitions of every volume that has a table of them."""
        for volume in self._stack.own:
            below = [one for one in self._stack.own if one.parent is volume and one.kind == "partition"]
            if not below:
                continue
            taken = [(part.start, part.start + part.block.size) for part in below]
            where = "outside of every partition"
            extent = None if volume.kind == "disk" else volume.number
            for gap in between(taken, volume.image.get_size()):
                yield from unowned(volume.image, self._given, [gap], name="$Gap", where=where, extent=extent)


def _disks_of(stack: Stack, volume: Volume) -> list[int]:
    """Disks to which the volumes belong that lie on this one, together with others."""
    return [one.disk for one in stack.volumes if volume in one.below]


def _copy_range(image: BlockImage, start: int, end: int, write: Write) -> None:
    at = start
    while at < end:
        try:
            chunk = exactly(image.block, at, min(_CHUNK_BYTES, end - at))
        except OSError:
            chunk = image.read(at, min(_CHUNK_BYTES, end - at))
        if not chunk:
            raise Stop("damaged", f"breaks off after {at - start} of {end - start} bytes")
        write(chunk)
        at += len(chunk)


def _partition(volume: Volume) -> Partition:
    return Partition(
        number=volume.number, start=volume.start, size=volume.block.size, description=volume.name
    )


def _extent(volume: Volume) -> int | None:
    """The volume whose addresses a range of this one has; None for those of the image itself."""
    space = volume.space
    return None if space is None or space.kind == "disk" else space.number


def _words(volume: Volume) -> str:
    if volume.kind in {"disk", "partition"} and _extent(volume) is None:
        return f"partition {volume.number}"
    return f"{volume.kind} {volume.name} (volume {volume.number})"


def _rest(volume: Volume, verdict: str, detail: str) -> Entry:
    return Entry(
        path=b"", kind="inode", partition=volume.number, inode=0, size=volume.block.size or None, verdict=verdict,
        detail=detail, rest=True,
    )  # fmt: skip


def _cut(volume: Volume) -> Iterator[Entry]:
    """A row where a file system, or its partition, says that it is larger than what is here of it."""
    here = min(volume.start + volume.block.size, volume.image.get_size()) - volume.start
    stated = declared_size(volume.system, volume.block.read) if volume.system is not None else None
    wanted = max(stated or 0, volume.block.size)
    if wanted <= here:
        return
    what = "file system" if stated and stated > here else "partition"
    detail = (
        f"the {what} takes {wanted} bytes; of them {wanted - here} are missing: the image is cut or short"
    )
    volume.form += "; cut"
    yield Entry(
        path=b"", kind="inode", partition=volume.number, inode=1, size=wanted - here, verdict="damaged",
        detail=detail, rest=True,
    )  # fmt: skip
