"""Compressed record files as plain streams."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol, cast

from backports import zstd

from fairlead.terms.origin import Step, StepKind, parse_locator

_GZIP = b"\x1f\x8b"
_LONGEST_MAGIC = 6
_CHUNK_BYTES = 1 << 18
_CUT = "the compressed file ends before its content does"
_BEHIND = "something else stands in the file behind its compressed content"
_BROKEN = "the compressed content is damaged"


class _Decompressor(Protocol):
    """What the decompressors of lzma, bz2 and zstd have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


_DECOMPRESSORS: dict[bytes, Callable[[], _Decompressor]] = {
    b"\xfd7zXZ\x00": lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ),
    b"BZh": bz2.BZ2Decompressor,
    b"\x28\xb5\x2f\xfd": zstd.ZstdDecompressor,
}


class _Inflated(io.RawIOBase):
    """The content of a gzip stream of one or more members; what cannot be inflated ends it.

    A damaged tail is no silence: ``damage`` says what is wrong, and the caller puts it into quarantine.
    """

    def __init__(self, stream: BinaryIO, head: bytes) -> None:
        self._stream = stream
        self._pending = head
        self._inflate = zlib.decompressobj(wbits=31)
        self._held = b""
        self.damage = ""

    def readable(self) -> bool:
        return True

    def _more(self, size: int) -> None:
        while not self._held and not self.damage:
            if not self._pending:
                self._pending = self._stream.read(_CHUNK_BYTES)
            if not self._pending:
                self.damage = "" if self._inflate.eof else _CUT
                return
            if self._inflate.eof:
                if not self._pending.strip(
                    b"\0"
                ):  # padding, as tapes have it (RFC 1952 leaves it to the reader)
                    self._pending = b""
                    continue
                if not _GZIP.startswith(self._pending[: len(_GZIP)]):
                    self.damage = _BEHIND
                    return
                self._inflate = zlib.decompressobj(wbits=31)
            try:
                self._held = self._inflate.decompress(self._pending, max(size, 1))
            except zlib.error:
                self.damage = _BROKEN
                return
            self._pending = self._inflate.unconsumed_tail or self._inflate.unused_data

    def read(self, size: int = -1) -> bytes:
        wanted = _CHUNK_BYTES if size is None or size < 0 else size
        self._more(wanted)
        out, self._held = self._held[:wanted], self._held[wanted:]
        return out


class _Decompressed(io.RawIOBase):
    """The content of an xz, bzip2 or Zstandard stream of one or more frames; ``damage`` as of ``_Inflated``."""

    def __init__(self, stream: BinaryIO, head: bytes, begin: Callable[[], _Decompressor]) -> None:
        self._stream = stream
        self._begin = begin
        self._decompressor = begin()
        self._pending = head
        self._held = b""
        self._again = False
        self.damage = ""

    def readable(self) -> bool:
        return True

    def _more(self, size: int) -> None:
        while not self._held and not self.damage:
            one = self._decompressor
            if one.eof:
                self._pending = self._behind(one)
                if not self._pending:
                    return
                one = self._decompressor = self._begin()
                self._again = True
            elif one.needs_input and not self._pending:
                self._pending = self._stream.read(_CHUNK_BYTES)
                if not self._pending:
                    self.damage = _CUT
                    return
            try:
                self._held = one.decompress(self._pending, max(size, 1))
            except (lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError):
                self.damage = _BEHIND if self._again else _BROKEN
                return
            self._pending, self._again = b"", False

    def _behind(self, ended: _Decompressor) -> bytes:
        """What stands behind a frame that has ended, but for padding of zeros; empty at the end of the file."""
        behind = ended.unused_data.lstrip(b"\0")
        while not behind and (more := self._stream.read(_CHUNK_BYTES)):
            behind = more.lstrip(b"\0")
        return behind

    def read(self, size: int = -1) -> bytes:
        wanted = _CHUNK_BYTES if size is None or size < 0 else size
        self._more(wanted)
        out, self._held = self._held[:wanted], self._held[wanted:]
        return out


class _Replayed(io.RawIOBase):
    """A stream of which the first bytes were already read."""

    def __init__(self, stream: BinaryIO, head: bytes) -> None:
        self._stream = stream
        self._head = head

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            if size is None or size < 0:
                out, self._head = self._head + self._stream.read(), b""
                return out
            out, self._head = self._head[:size], self._head[size:]
            return out + self._stream.read(size - len(out)) if len(out) < size else out
        return self._stream.read(size)


def open_text(stream: BinaryIO) -> tuple[BinaryIO, bool]:
    """The stream to read records from, and whether it was compressed (gzip, xz, bzip2, Zstandard, by their magic bytes)."""
    head = stream.read(_LONGEST_MAGIC)
    if head.startswith(_GZIP):
        return cast("BinaryIO", _Inflated(stream, head)), True
    for magic, begin in _DECOMPRESSORS.items():
        if head.startswith(magic):
            return cast("BinaryIO", _Decompressed(stream, head, begin)), True
    return cast("BinaryIO", _Replayed(stream, head)), False


@contextmanager
def as_descriptor(stream: BinaryIO) -> Iterator[int]:
    """A descriptor of a stream's whole content, copied into memory; the caller's for as long as the block lasts."""
    descriptor = os.memfd_create("fairlead-records")
    try:
        while chunk := stream.read(_CHUNK_BYTES):
            written = 0
            while written < len(chunk):
                written += os.write(descriptor, chunk[written:])
        yield descriptor
    finally:
        os.close(descriptor)


def damage_of(stream: BinaryIO) -> str:
    """What is wrong with a compressed stream that was read to its end; empty when nothing is."""
    return stream.damage if isinstance(stream, _Inflated | _Decompressed) else ""


class _LineFeeds(io.RawIOBase):
    """A stream whose carriage returns are line feeds: as many octets, each at its place."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size).replace(b"\r", b"\n")


def with_line_feeds(stream: BinaryIO) -> BinaryIO:
    """The stream; if its beginning has lines that end in carriage returns alone, as old programs write, in line feeds."""
    head = stream.read(_CHUNK_BYTES)
    again = cast("BinaryIO", _Replayed(stream, head))
    return cast("BinaryIO", _LineFeeds(again)) if b"\r" in head and b"\n" not in head else again


def step_into(locator: str) -> str:
    """The locator of what a compressed item holds: a member named like the item without its ending."""
    parsed = parse_locator(locator)
    name = parsed.steps[-1].path.rpartition(b"/")[2] if parsed.steps else b""
    for ending in (b".gz", b".xz", b".bz2", b".zst"):
        name = name.removesuffix(ending)
    member = Step(kind=StepKind.MEMBER, path=name or b"content", index=0)
    return str(type(parsed)(steps=(*parsed.steps, member)))
