"""Reads what is left of a zip archive without a central directory, by its local headers."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from fairlead.evidence.readers.descriptor import open_parts
from fairlead.evidence.readers.entry import Entry, Stop, Write
from fairlead.evidence.readers.wire import EntryPlace
from fairlead.evidence.sniff import SNIFF_BYTES, sniff

_LOCAL = b"PK\x03\x04"
_HEADER = struct.Struct("<4sHHHHHIIIHH")
_CHUNK_BYTES = 1 << 16
_ENCRYPTED, _DESCRIPTOR = 0x1, 0x8
_STORED, _DEFLATED = 0, 8
_IN_ZIP64 = 0xFFFFFFFF
_LOST = "central directory lost; read by its local header"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    name: bytes
    flags: int
    method: int
    checksum: int
    stored: int
    size: int
    data_at: int


class ZipRecovery:
    """Walks local headers from the first byte on; members lie in the order of the archive."""

    def __init__(self, descriptors: Sequence[int]) -> None:
        self._file = open_parts(descriptors)
        self._end = self._file.seek(0, 2)
        self._members: list[_Member] = []

    def entries(self) -> Iterator[Entry]:
        """All members whose header is there; the last one may turn out damaged when it is read."""
        at = 0
        self._members.clear()
        while (at := _find(self._file, _LOCAL, at)) >= 0:
            member = self._header(at)
            if member is None:
                break
            index = len(self._members)
            self._members.append(member)
            at = self._after(member)
            if member.name.endswith(b"/"):
                continue
            yield self._entry(index, member)
        raise Stop("damaged", "the archive breaks off: its central directory is missing")

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one member's bytes and compare its checksum, where the header holds one."""
        if place["index"] >= len(self._members):
            list(_until_stop(self.entries()))
        member = self._members[place["index"]]
        checksum = written = 0
        for chunk in self._unpacked(member):
            write(chunk)
            checksum = zlib.crc32(chunk, checksum)
            written += len(chunk)
        if not member.flags & _DESCRIPTOR and (checksum, written) != (member.checksum, member.size):
            raise Stop("damaged", f"checksum or size differ after {written} bytes; {_LOST}")

    def _entry(self, index: int, member: _Member) -> Entry:
        verdict, container = None, None
        if member.flags & _ENCRYPTED:
            verdict = "encrypted"
        elif member.method not in (_STORED, _DEFLATED):
            verdict = "unreadable"
        else:
            try:
                container = sniff(next(self._unpacked(member, SNIFF_BYTES), b""))
            except Stop:
                container = None
        known = not member.flags & _DESCRIPTOR
        return Entry(
            path=member.name,
            size=member.size if known else None,
            stored=member.stored if known else None,
            index=index,
            verdict=verdict,
            detail=_LOST,
            container=container,
        )

    def _header(self, at: int) -> _Member | None:
        self._file.seek(at)
        head = self._file.read(_HEADER.size)
        if len(head) < _HEADER.size:
            return None
        _, _, flags, method, _, _, checksum, stored, size, name_length, extra_length = _HEADER.unpack(head)
        name = self._file.read(name_length)
        extra = self._file.read(extra_length)
        if len(name) < name_length or len(extra) < extra_length:
            return None
        if _IN_ZIP64 in (stored, size) and len(extra) >= 20 and extra[:2] == b"\x01\x00":
            size, stored = struct.unpack_from("<QQ", extra, 4)
        return _Member(
            name=name,
            flags=flags,
            method=method,
            checksum=checksum,
            stored=stored,
            size=size,
            data_at=at + _HEADER.size + name_length + extra_length,
        )

    def _after(self, member: _Member) -> int:
        """Where to look for the next header: behind the data where its length is known, else within it."""
        if member.flags & _DESCRIPTOR or member.data_at + member.stored > self._end:
            return member.data_at
        return member.data_at + member.stored

    def _unpacked(self, member: _Member, chunk_bytes: int = _CHUNK_BYTES) -> Iterator[bytes]:
        self._file.seek(member.data_at)
        streamed = bool(member.flags & _DESCRIPTOR)
        if member.method == _STORED:
            if streamed:
                raise Stop("damaged", f"length unknown; {_LOST}")
            yield from _exactly(self._file, member.stored, chunk_bytes)
            return
        left = self._end - member.data_at if streamed else min(member.stored, self._end - member.data_at)
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        pending = b""
        while not unpacker.eof:
            if not pending:
                pending = self._file.read(min(chunk_bytes, left))
                left -= len(pending)
                if not pending:
                    raise Stop("damaged", f"compressed data break off; {_LOST}")
            try:
                chunk = unpacker.decompress(pending, chunk_bytes)
            except zlib.error as problem:
                raise Stop("damaged", f"compressed data are wrong; {_LOST}") from problem
            pending = unpacker.unconsumed_tail
            if chunk:
                here = self._file.tell()
                yield chunk
                self._file.seek(here)


def _exactly(file: BinaryIO, length: int, chunk_bytes: int) -> Iterator[bytes]:
    while length:
        chunk = file.read(min(chunk_bytes, length))
        if not chunk:
            raise Stop("damaged", f"data break off; {_LOST}")
        length -= len(chunk)
        here = file.tell()
        yield chunk
        file.seek(here)


def _find(file: BinaryIO, mark: bytes, start: int) -> int:
    """Offset of the first mark at or after a position, -1 when there is none."""
    file.seek(start)
    held, base = b"", start
    while chunk := file.read(_CHUNK_BYTES):
        held += chunk
        place = held.find(mark)
        if place >= 0:
            return base + place
        keep = min(len(held), len(mark) - 1)
        base += len(held) - keep
        held = held[len(held) - keep :]
    return -1


def _until_stop(entries: Iterator[Entry]) -> Iterator[Entry]:
    try:
        yield from entries
    except Stop:
        return
