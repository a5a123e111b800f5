"""Reads tar archives, plain or compressed, and single compressed files."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, cast

from backports import zstd

from fairlead.evidence.readers.descriptor import Bounded, open_parts
from fairlead.evidence.readers.entry import Entry, Stop, Write
from fairlead.evidence.readers.wire import EntryPlace
from fairlead.evidence.sniff import SNIFF_BYTES, Container, sniff

_CHUNK_BYTES = 1 << 18
_BLOCK_BYTES = 512
REFUSALS = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, zstd.ZstdError)


_UNPACKERS: dict[Container, Callable[[BinaryIO], object]] = {
    Container.GZIP: lambda packed: gzip.GzipFile(fileobj=packed),
    Container.BZIP2: bz2.BZ2File,
    Container.XZ: lzma.LZMAFile,
    Container.ZSTD: zstd.ZstdFile,
}


def unpacking(container: Container, descriptors: Sequence[int], most: int) -> BinaryIO:
    """The uncompressed bytes of a stream as a seekable file that gives at most ``most`` of them."""
    packed = open_parts(descriptors)
    if container not in _UNPACKERS:
        return packed
    stream = cast(BinaryIO, _UNPACKERS[container](packed))
    return cast(BinaryIO, io.BufferedReader(Bounded(stream, most), _CHUNK_BYTES))


class TarReader:
    """A tar archive; members are read in place, so going through them in order reads the file once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._known: list[tarfile.TarInfo] = []
        self._archive = tarfile.open(  # noqa: SIM115 - lives as long as the reader
            fileobj=stream, mode="r:", encoding="utf-8", errors="surrogateescape"
        )

    def entries(self) -> Iterator[Entry]:
        """All members in order; raises Stop when the archive breaks off."""
        index = 0
        try:
            while (member := self._at(index)) is not None:
                if not member.isdir():
                    yield self._entry(index, member)
                index += 1
            self._check_end()
        except REFUSALS as problem:
            raise Stop("damaged", f"breaks off after member {index}: {type(problem).__name__}") from problem

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one member's bytes."""
        written = 0
        try:
            member = self._at(place["index"])
            if member is None:
                raise Stop("damaged", "the member is not there any more")
            stream = self._archive.extractfile(member)
            while stream is not None and (chunk := stream.read(_CHUNK_BYTES)):
                write(chunk)
                written += len(chunk)
        except REFUSALS as problem:
            raise Stop("damaged", f"tar member: {type(problem).__name__}") from problem
        if written != member.size:
            raise Stop("damaged", f"breaks off after {written} of {member.size} bytes")

    def _at(self, index: int) -> tarfile.TarInfo | None:
        """A member by its position, None behind the last; reads no further, since that may be damaged."""
        while len(self._known) <= index:
            member = self._archive.next()
            if member is None:
                return None
            self._known.append(member)
        return self._known[index]

    def _check_end(self) -> None:
        """Tell the end mark from a broken header, which tarfile takes for the end."""
        self._stream.seek(self._archive.offset)
        block = self._stream.read(_BLOCK_BYTES)
        if block.strip(b"\0"):
            raise Stop("damaged", f"no header at byte {self._archive.offset}; the rest is not listed")

    def _entry(self, index: int, member: tarfile.TarInfo) -> Entry:
        verdict, detail, container = None, "", None
        if member.islnk():
            verdict, detail = "not_a_file", "hard link to an earlier member"
        elif not member.isfile():
            verdict, detail = "not_a_file", "symbolic link" if member.issym() else "special file"
        elif member.size:
            container = self._look(member)
        return Entry(
            path=member.name.encode("utf-8", "surrogateescape"),
            size=member.size if verdict is None else None,
            index=index,
            modified=int(member.mtime * 1_000_000),
            clock="tar header, UTC, 1 s",
            verdict=verdict,
            detail=detail,
            container=container,
        )

    def _look(self, member: tarfile.TarInfo) -> str | None:
        try:
            stream = self._archive.extractfile(member)
            return sniff(stream.read(SNIFF_BYTES)) if stream is not None else None
        except REFUSALS:
            return None  # reading the whole member gives the verdict


class PackedFileReader:
    """One compressed file that is not a tar archive: a container with a single member."""

    def __init__(self, container: Container, descriptors: Sequence[int], most: int) -> None:
        self._stream = unpacking(container, descriptors, most)
        self._container = container

    def entries(self) -> Iterator[Entry]:
        """The one member, whose size is known only once it is read."""
        self._stream.seek(0)
        try:
            inside = sniff(self._stream.read(SNIFF_BYTES))
        except REFUSALS:
            inside = None
        yield Entry(path=b"content", index=0, container=inside)

    def copy(self, place: EntryPlace, write: Write) -> None:  # noqa: ARG002 - there is only one
        """Write the uncompressed bytes."""
        self._stream.seek(0)
        written = 0
        try:
            while chunk := self._stream.read(_CHUNK_BYTES):
                write(chunk)
                written += len(chunk)
        except REFUSALS as problem:
            raise Stop("damaged", f"breaks off after {written} bytes: {type(problem).__name__}") from problem
