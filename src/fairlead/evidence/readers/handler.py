"""The sandbox handler of this room: opens containers, lists them page by page, copies members out."""

from __future__ import annotations

import codecs
import os
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, cast

from fairlead.evidence.readers.disk import DiskReader
from fairlead.evidence.readers.entry import Entry, Reader, Stop
from fairlead.evidence.readers.image import open_image
from fairlead.evidence.readers.tar import PackedFileReader, TarReader, unpacking
from fairlead.evidence.readers.zip import ZipReader
from fairlead.evidence.readers.zip_recovery import ZipRecovery
from fairlead.evidence.sniff import SNIFF_BYTES, Container, sniff

_MOST_OPEN = 4
_CODECS = ("utf-8", "cp437", "latin-1", "ascii", "idna", "utf-16", "utf-16-le")


class _Open:
    """A container with its descriptors and how far its listing has come."""

    def __init__(self, reader: Reader, descriptors: list[int]) -> None:
        self.reader = reader
        self.descriptors = descriptors
        self.listed = 0
        self.listing: Iterator[Entry] = reader.entries()

    def close(self) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)


_OPEN: OrderedDict[str, _Open] = OrderedDict()


def warm() -> None:
    """Load the codecs that names need, while files can still be opened."""
    for codec in _CODECS:
        codecs.lookup(codec)


def handle(header: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
    """``open``, ``list`` or ``copy``; answers ``unknown`` when the container is not open in this worker."""
    token = header["token"]
    if header["op"] == "open":
        _open(token, header, [os.dup(descriptor) for descriptor in descriptors])
        return {}
    held = _OPEN.get(token)
    if held is None:
        return {"unknown": True}
    _OPEN.move_to_end(token)
    if header["op"] == "list":
        return _list(held, header["start"], header["count"])
    return _copy(held, header, descriptors[0])


def _open(token: str, header: dict[str, Any], descriptors: list[int]) -> None:
    try:
        reader = _reader(Container(header["container"]), descriptors, header["most"])
    except BaseException:
        for descriptor in descriptors:  # hundreds of broken containers must not use them up
            os.close(descriptor)
        raise
    _OPEN[token] = _Open(reader, descriptors)
    while len(_OPEN) > _MOST_OPEN:
        _OPEN.popitem(last=False)[1].close()


def _reader(container: Container, descriptors: list[int], most: int) -> Reader:
    match container:
        case Container.ZIP:
            try:
                return ZipReader(descriptors[0])
            except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
                return ZipRecovery(descriptors[0])
        case Container.TAR:
            return TarReader(unpacking(container, descriptors[0], most))
        case Container.GZIP | Container.BZIP2 | Container.XZ:
            stream = unpacking(container, descriptors[0], most)
            try:
                inside = sniff(stream.read(SNIFF_BYTES))
            except (OSError, EOFError, ValueError):
                inside = None
            if inside is Container.TAR:
                stream.seek(0)
                return TarReader(stream)
            return PackedFileReader(container, descriptors[0], most)
        case Container.IMAGE | Container.EWF:
            image = open_image(descriptors, ewf=container is Container.EWF)
            return cast(Reader, DiskReader(image))


def _list(held: _Open, start: int, count: int) -> dict[str, Any]:
    if start != held.listed:
        held.listing, held.listed = held.reader.entries(), 0
        for _ in range(start):
            if next(held.listing, None) is None:
                break
            held.listed += 1
    entries: list[dict[str, Any]] = []
    try:
        for entry in held.listing:
            entries.append(entry.for_wire())
            held.listed += 1
            if len(entries) == count:
                return {"entries": entries, "end": False}
    except Stop as stop:
        return {"entries": entries, "end": True, "verdict": stop.verdict, "detail": stop.detail}
    return {"entries": entries, "end": True}


def _copy(held: _Open, header: dict[str, Any], output: int) -> dict[str, Any]:
    most, written = header["most"], 0

    def write(chunk: bytes) -> None:
        nonlocal written
        view = memoryview(chunk)[: most - written]
        cut = len(view) < len(chunk)
        while view:
            done = os.write(output, view)
            written += done
            view = view[done:]
        if cut:
            raise Stop("limit", f"read {written} bytes, the most for one member")

    try:
        held.reader.copy(header["place"], write)
    except Stop as stop:
        return {"bytes": written, "verdict": stop.verdict, "detail": stop.detail}
    return {"bytes": written}
