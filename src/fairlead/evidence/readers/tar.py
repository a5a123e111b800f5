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


class _Walk:
    """One way through an archive, from its first header on: members that were passed stay known."""

    def __init__(self, stream: BinaryIO, *, packed: bool) -> None:
        self.stream = stream
        self._packed = packed
        self.known: list[tarfile.TarInfo] = []
        self.archive = tarfile.open(  # noqa: SIM115 - lives as long as the reader
            fileobj=stream, mode="r:", encoding="utf-8", errors="surrogateescape"
        )

    def reach_member(self, index: int) -> Iterator[None]:
        """Go on until a member is known, or the end is; reads no further, since that may be damaged."""
        while len(self.known) <= index:
            # tarfile looks at the byte before the next header; what lies before that is passed here, in steps.
            yield from self.pass_to(self.archive.offset - 1)
            member = self.archive.next()
            if member is None:
                return
            self.known.append(member)

    def at(self, index: int) -> tarfile.TarInfo | None:
        """A member that was reached, None behind the last."""
        return self.known[index] if index < len(self.known) else None

    def pass_to(self, place: int) -> Iterator[None]:
        """Move an unpacking stream to a place, with a sign of life after every piece that was unpacked for it.

        What lies behind is reached from the first byte on. A stream that is not packed moves when it is read.
        """
        if not self._packed or place < 0:
            return
        if self.stream.tell() > place:
            self.stream.seek(0)
        while (left := place - self.stream.tell()) > 0:
            if not self.stream.read(min(left, _CHUNK_BYTES)):
                return
            yield


class TarReader:
    """A tar archive; members are read in place, so going through them in order reads the file once.

    ``unpack`` gives the archive's bytes from the first on, which means unpacking when they are ``packed``. Listing and
    copying each have a stream of their own, so that neither throws the other back to the beginning.
    """

    def __init__(self, unpack: Callable[[], BinaryIO], *, packed: bool) -> None:
        self._unpack = unpack
        self._packed = packed
        self._going: _Walk | None = None
        self._begin()  # raises what tarfile has against the first header

    def entries(self) -> Iterator[Entry | None]:
        """All members in order; raises Stop when the archive breaks off."""
        index = 0
        try:
            walk = self._begin()
            while True:
                yield from walk.reach_member(index)
                member = walk.at(index)
                if member is None:
                    break
                if not member.isdir():
                    yield self._entry(index, member, walk)
                index += 1
            self._check_end(walk)
        except REFUSALS as problem:
            raise Stop("damaged", f"breaks off after member {index}: {type(problem).__name__}") from problem

    def reach(self, place: EntryPlace) -> Iterator[None]:
        """Move to where a member's bytes begin, with signs of life: in a packed archive that may take minutes."""
        try:
            walk = self._copying()
            yield from walk.reach_member(place["index"])
            member = walk.at(place["index"])
            if member is not None and member.size:
                yield from walk.pass_to(member.offset_data)
        except REFUSALS:
            return  # copying it gives the verdict

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one member's bytes."""
        written = 0
        try:
            walk = self._copying()
            for _ in walk.reach_member(place["index"]):
                pass
            member = walk.at(place["index"])
            if member is None:
                raise Stop("damaged", "the member is not there any more")
            stream = walk.archive.extractfile(member)
            while stream is not None and (chunk := stream.read(_CHUNK_BYTES)):
                write(chunk)
                written += len(chunk)
        except REFUSALS as problem:
            raise Stop("damaged", f"tar member: {type(problem).__name__}") from problem
        if written != member.size:
            raise Stop("damaged", f"breaks off after {written} of {member.size} bytes")

    def _begin(self) -> _Walk:
        return _Walk(self._unpack(), packed=self._packed)

    def _copying(self) -> _Walk:
        if self._going is None:
            self._going = self._begin()
        return self._going

    def _check_end(self, walk: _Walk) -> None:
        """Tell the end mark from a broken header, which tarfile takes for the end."""
        offset = walk.archive.offset
        walk.stream.seek(offset)
        block = walk.stream.read(_BLOCK_BYTES)
        if block.strip(b"\0"):
            raise Stop("damaged", f"no header at byte {offset}; the rest is not listed")

    def _entry(self, index: int, member: tarfile.TarInfo, walk: _Walk) -> Entry:
        verdict, detail, container = None, "", None
        if member.islnk():
            verdict, detail = "not_a_file", "hard link to an earlier member"
        elif not member.isfile():
            verdict, detail = "not_a_file", "symbolic link" if member.issym() else "special file"
        elif member.size:
            container = _look(member, walk)
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


def _look(member: tarfile.TarInfo, walk: _Walk) -> str | None:
    try:
        stream = walk.archive.extractfile(member)
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
