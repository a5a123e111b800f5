"""Reads the volumes of an APFS container through libfsapfs: live files only, no snapshots, nothing deleted."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import Any

import pyfsapfs

from fairlead.evidence.readers.blocks.block import BlockFile, Slice
from fairlead.evidence.readers.entry import Entry, Given, Stop, Write
from fairlead.evidence.readers.image import BlockImage
from fairlead.evidence.readers.wire import EntryPlace
from fairlead.evidence.sniff import SNIFF_BYTES, sniff

_CHUNK_BYTES = 1 << 20
_CLOCK = "APFS, UTC, 1 ns"
_MOST_DEPTH = 1000
_REFUSALS = (OSError, ValueError, TypeError, RuntimeError, OverflowError)
_SPECIAL = {
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "block device",
    stat.S_IFCHR: "character device",
}


class ApfsReader:
    """The volumes of the container in one partition. Raises OSError when it cannot be opened."""

    def __init__(self, image: BlockImage, *, partition: int, start: int, size: int, given: Given) -> None:
        self._partition = partition
        self._container = pyfsapfs.container()
        self._container.open_file_object(BlockFile(Slice(image.block, start, size)))
        self._volumes: list[Any] = list(self._container.volumes)
        self._lines = {number: _unlock(volume, given) for number, volume in enumerate(self._volumes)}

    def entries(self) -> Iterator[Entry | None]:
        """Files of every volume; one row for a volume that is encrypted or damaged."""
        for number, volume in enumerate(self._volumes):
            problem = self._lines[number]
            if isinstance(problem, Stop):
                yield self._rest(number, problem)
                continue
            try:
                yield from self._files(number, volume, problem)
            except _REFUSALS as broken:
                yield self._rest(number, Stop("damaged", f"APFS volume: {type(broken).__name__}"))

    def free(self) -> None:
        """Not known here."""

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one file's bytes."""
        at = 0
        try:
            file = self._volumes[place["volume"]].get_file_entry_by_identifier(place["inode"])
            size = int(file.size)
            while at < size:
                chunk = file.read_buffer_at_offset(min(_CHUNK_BYTES, size - at), at)
                if not chunk:
                    break
                write(chunk)
                at += len(chunk)
        except (*_REFUSALS, AttributeError, IndexError) as problem:
            raise Stop("damaged", f"breaks off after {at} bytes: {type(problem).__name__}") from problem
        if at < size:
            raise Stop("damaged", f"breaks off after {at} of {size} bytes")

    def _rest(self, volume: int, stop: Stop) -> Entry:
        return Entry(
            path=b"", kind="volume", partition=self._partition, volume=volume, inode=0, verdict=stop.verdict,
            detail=stop.detail, rest=True,
        )  # fmt: skip

    def _files(self, number: int, volume: Any, line: int | None) -> Iterator[Entry]:
        waiting = [(volume.root_directory, b"", 0)]
        damaged = 0
        while waiting:
            folder, prefix, depth = waiting.pop()
            try:
                below = list(folder.sub_file_entries)
            except _REFUSALS:
                damaged += 1
                continue
            folders = []
            for file in below:
                try:
                    path = prefix + b"/" + (file.name or "").encode("utf-8", "surrogatepass")
                    if stat.S_ISDIR(file.file_mode):
                        folders.append((file, path, depth + 1))
                    else:
                        yield self._entry(number, file, path, line)
                except _REFUSALS:
                    damaged += 1
            if depth < _MOST_DEPTH:
                waiting.extend(reversed(folders))
            else:
                damaged += len(folders)
        if damaged:
            yield self._rest(number, Stop("damaged", f"{damaged} folders or files could not be read"))

    def _entry(self, number: int, file: Any, path: bytes, line: int | None) -> Entry:
        special = _SPECIAL.get(stat.S_IFMT(file.file_mode))
        size = int(file.size or 0)
        container = None
        if special is None and size:
            try:
                container = sniff(file.read_buffer_at_offset(min(SNIFF_BYTES, size), 0))
            except _REFUSALS:
                container = None  # reading the whole file gives the verdict
        return Entry(
            path=path,
            kind="volume",
            partition=self._partition,
            volume=number,
            inode=file.identifier,
            size=size if special is None else None,
            modified=_time(file.get_modification_time_as_integer()),
            accessed=_time(file.get_access_time_as_integer()),
            changed=_time(file.get_inode_change_time_as_integer()),
            created=_time(file.get_creation_time_as_integer()),
            clock=_CLOCK,
            verdict="not_a_file" if special else None,
            detail=special or "",
            container=container,
            password=line,
        )


def _unlock(volume: Any, given: Given) -> int | Stop | None:
    """The line of the password that opens an encrypted volume; None for an open one; Stop when none does."""
    try:
        if not volume.is_locked():
            return None
        for line, password in given.numbered():
            volume.set_password(password)
            if volume.unlock():
                return line
    except _REFUSALS as problem:
        return Stop("damaged", f"APFS volume: {type(problem).__name__}")
    grounds = "no password of the list opens it" if given.passwords else "no password was given"
    return Stop("encrypted", f"the volume is encrypted; {grounds}")


def _time(nanoseconds: int | None) -> int | None:
    return int(nanoseconds) // 1000 if nanoseconds else None
