"""A working copy in object storage: objects below a prefix as the files of a folder, or objects that are an image."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from pyarrow import fs

from fairlead.engine.object_cache import open_object
from fairlead.engine.objects import asked, filesystem
from fairlead.engine.places import ObjectPlace, Place, is_plain
from fairlead.evidence.found import FoundFile, FoundTimes
from fairlead.evidence.segments import find_segments, segment_names
from fairlead.evidence.sniff import Container, sniff_whole
from fairlead.evidence.working_copy import CopyForm, Digested, WorkingCopy, may_have_head
from fairlead.terms.errors import ItemError
from fairlead.terms.verdicts import FileVerdict

_CHUNK_BYTES = 4 << 20
_AT_ONCE = 16
_AHEAD = 256


class ObjectCopy(WorkingCopy):
    """Objects below a prefix, or one object with those in which it goes on.

    What has to be opened is fetched into this machine's cache first; digests and first bytes are read as they come.
    """

    def __init__(self, place: ObjectPlace) -> None:
        self.place: ObjectPlace = place

    def form(self) -> CopyForm:
        """What is there now: a file when an object has exactly this name, else a folder when names begin with it."""
        with asked(self.place):
            found = filesystem().get_file_info(self.place.path)
        match found.type:
            case fs.FileType.File:
                return CopyForm.FILE
            case fs.FileType.Directory:
                return CopyForm.FOLDER
            case _:
                return CopyForm.ABSENT

    def walk(self) -> Iterator[FoundFile]:
        """Every object below the prefix. One whose name could not be a file's is listed, and not read."""
        with asked(self.place):
            try:
                listed = filesystem().get_file_info(fs.FileSelector(self.place.path, recursive=True))
            except FileNotFoundError as problem:
                raise ItemError(
                    "there is nothing below the prefix any more",
                    "Check that the working copy is in place and readable.",
                    code="EVIDENCE-003",
                ) from problem
        objects = [info for info in listed if info.type is fs.FileType.File]
        start, before = len(self.place.path) + 1, b""
        for info in sorted(objects, key=lambda info: info.path.encode(errors="surrogateescape")):
            path = info.path[start:].encode(errors="surrogateescape")
            twice, before = path == before, path
            found = FoundFile(
                path_bytes=path,
                size_bytes=info.size,
                times=FoundTimes(
                    modified_us=info.mtime_ns // 1000, source="object storage, time of the upload, 1 s"
                ),
            )
            if twice or not is_plain(info.path[start:]):
                found = FoundFile(
                    path_bytes=path + b"/" if twice else path,
                    size_bytes=info.size,
                    verdict=FileVerdict.UNREADABLE,
                    detail="the object's name has parts that are empty, . or .., or ends with /; not read",
                )
            yield found

    def with_containers(self, found: Iterator[FoundFile]) -> Iterator[tuple[FoundFile, Container | None]]:
        """Entries with what they are; many are asked for at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while some := list(islice(found, _AHEAD)):
                yield from zip(some, pool.map(self._container_of, some), strict=True)

    def _container_of(self, found: FoundFile) -> Container | None:
        try:
            return self._sniff(self._beneath(found.path_bytes)) if may_have_head(found) else None
        except FileNotFoundError:
            return None

    def digest_files(self) -> Iterator[tuple[FoundFile, Digested | None]]:
        """Entries with their digests; many are read at once."""
        found = self.walk()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while some := list(islice(found, _AHEAD)):
                yield from zip(some, pool.map(self._digest_of, some), strict=True)

    def _digest_of(self, found: FoundFile) -> Digested | None:
        if found.verdict is not None:
            return None
        digest, size = hashlib.sha256(), 0
        try:
            for chunk in self._read(self._beneath(found.path_bytes)):
                digest.update(chunk)
                size += len(chunk)
        except FileNotFoundError:
            return None
        return digest.hexdigest(), size

    def open_beneath(self, path: bytes) -> int:
        """Fetch an object and open it."""
        return open_object(self._beneath(path))

    def segments_beneath(self, path: bytes) -> list[bytes]:
        """Names by what lies beside the object now."""
        folder, _, name = path.rpartition(b"/")
        prefix = folder + b"/" if folder else b""
        beside = self._beneath(folder) if folder else self.place
        names = segment_names(name.decode(errors="surrogateescape"), lambda: _names(beside))
        return [prefix + each.encode(errors="surrogateescape") for each in names]

    def gaps_beneath(self, path: bytes) -> tuple[str, ...]:
        """By what lies beside the object now."""
        folder, _, name = path.rpartition(b"/")
        beside = self._beneath(folder) if folder else self.place
        return find_segments(name.decode(errors="surrogateescape"), lambda: _names(beside)).gaps

    def gaps(self) -> tuple[str, ...]:
        """By what lies beside the first now."""
        return find_segments(self.place.name, lambda: _names(self.place.parent)).gaps

    def beside(self, path: bytes) -> list[bytes]:
        """Names by what lies there now."""
        folder, _, _ = path.rpartition(b"/")
        prefix = folder + b"/" if folder else b""
        beside = self._beneath(folder) if folder else self.place
        return sorted(prefix + name.encode(errors="surrogateescape") for name in _names(beside))

    def segments(self) -> list[Place]:
        """Objects by what lies beside the first now."""
        beside = self.place.parent
        return [beside / name for name in segment_names(self.place.name, lambda: _names(beside))]

    def open_segment(self, segment: Place) -> int:
        """Fetch one of the objects whole, and open it."""
        try:
            return open_object(_object(segment))
        except FileNotFoundError as problem:
            raise _gone() from problem

    def read_segment(self, segment: Place) -> Iterator[bytes]:
        """All bytes of one of the objects, as they come."""
        try:
            yield from self._read(_object(segment))
        except FileNotFoundError as problem:
            raise _gone() from problem

    def size_of(self, segment: Place) -> int:
        """Bytes of one of the objects."""
        with asked(self.place):
            info = filesystem().get_file_info(_object(segment).path)
        if info.type is not fs.FileType.File:
            raise FileNotFoundError(2, "no such object")
        return int(info.size)

    def container(self) -> Container | None:
        """What the object is; no more of it is fetched than that needs."""
        try:
            return self._sniff(self.place)
        except FileNotFoundError as problem:
            raise _gone() from problem

    def close(self) -> None:
        """Nothing is held open."""

    def _beneath(self, path: bytes) -> ObjectPlace:
        name = path.decode(errors="surrogateescape")
        if not is_plain(name) or not name:
            raise FileNotFoundError(2, "no such object")
        return self.place / name

    def _sniff(self, place: ObjectPlace) -> Container | None:
        with asked(place), filesystem().open_input_file(place.path) as file:
            size = int(file.size())
            return sniff_whole(
                lambda at, length: bytes(file.read_at(max(0, min(length, size - at)), at)), size
            )

    def _read(self, place: ObjectPlace) -> Iterator[bytes]:
        with asked(place), filesystem().open_input_stream(place.path) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk


def _names(place: ObjectPlace) -> Iterator[str]:
    with asked(place):
        listed = filesystem().get_file_info(fs.FileSelector(place.path))
    yield from (info.base_name for info in listed if info.type is fs.FileType.File)


def _object(segment: Place) -> ObjectPlace:
    if not isinstance(segment, ObjectPlace):
        raise TypeError("a segment of an exhibit in object storage is an object")
    return segment


def _gone() -> ItemError:
    return ItemError(
        "the exhibit cannot be opened (no such object)",
        "Check that the working copy is in place and readable.",
        code="EVIDENCE-003",
    )
