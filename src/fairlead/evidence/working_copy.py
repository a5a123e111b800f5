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
from fairlead.evidence.segments import segment_names
from fairlead.evidence.sniff import read_head
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
    def with_heads(self, found: Iterator[FoundFile]) -> Iterator[tuple[FoundFile, bytes | None]]:
        """Entries of a folder with their first bytes; None for those that cannot be opened."""

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
    def read_head(self) -> bytes:
        """The first bytes of an exhibit that is no folder. Raises ItemError."""

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

    def with_heads(self, found: Iterator[FoundFile]) -> Iterator[tuple[FoundFile, bytes | None]]:
        """Entries with their first bytes."""
        for one in found:
            yield one, self._head_of(one) if may_have_head(one) else None

    def _head_of(self, found: FoundFile) -> bytes | None:
        try:
            descriptor = self.open_beneath(found.path_bytes)
        except OSError:
            return None
        try:
            return read_head(descriptor)
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

    def read_head(self) -> bytes:
        """The first bytes of the file."""
        descriptor = self.open_segment(self.place)
        try:
            return read_head(descriptor)
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
