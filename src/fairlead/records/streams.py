"""Compressed record files as plain streams."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from fairlead.terms.origin import Step, StepKind, parse_locator

_GZIP = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 18


class _Inflated(io.RawIOBase):
    """The content of a gzip stream of one or more members; what cannot be inflated ends it.

    A damaged tail is no silence: ``damaged`` is set, and the caller puts it into quarantine.
    """

    def __init__(self, stream: BinaryIO, head: bytes) -> None:
        self._stream = stream
        self._pending = head
        self._inflate = zlib.decompressobj(wbits=31)
        self._held = b""
        self.damaged = False

    def readable(self) -> bool:
        return True

    def _more(self, size: int) -> None:
        while not self._held and not self.damaged:
            if not self._pending:
                self._pending = self._stream.read(_CHUNK_BYTES)
            if not self._pending:
                self.damaged = not self._inflate.eof
                return
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(wbits=31)
            try:
                self._held = self._inflate.decompress(self._pending, max(size, 1))
            except zlib.error:
                self.damaged = True
                return
            self._pending = self._inflate.unconsumed_tail or self._inflate.unused_data

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
    """The stream to read records from, and whether it was compressed (gzip, by its magic bytes)."""
    head = stream.read(2)
    if head == _GZIP:
        return cast("BinaryIO", _Inflated(stream, head)), True
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


def is_damaged(stream: BinaryIO) -> bool:
    """Whether a compressed stream ended before its content did."""
    return isinstance(stream, _Inflated) and stream.damaged


def step_into(locator: str) -> str:
    """The locator of what a compressed item holds: a member named like the item without its ending."""
    parsed = parse_locator(locator)
    name = parsed.steps[-1].path.rpartition(b"/")[2].removesuffix(b".gz") if parsed.steps else b""
    member = Step(kind=StepKind.MEMBER, path=name or b"content", index=0)
    return str(type(parsed)(steps=(*parsed.steps, member)))
