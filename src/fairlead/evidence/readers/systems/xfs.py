"""XFS through libfsxfs: live files by their folders. Deleted files are not looked for: XFS clears their extents."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import Any

import pyfsxfs

from fairlead.evidence.readers.blocks.block import Block, BlockFile
from fairlead.evidence.readers.entry import Entry, Stop, Write
from fairlead.evidence.readers.free_space import Range
from fairlead.evidence.readers.systems.files import MOST_DEPTH, SPECIAL, container_of, copy_pieces
from fairlead.evidence.readers.wire import EntryPlace

_CLOCK = "XFS, UTC, 1 ns"
_REFUSALS = (OSError, ValueError, TypeError, RuntimeError, OverflowError, MemoryError)


class XfsReader:
    """The files of one volume. Raises OSError when libfsxfs knows no XFS there."""

    def __init__(self, block: Block, number: int) -> None:
        self._number = number
        self._volume = pyfsxfs.volume()
        self._volume.open_file_object(BlockFile(block))

    def free(self) -> list[Range] | None:
        """Not known here."""
        return None

    def entries(self) -> Iterator[Entry | None]:
        """All files by their folders, then what was damaged, and that deleted files were not looked for."""
        try:
            waiting: list[tuple[Any, bytes, int]] = [(self._volume.root_directory, b"", 0)]
        except _REFUSALS as problem:
            yield self._rest("damaged", f"XFS: the root folder cannot be read ({type(problem).__name__})")
            return
        seen: set[int] = set()
        damaged = 0
        while waiting:
            folder, prefix, depth = waiting.pop()
            folders = []
            for file in _below(folder):
                if file is None:
                    damaged += 1
                    continue
                try:
                    path = prefix + b"/" + _name(file)
                    mode, inode = int(file.file_mode), int(file.inode_number)
                    if not stat.S_ISDIR(mode):
                        yield self._entry(file, path, mode, inode)
                    elif inode not in seen:
                        seen.add(inode)
                        folders.append((file, path, depth + 1))
                except _REFUSALS:
                    damaged += 1
            if depth < MOST_DEPTH:
                waiting.extend(reversed(folders))
            else:
                damaged += len(folders)
        if damaged:
            yield self._rest("damaged", f"XFS: {damaged} folders or files could not be read")

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one file's bytes."""
        try:
            file = self._volume.get_file_entry_by_inode(place["inode"])
            size = int(file.size)
        except _REFUSALS as problem:
            raise Stop("damaged", "the inode cannot be read") from problem
        copy_pieces(lambda at, length: _read(file, at, length), size, write, _REFUSALS)

    def _entry(self, file: Any, path: bytes, mode: int, inode: int) -> Entry:
        special = SPECIAL.get(stat.S_IFMT(mode))
        size = int(file.size or 0)
        return Entry(
            path=path,
            kind="inode",
            partition=self._number,
            inode=inode,
            size=size if special is None else None,
            modified=_time(file.get_modification_time_as_integer()),
            accessed=_time(file.get_access_time_as_integer()),
            changed=_time(file.get_inode_change_time_as_integer()),
            created=_created(file),
            clock=_CLOCK,
            verdict="not_a_file" if special else None,
            detail=special or "",
            container=None
            if special
            else container_of(lambda at, length: _read(file, at, length), size, _REFUSALS),
        )

    def _rest(self, verdict: str, detail: str) -> Entry:
        return Entry(
            path=b"", kind="inode", partition=self._number, inode=0, verdict=verdict, detail=detail, rest=True
        )


def _below(folder: Any) -> Iterator[Any]:
    """Entries of a folder one by one; None for each that cannot be read, and for a folder that cannot."""
    try:
        count = int(folder.number_of_sub_file_entries)
    except _REFUSALS:
        yield None
        return
    for place in range(count):
        try:
            yield folder.get_sub_file_entry(place)
        except _REFUSALS:
            yield None


def _name(file: Any) -> bytes:
    return str(file.name or "").encode("utf-8", "surrogatepass")


def _read(file: Any, at: int, length: int) -> bytes:
    data: bytes = file.read_buffer_at_offset(length, at)
    return data


def _created(file: Any) -> int | None:
    try:
        return _time(file.get_creation_time_as_integer())
    except _REFUSALS:
        return None


def _time(nanoseconds: int | None) -> int | None:
    return int(nanoseconds) // 1000 if nanoseconds else None
