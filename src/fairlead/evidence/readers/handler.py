"""The sandbox handler of this room: opens containers, lists them page by page, copies members out."""

from __future__ import annotations

import codecs
import os
import time
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

from fairlead.evidence.readers.disk import DiskReader
from fairlead.evidence.readers.entry import Entry, Given, ReachingReader, Reader, Refused, Stop, read_given
from fairlead.evidence.readers.image import open_disks
from fairlead.evidence.readers.mail import MailReader
from fairlead.evidence.readers.medium import MediumReader
from fairlead.evidence.readers.ole import OleReader, PicturesReader
from fairlead.evidence.readers.pdf import PdfReader, warm_documents
from fairlead.evidence.readers.seven_zip import SevenZipReader
from fairlead.evidence.readers.sidecar import read_sidecar
from fairlead.evidence.readers.tar import REFUSALS, PackedFileReader, TarReader, unpacking
from fairlead.evidence.readers.wire import Answer, EntryPlace, Request
from fairlead.evidence.readers.zip import ZipReader
from fairlead.evidence.readers.zip_crypto import warm_ciphers
from fairlead.evidence.readers.zip_recovery import ZipRecovery
from fairlead.evidence.sniff import DISKS, SNIFF_BYTES, Container, sniff

_PAGE_S = 5.0
_BROKEN = -1
_MOST_OPEN = 8  # one for each container inside a container, as deep as they are opened
_CODECS = ("utf-8", "cp437", "latin-1", "ascii", "idna", "utf-16", "utf-16-le")


class _Open:
    """A container with its descriptors and how far its listing has come."""

    def __init__(self, reader: Reader, descriptors: list[int]) -> None:
        self.reader = reader
        self.descriptors = descriptors
        self.listed = 0
        self.listing: Iterator[Entry | None] = reader.entries()
        self.medium: MediumReader | None = None
        self.preparing: Iterator[None] | None = reader.prepare() if isinstance(reader, DiskReader) else None
        self.reaching: tuple[EntryPlace, Iterator[None]] | None = None

    def close(self) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)


_OPEN: OrderedDict[str, _Open] = OrderedDict()
_SEGMENTS: dict[str, list[int]] = {}


def warm() -> None:
    """Load what readers would load when they first need it, while files can still be opened."""
    for codec in _CODECS:
        codecs.lookup(codec)
    Image.preinit()
    Image.init()
    warm_ciphers()
    warm_documents()


def handle(header: Request, descriptors: list[int]) -> Answer:
    """Do what ``op`` names; answers ``unknown`` when the container is not open in this worker."""
    token = header.get("token", "")
    match header["op"]:
        case "sidecar":
            return {"facts": read_sidecar(descriptors[0])}
        case "hand_over":
            _SEGMENTS.setdefault(token, []).extend(os.dup(descriptor) for descriptor in descriptors)
            return {}
        case "open":
            _open(token, header, _SEGMENTS.pop(token, []))
            return {}
    return _use(header, token, descriptors)


def _use(header: Request, token: str, descriptors: list[int]) -> Answer:
    """``prepare``, ``list``, ``copy``, ``volumes`` or ``medium`` of a container that is open."""
    held = _OPEN.get(token)
    if held is None:
        return {"unknown": True}
    _OPEN.move_to_end(token)
    match header["op"]:
        case "prepare":
            return _prepare(held)
        case "volumes":
            return {"volumes": held.reader.volumes() if isinstance(held.reader, DiskReader) else []}
        case "medium":
            return _medium(held)
        case "list":
            return _list(held, header["start"], header["count"])
    return _copy(held, header, descriptors[0])


def _open(token: str, header: Request, descriptors: list[int]) -> None:
    given = header["given"]
    try:
        reader = _reader(
            Container(header["container"]),
            descriptors,
            read_given(given),
        )
    except BaseException:
        for descriptor in descriptors:  # hundreds of broken containers must not use them up
            os.close(descriptor)
        raise
    _OPEN[token] = _Open(reader, descriptors)
    while len(_OPEN) > _MOST_OPEN:
        _OPEN.popitem(last=False)[1].close()


def _reader(container: Container, descriptors: list[int], given: Given) -> Reader:
    try:
        return _reader_of(container, descriptors, given)
    except Stop as stop:
        return Refused(stop)


def _reader_of(container: Container, descriptors: list[int], given: Given) -> Reader:  # noqa: PLR0911 - one each
    match container:
        case Container.ZIP:
            try:
                return ZipReader(descriptors, given)
            except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
                return ZipRecovery(descriptors)
        case Container.SEVEN_ZIP:
            return SevenZipReader(descriptors, given)
        case Container.TAR:
            return TarReader(lambda: unpacking(container, descriptors, given.unpacked_bytes), packed=False)
        case Container.GZIP | Container.BZIP2 | Container.XZ | Container.ZSTD:
            return _packed(container, descriptors, given)
        case Container.PDF:
            return PdfReader(descriptors[0], given)
        case Container.OLE:
            return OleReader(descriptors[0], given)
        case Container.MAIL | Container.MBOX:
            return MailReader(descriptors[0], given, many=container is Container.MBOX)
        case Container.PICTURES:
            return PicturesReader(descriptors[0], given)
        case container if container in DISKS:
            return DiskReader(open_disks(container, descriptors, given), given, primary=given.primary)
    raise Stop("unsupported", f"not opened: {container.value}")


def _packed(container: Container, descriptors: list[int], given: Given) -> Reader:
    def unpack() -> BinaryIO:
        return unpacking(container, descriptors, given.unpacked_bytes)

    try:
        inside = sniff(unpack().read(SNIFF_BYTES))
    except REFUSALS:
        inside = None
    if inside is Container.TAR:
        return TarReader(unpack, packed=True)
    return PackedFileReader(container, descriptors, given.unpacked_bytes)


def _medium(held: _Open) -> Answer:
    """One step of digesting the medium behind an image; the last step says what the image states of it."""
    if held.medium is None:
        if not isinstance(held.reader, DiskReader):
            return {"verdict": "damaged", "detail": "no image"}
        held.medium = MediumReader(held.reader.image)
    return held.medium.step(_PAGE_S)


def _prepare(held: _Open) -> Answer:
    """Some steps of finding an image's volumes; the last one says whether disks beside it are asked for."""
    ends_at = time.monotonic() + _PAGE_S
    for _ in held.preparing or ():
        if time.monotonic() > ends_at:
            return {"end": False}
    held.preparing = None
    return {"end": True, "incomplete": isinstance(held.reader, DiskReader) and held.reader.incomplete}


def _list(held: _Open, start: int, count: int) -> Answer:
    """A page of at most ``count`` entries; fewer when it takes long, so that searching counts as being alive."""
    if start != held.listed:
        held.listing, held.listed = held.reader.entries(), 0
    entries: list[dict[str, str | int]] = []
    ends_at = time.monotonic() + _PAGE_S
    try:
        for entry in held.listing:
            if entry is not None:
                held.listed += 1
                if held.listed > start:
                    entries.append(entry.for_wire())
            if len(entries) == count or (held.listed >= start and time.monotonic() > ends_at):
                return {"entries": entries, "end": False}
    except Stop as stop:
        return {"entries": entries, "end": True, "verdict": stop.verdict, "detail": stop.detail}
    except BaseException:
        held.listed = _BROKEN  # a generator that raised is over: asked again, it would look like the end
        raise
    return {"entries": entries, "end": True}


def _reached(held: _Open, place: EntryPlace) -> bool:
    """Go on towards an entry for some seconds; whether its bytes can be copied now."""
    if not isinstance(held.reader, ReachingReader):
        return True
    if held.reaching is None or held.reaching[0] != place:
        held.reaching = place, held.reader.reach(place)
    ends_at = time.monotonic() + _PAGE_S
    for _ in held.reaching[1]:
        if time.monotonic() > ends_at:
            return False
    held.reaching = None
    return True


def _copy(held: _Open, header: Request, output: int) -> Answer:
    most, written, short = header["most"], 0, False

    def write(chunk: bytes) -> None:
        nonlocal written, short
        view = memoryview(chunk)[: most - written]
        cut = len(view) < len(chunk)
        while view:
            try:
                done = os.write(output, view)
            except OSError:
                short = True
                raise
            written += done
            view = view[done:]
        if cut:
            raise Stop("limit", f"read {written} bytes, the most for one member")

    if not _reached(held, header["place"]):
        return {"on_the_way": True}
    try:
        held.reader.copy(header["place"], write)
    except Stop as stop:
        return {"bytes": written, "short": short, "verdict": stop.verdict, "detail": stop.detail}
    except OSError:
        if short:
            return {"bytes": written, "short": True, "verdict": "damaged", "detail": "cannot be written down"}
        raise
    return {"bytes": written}
