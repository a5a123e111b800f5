"""The working copy of an exhibit, wherever it lies: listed, read and opened, and never written to."""

from __future__ import annotations

import hashlib
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from fairlead.engine.places import Place
from fairlead.evidence.folder import open_beneath, open_root, walk_folder
from fairlead.evidence.found import FoundFile
from fairlead.evidence.segments import find_segments, segment_names
from fairlead.evidence.sniff import Container, sniff_descriptor
from fairlead.terms.errors import ItemError
from fairlead.terms.verdicts import FileVerdict

_CHUNK_BYTES = 1 << 20

Digested = tuple[str, int]
"""SHA-256, hex, and how many bytes it is of."""


class CopyForm(StrEnum):
    """What there is at the place of a working copy."""

    ABSENT = "absent"
    FOLDER = "folder"
    FILE = "file"
    OTHER = "other"


class WorkingCopy(ABC):
    """One working copy. Descriptors are read-only and belong to whoever asked for them."""

    place: Place

    @abstractmethod
    def form(self) -> CopyForm:
        """What is there now."""

    @abstractmethod
    def walk(self) -> Iterator[FoundFile]:
        """Everything in a folder that is not a folder. Raises ItemError when it cannot be opened."""

    @abstractmethod
    def with_containers(self, found: Iterator[FoundFile]) -> Iterator[tuple[FoundFile, Container | None]]:
        """Entries of a folder with what their bytes say they are; None for those that cannot be opened."""

    @abstractmethod
    def digest_files(self) -> Iterator[tuple[FoundFile, Digested | None]]:
        """Entries of a folder with their digests; None for those that cannot be read to their end."""

    @abstractmethod
    def open_beneath(self, path: bytes) -> int:
        """Open a file of a folder. Raises OSError, or ItemError when the folder itself cannot be opened."""

    @abstractmethod
    def segments_beneath(self, path: bytes) -> list[bytes]:
        """The files of a folder in which one of its files goes on, itself first."""

    @abstractmethod
    def gaps_beneath(self, path: bytes) -> tuple[str, ...]:
        """Parts that are missing between the files in which one of a folder goes on."""

    @abstractmethod
    def gaps(self) -> tuple[str, ...]:
        """Parts that are missing between the files of an exhibit that is no folder."""

    @abstractmethod
    def beside(self, path: bytes) -> list[bytes]:
        """Names of everything in the folder in which a file of a folder lies, with the way there, in order."""

    @abstractmethod
    def segments(self) -> list[Place]:
        """All files of an exhibit that is no folder, in order."""

    @abstractmethod
    def open_segment(self, segment: Place) -> int:
        """Open one of them. Raises ItemError or OSError."""

    @abstractmethod
    def read_segment(self, segment: Place) -> Iterator[bytes]:
        """All bytes of one of them, in pieces. Raises ItemError when they cannot be read to their end."""

    @abstractmethod
    def size_of(self, segment: Place) -> int:
        """Bytes of one of them. Raises OSError."""

    @abstractmethod
    def container(self) -> Container | None:
        """What the bytes of an exhibit that is no folder say it is. Raises ItemError."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is held open."""


def may_have_head(found: FoundFile) -> bool:
    """Whether an entry is a file with bytes. A hollow file is one: it may be a disk."""
    return found.verdict in {None, FileVerdict.LIMIT} and bool(found.size_bytes)


class FolderCopy(WorkingCopy):
    """A folder, file or block device of this computer."""

    def __init__(self, place: Path) -> None:
        self.place: Path = place
        self._held: int | None = None

    @property
    def _root(self) -> int:
        if self._held is None:
            self._held = open_root(self.place)
        return self._held

    def close(self) -> None:
        """Let go of the folder."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def form(self) -> CopyForm:
        """What is there now."""
        try:
            mode = self.place.stat().st_mode
        except OSError:
            return CopyForm.ABSENT
        if stat.S_ISDIR(mode):
            return CopyForm.FOLDER
        return CopyForm.FILE if stat.S_ISREG(mode) or stat.S_ISBLK(mode) else CopyForm.OTHER

    def walk(self) -> Iterator[FoundFile]:
        """Everything in the folder, link by link refused."""
        return walk_folder(self._root)

    def with_containers(self, found: Iterator[FoundFile]) -> Iterator[tuple[FoundFile, Container | None]]:
        """Entries with what they are."""
        for one in found:
            yield one, self._container_of(one) if may_have_head(one) else None

    def _container_of(self, found: FoundFile) -> Container | None:
        try:
            descriptor = self.open_beneath(found.path_bytes)
        except OSError:
            return None
        try:
            return sniff_descriptor(descriptor)
        except OSError:
            return None  # reading the whole file gives the verdict
        finally:
            os.close(descriptor)

    def digest_files(self) -> Iterator[tuple[FoundFile, Digested | None]]:
        """Entries with their digests."""
        for found in self.walk():
            yield found, self._digest(found.path_bytes) if found.verdict is None else None

    def _digest(self, path: bytes) -> Digested | None:
        try:
            descriptor = self.open_beneath(path)
        except OSError:
            return None
        digest, size = hashlib.sha256(), 0
        try:
            for chunk in _chunks(descriptor):
                digest.update(chunk)
                size += len(chunk)
        except ItemError:
            return None
        finally:
            os.close(descriptor)
        return digest.hexdigest(), size

    def open_beneath(self, path: bytes) -> int:
        """Open a regular file below the folder."""
        return open_beneath(self._root, path)

    def segments_beneath(self, path: bytes) -> list[bytes]:
        """Names by what lies beside the file now."""
        folder, _, name = path.rpartition(b"/")
        prefix = folder + b"/" if folder else b""
        beside = self.place / os.fsdecode(folder)
        names = segment_names(os.fsdecode(name), lambda: (p.name for p in beside.iterdir()))
        return [prefix + os.fsencode(each) for each in names]

    def gaps_beneath(self, path: bytes) -> tuple[str, ...]:
        """By what lies beside the file now."""
        folder, _, name = path.rpartition(b"/")
        beside = self.place / os.fsdecode(folder)
        return find_segments(os.fsdecode(name), lambda: (p.name for p in beside.iterdir())).gaps

    def gaps(self) -> tuple[str, ...]:
        """By what lies beside the first now."""
        return find_segments(self.place.name, lambda: (p.name for p in self.place.parent.iterdir())).gaps

    def beside(self, path: bytes) -> list[bytes]:
        """Names by what lies there now."""
        folder, _, _ = path.rpartition(b"/")
        prefix = folder + b"/" if folder else b""
        return sorted(prefix + os.fsencode(p.name) for p in (self.place / os.fsdecode(folder)).iterdir())

    def segments(self) -> list[Place]:
        """Paths by what lies beside the first now."""
        beside = self.place.parent
        names = segment_names(self.place.name, lambda: (p.name for p in beside.iterdir()))
        return [beside / name for name in names]

    def open_segment(self, segment: Place) -> int:
        """Open one of the files."""
        try:
            return os.open(Path(str(segment)), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as problem:
            raise ItemError(
                f"the exhibit cannot be opened ({problem.strerror})",
                "Check that the working copy is in place and readable.",
                code="EVIDENCE-003",
            ) from problem

    def read_segment(self, segment: Place) -> Iterator[bytes]:
        """All bytes of one of the files."""
        descriptor = self.open_segment(segment)
        try:
            yield from _chunks(descriptor)
        finally:
            os.close(descriptor)

    def size_of(self, segment: Place) -> int:
        """Bytes of one of the files."""
        return Path(str(segment)).stat().st_size

    def container(self) -> Container | None:
        """What the file is."""
        descriptor = self.open_segment(self.place)
        try:
            return sniff_descriptor(descriptor)
        except OSError as problem:
            raise _failing(0, problem) from problem
        finally:
            os.close(descriptor)


def _chunks(descriptor: int) -> Iterator[bytes]:
    size = 0
    while True:
        try:
            chunk = os.pread(descriptor, _CHUNK_BYTES, size)
        except OSError as problem:
            raise _failing(size, problem) from problem
        if not chunk:
            return
        yield chunk
        size += len(chunk)


def _failing(size: int, problem: OSError) -> ItemError:
    return ItemError(
        f"the medium gave an error after {size} bytes ({problem.strerror})",
        "Make a new working copy from the sealed original.",
        code="EVIDENCE-004",
    )
