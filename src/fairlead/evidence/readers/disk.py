"""Lists and reads what is in a disk image: the file systems of its partitions, and what belongs to no file.

Free space, slack and gaps between partitions are rows of their own: they are not examined, unless a search for
pictures and videos by structure was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from fairlead.evidence.readers.apfs import ApfsReader, begins_apfs
from fairlead.evidence.readers.entry import Entry, Given, Stop, Write
from fairlead.evidence.readers.file_system import FileSystem
from fairlead.evidence.readers.free_space import between
from fairlead.evidence.readers.image import RawImage
from fairlead.evidence.readers.partitions import WHOLE_IMAGE, Partition, find_partitions
from fairlead.evidence.readers.unowned import unknown_free_space, unowned

_CHUNK_BYTES = 1 << 20


class DiskReader:
    """All file systems of one image, and what lies outside of them."""

    def __init__(self, image: RawImage, given: Given) -> None:
        self.image = image
        self._given = given
        self._partitions = {part.number: part for part in find_partitions(image)}
        self._systems: dict[int, FileSystem | ApfsReader] = {}

    def entries(self) -> Iterator[Entry | None]:
        """Files of every partition, free space behind them, a row for what could not be read, then gaps."""
        for partition in self._partitions.values():
            try:
                system = self._system(partition)
            except OSError:
                yield from self._unread(partition)
                continue
            yield from system.entries()
            free = system.free() if isinstance(system, FileSystem) else None
            if free is None:
                yield unknown_free_space(partition, self.image)
                continue
            where = f"free space of partition {partition.number}"
            yield from unowned(self.image, self._given, free, name="$FreeSpace", where=where, slack=True)
        taken = [(part.start, part.start + part.size) for part in self._partitions.values()]
        for gap in between(taken, self.image.get_size()):
            yield from unowned(
                self.image, self._given, [gap], name="$Gap", where="outside of every partition"
            )

    def copy(self, place: dict[str, Any], write: Write) -> None:
        """Write one file's bytes, or those of a range of the image."""
        if place["kind"] == "range":
            self._copy_range(place["start"], place["end"], write)
            return
        partition = self._partitions.get(place["partition"])
        if partition is None:
            raise Stop("damaged", "no such partition")
        try:
            system = self._system(partition)
        except OSError as problem:
            raise Stop("damaged", "no file system that can be read") from problem
        if isinstance(system, ApfsReader) is not (place["kind"] == "volume"):
            raise Stop("damaged", "the file system is another one than it was")
        system.copy(place, write)

    def _copy_range(self, start: int, end: int, write: Write) -> None:
        at = start
        while at < end:
            chunk = self.image.read(at, min(_CHUNK_BYTES, end - at))
            if not chunk:
                raise Stop("damaged", f"breaks off after {at - start} of {end - start} bytes")
            write(chunk)
            at += len(chunk)

    def _system(self, partition: Partition) -> FileSystem | ApfsReader:
        """The file system of a partition. Raises OSError where there is none that can be read."""
        if partition.number not in self._systems:
            self._systems[partition.number] = self._open(partition)
        return self._systems[partition.number]

    def _open(self, partition: Partition) -> FileSystem | ApfsReader:
        if begins_apfs(self.image, partition.start):
            with suppress(OSError, ValueError, RuntimeError):
                return ApfsReader(
                    self.image,
                    partition=partition.number,
                    start=partition.start,
                    size=partition.end_in(self.image) - partition.start,
                    given=self._given,
                )
        return FileSystem(self.image, partition)

    def _unread(self, partition: Partition) -> Iterator[Entry | None]:
        """The row for a partition without a file system that can be read, and for its bytes."""
        yield Entry(
            path=b"",
            kind="inode",
            partition=partition.number,
            inode=0,
            size=partition.size or None,
            verdict="damaged" if partition.description == WHOLE_IMAGE else "unreadable",
            detail=f"no file system that can be read ({partition.description})",
            rest=True,
        )
        bytes_of = [(partition.start, partition.end_in(self.image))]
        where = f"partition {partition.number}"
        yield from unowned(self.image, self._given, bytes_of, name="$NoFileSystem", where=where)
