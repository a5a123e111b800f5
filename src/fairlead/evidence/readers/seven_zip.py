"""Reads 7z archives member by member; a solid block is unpacked once for members read in order.

The header and the codecs are py7zr's; nothing is extracted.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import py7zr
from py7zr.compressor import SevenZipDecompressor, SupportedMethods
from py7zr.exceptions import ArchiveError, PasswordRequired, UnsupportedCompressionMethodError

from fairlead.evidence.readers.descriptor import open_parts
from fairlead.evidence.readers.entry import Entry, Given, Stop, Write
from fairlead.evidence.readers.wire import EntryPlace
from fairlead.evidence.sniff import SNIFF_BYTES, sniff

_CHUNK_BYTES = 1 << 18
_TRIED_BYTES = 1 << 20
_FILETIME_TO_UNIX_US = 11_644_473_600_000_000
_IDLE_ROUNDS = 10_000
_PPMD = b"\x03\x04\x01"  # its decoder starts a thread, which the sandbox of readers forbids
_REFUSALS = (
    ArchiveError, lzma.LZMAError, zlib.error, EOFError, OSError, ValueError, struct.error, TypeError, IndexError,
    KeyError, AttributeError, AssertionError, OverflowError,
)  # fmt: skip


@dataclass(slots=True)
class _Block:
    """A block ("folder" in the format): packed bytes, unpacked as one stream, that holds one or more members."""

    number: int
    at: int
    packed_bytes: int
    folder: Any
    encrypted: bool
    line: int | None = None
    problem: Stop | None = None


@dataclass(slots=True)
class _Member:
    file: Any
    block: _Block | None
    starts_at: int


class _Stream:
    """The unpacked bytes of one block from its start on."""

    def __init__(self, file: Any, block: _Block, password: str | None) -> None:
        folder = block.folder
        self._file = file
        self._at = block.at
        self._end = block.at + block.packed_bytes
        self._unpacker = SevenZipDecompressor(
            folder.coders, block.packed_bytes, folder.unpacksizes, folder.crc, password
        )
        self.position = 0

    def read(self, most: int) -> bytes:
        """The next bytes, at least one; raises EOFError when there are no more."""
        for _ in range(_IDLE_ROUNDS):
            self._file.seek(self._at)
            data: bytes = bytes(self._unpacker.decompress(self._file, most))
            moved = self._file.tell() != self._at
            self._at = self._file.tell()
            if data:
                self.position += len(data)
                return data
            if not moved and self._at >= self._end:
                break
        raise EOFError


@dataclass(slots=True)
class _Forward:
    """How far one way through the blocks has come."""

    block: int = -1
    stream: _Stream | None = None


class SevenZipReader:
    """A 7z archive. Raises Stop when its header is damaged, or encrypted and no password opens it."""

    def __init__(self, descriptors: Sequence[int], given: Given) -> None:
        self._given = given
        self._file = open_parts(descriptors)
        self._header_line: int | None = None
        archive = self._open()
        self._members = _members_of(archive)
        self._first = {m.block.number: m for m in reversed(self._members) if m.block is not None}
        # Looking at first bytes while listing, and copying, each go forward on their own.
        self._looking, self._copying = _Forward(), _Forward()

    def entries(self) -> Iterator[Entry | None]:
        """All members in the order of the archive; folders are left out."""
        for index, member in enumerate(self._members):
            if member.file.is_directory:
                continue
            if member.block is not None and member.file.uncompressed:
                try:
                    for _ in self._move(self._looking, member.block, member.starts_at):
                        yield None
                except Stop:
                    pass  # the entry says why
            yield self._entry(index, member)
        self._looking = _Forward()  # its dictionary may be large

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one member's bytes; the checksum decides whether they are whole."""
        if not 0 <= place["index"] < len(self._members):
            raise Stop("damaged", "the member is not there any more")
        member = self._members[place["index"]]
        checksum = 0
        for chunk in self._bytes_of(member, member.file.uncompressed or 0, self._copying):
            write(chunk)
            checksum = zlib.crc32(chunk, checksum)
        if member.file.crc32 is not None and checksum != member.file.crc32:
            raise Stop("damaged", "the checksum differs")

    def reach(self, place: EntryPlace) -> Iterator[None]:
        """Move to where a member begins in its block, with signs of life."""
        if not 0 <= place["index"] < len(self._members):
            return
        member = self._members[place["index"]]
        if member.block is None or not member.file.uncompressed:
            return
        try:
            for _ in self._move(self._copying, member.block, member.starts_at):
                yield
        except Stop:
            return  # copying it gives the verdict

    def _open(self) -> Any:
        """The archive's header, by the first password that opens it where it is encrypted."""
        try:
            return py7zr.SevenZipFile(self._file)
        except PasswordRequired as problem:
            needed = problem
        except _REFUSALS as problem:
            raise Stop("damaged", f"7z header: {type(problem).__name__}") from problem
        for line, password in self._given.numbered():
            self._file.seek(0)
            try:
                archive = py7zr.SevenZipFile(self._file, password=password)
            except (*_REFUSALS, UnicodeError, RecursionError):
                continue
            self._header_line = line
            return archive
        grounds = "no password of the list opens it" if self._given.passwords else "no password was given"
        raise Stop("encrypted", f"the list of members is encrypted; {grounds}") from needed

    def _entry(self, index: int, member: _Member) -> Entry:
        file = member.file
        verdict, detail, container, line = None, "", None, self._header_line
        if file.is_symlink or file.is_junction or file.is_socket:
            verdict, detail = "not_a_file", "symbolic link" if file.is_symlink else "special file"
        elif member.block is not None and file.uncompressed:
            try:
                container = sniff(
                    b"".join(self._bytes_of(member, min(SNIFF_BYTES, file.uncompressed), self._looking))
                )
            except Stop as stop:
                if stop.verdict != "damaged":  # reading the whole member gives that verdict
                    verdict, detail = stop.verdict, stop.detail
            line = member.block.line or line
        return Entry(
            path=file.filename.encode("utf-8", "surrogatepass"),
            size=(file.uncompressed or 0) if verdict != "not_a_file" else None,
            index=index,
            modified=_time(file.lastwritetime),
            clock="7z, UTC, 100 ns" if file.lastwritetime is not None else "",
            verdict=verdict,
            detail=detail,
            container=container,
            password=line,
        )

    def _bytes_of(self, member: _Member, most: int, through: _Forward) -> Iterator[bytes]:
        if member.block is None or not most:
            return
        for _ in self._move(through, member.block, member.starts_at):
            pass
        stream = through.stream
        left = most
        try:
            while stream is not None and left:
                chunk = stream.read(min(left, _CHUNK_BYTES))
                left -= len(chunk)
                yield chunk
        except _REFUSALS as problem:
            through.stream = None
            raise Stop("damaged", f"7z member: {type(problem).__name__}") from problem

    def _move(self, through: _Forward, block: _Block, start: int) -> Iterator[None]:
        """Go to a position of a block, in steps; begun anew when that lies behind."""
        if through.stream is None or through.block != block.number or through.stream.position > start:
            through.block, through.stream = block.number, None
            through.stream = self._begin(block)
        try:
            while through.stream.position < start:
                through.stream.read(min(start - through.stream.position, _CHUNK_BYTES))
                yield
        except _REFUSALS as problem:
            through.stream = None
            raise Stop("damaged", f"7z block: {type(problem).__name__}") from problem

    def _begin(self, block: _Block) -> _Stream:
        if any(coder.get("method") == _PPMD for coder in block.folder.coders):
            raise Stop("unreadable", "compressed with PPMd, which is not read here")
        if block.encrypted and block.line is None and block.problem is None:
            try:
                block.line = self._find_line(block)
            except Stop as stop:
                block.problem = stop
        if block.problem is not None:
            raise block.problem
        try:
            return _Stream(self._file, block, self._password(block.line))
        except UnsupportedCompressionMethodError as problem:
            raise Stop("unreadable", "the compression method is not supported") from problem
        except _REFUSALS as problem:
            raise Stop("damaged", f"7z block: {type(problem).__name__}") from problem

    def _password(self, line: int | None) -> str | None:
        return self._given.passwords[line - 1] if line is not None else None

    def _find_line(self, block: _Block) -> int:
        """The line of the password under which the first member of a block has its checksum.

        A first member above 1 MiB is judged by its first MiB, which wrong keys unpack to nothing.
        """
        first = self._first[block.number]
        known = [(self._header_line, self._password(self._header_line) or "")] if self._header_line else []
        for line, password in (*known, *self._given.numbered()):
            try:
                stream = _Stream(self._file, block, password)
                size = first.file.uncompressed or 0
                checksum = 0
                while stream.position < min(size, _TRIED_BYTES):
                    checksum = zlib.crc32(stream.read(min(size, _TRIED_BYTES) - stream.position), checksum)
            except UnsupportedCompressionMethodError as problem:
                raise Stop("unreadable", "the compression method is not supported") from problem
            except (*_REFUSALS, UnicodeError):
                continue
            if size > _TRIED_BYTES or first.file.crc32 in (None, checksum):
                return line
        grounds = "no password of the list opens it" if self._given.passwords else "no password was given"
        raise Stop("encrypted", grounds)


def _members_of(archive: Any) -> list[_Member]:
    """Members with their block and their place in its unpacked stream."""
    blocks: list[_Block] = []
    streams = getattr(archive.header, "main_streams", None)
    if streams is not None:
        positions, at = streams.packinfo.packpositions, 0
        for number, folder in enumerate(streams.unpackinfo.folders):
            packs = max(len(folder.packed_indices), 1)
            blocks.append(
                _Block(
                    number=number,
                    at=archive.afterheader + positions[at],
                    packed_bytes=positions[at + packs] - positions[at],
                    folder=folder,
                    encrypted=bool(SupportedMethods.needs_password(folder.coders)),
                )
            )
            at += packs
    members: list[_Member] = []
    ends: dict[int, int] = {}
    of_folder = {id(block.folder): block for block in blocks}
    for file in archive.files:
        block = of_folder.get(id(file.folder)) if file.folder is not None else None
        start = 0
        if block is not None:
            start = ends.get(block.number, 0)
            ends[block.number] = start + (file.uncompressed or 0)
        members.append(_Member(file=file, block=block, starts_at=start))
    return members


def _time(filetime: Any) -> int | None:
    return int(filetime) // 10 - _FILETIME_TO_UNIX_US if filetime is not None else None
