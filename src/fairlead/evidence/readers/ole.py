"""Reads OLE compound files: old Word, Excel and PowerPoint documents, Outlook messages. Streams are members.

A stream in which pictures lie one behind the other, as Office stores them, is a container itself: they are
found in it by their structure.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

import olefile

from fairlead.evidence.readers.carve import carve
from fairlead.evidence.readers.descriptor import open_descriptor
from fairlead.evidence.readers.entry import Entry, Given, Stop, Write
from fairlead.evidence.readers.wire import EntryPlace
from fairlead.evidence.sniff import SNIFF_BYTES, Container, sniff

_CHUNK_BYTES = 1 << 20
_REFUSALS = (
    OSError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    RecursionError,
    struct.error,
)


_SECTOR_SHIFT_AT = 30
_SECTOR_SHIFTS = (b"\x09\x00", b"\x0c\x00")


class OleReader:
    """An OLE compound file. Raises Stop when it is none."""

    def __init__(self, descriptor: int, given: Given) -> None:
        self._given = given
        # [MS-CFB] 2.2: sectors are of 512 or of 4096 octets. A header that says 2 to the power of 60 is asked for as much.
        if os.pread(descriptor, 2, _SECTOR_SHIFT_AT) not in _SECTOR_SHIFTS:
            raise Stop("damaged", "compound file: sectors of a size that the format does not have")
        try:
            self._file = olefile.OleFileIO(open_descriptor(descriptor))
            self._names = self._file.listdir(streams=True, storages=False)
        except _REFUSALS as problem:
            raise Stop("damaged", f"compound file: {type(problem).__name__}") from problem

    def entries(self) -> Iterator[Entry | None]:
        """All streams in the order of the directory."""
        for index, name in enumerate(self._names):
            path = "/".join(name).encode("utf-8", "surrogatepass")
            try:
                data = self._read(index)
            except Stop as stop:
                yield Entry(path=path, index=index, verdict=stop.verdict, detail=stop.detail)
                continue
            container = sniff(data[:SNIFF_BYTES])
            if container is None and _holds_pictures(data, self._given.carved_bytes):
                container = Container.PICTURES
            yield Entry(path=path, index=index, size=len(data), container=container)

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write one stream's bytes."""
        if not 0 <= place["index"] < len(self._names):
            raise Stop("damaged", "the stream is not there any more")
        data = self._read(place["index"])
        for at in range(0, len(data), _CHUNK_BYTES):
            write(data[at : at + _CHUNK_BYTES])

    def _read(self, index: int) -> bytes:
        try:
            data: bytes = self._file.openstream(self._names[index]).read()
        except _REFUSALS as problem:
            raise Stop("damaged", f"stream: {type(problem).__name__}") from problem
        return data


class PicturesReader:
    """Pictures and videos found by their structure in the bytes of one stream; their place is a byte range."""

    def __init__(self, descriptor: int, given: Given) -> None:
        self._given = given
        self._file = open_descriptor(descriptor)
        self._end = self._file.seek(0, 2)

    def entries(self) -> Iterator[Entry | None]:
        """What is found, in order; None as a sign of life."""
        for item in carve(self._bytes, 0, self._end, most=self._given.carved_bytes, aligned=False):
            if item is None:
                yield None
                continue
            yield Entry(
                path=f"{item.start:09d}.{item.extension}".encode(),
                kind="range",
                start=item.start,
                end=item.end,
                size=item.end - item.start,
                detail=item.detail,
            )

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write the bytes of a range."""
        at, end = place["start"], place["end"]
        while at < end:
            chunk = self._bytes(at, min(_CHUNK_BYTES, end - at))
            if not chunk:
                raise Stop("damaged", f"breaks off after {at - place['start']} bytes")
            write(chunk)
            at += len(chunk)

    def _bytes(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)


def _holds_pictures(data: bytes, most: int) -> bool:
    found = carve(lambda at, length: data[at : at + length], 0, len(data), most=most, aligned=False)
    return any(item is not None for item in found)
