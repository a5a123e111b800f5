"""An exhibit on this computer: what it is, where it lies, how it is opened and digested."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path

from fairlead.evidence.folder import open_beneath, open_root, walk_folder
from fairlead.evidence.sniff import DISKS, DOCUMENTS, read_head, sniff
from fairlead.terms.custody import ExhibitKind
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.verdicts import FileVerdict

_CHUNK_BYTES = 1 << 20
_EWF_SEGMENT = re.compile(r"\.[Ee][0-9]{2}$")
_LETTERS = string.ascii_lowercase
_MOST_SEGMENTS = 800
_IMAGE_NAMES = {".img", ".dd", ".raw", ".001"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitSource:
    """Number, kind and place of one exhibit's working copy, and how it is to be read.

    ``passwords`` is where the kept list lies, if one was given; ``carve`` asks for a search of free space.
    """

    exhibit: str
    kind: ExhibitKind
    path: Path
    passwords: Path | None = None
    carve: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitDigest:
    """Size and SHA-256 of an exhibit; for a folder, of the sorted manifest of its files.

    The manifest has one line per entry: SHA-256 (or the verdict, where the entry could not be read), size,
    raw path bytes, separated by one space and ended by a zero byte.
    """

    size_bytes: int
    sha256: str
    files: int


def detect_kind(path: Path) -> ExhibitKind:
    """What an exhibit is, by its type on disk and its first bytes.

    Raises UsageError when it cannot be one.
    """
    try:
        status = path.stat()
    except OSError as problem:
        raise UsageError(
            "there is nothing at the given path, or it cannot be looked at",
            "Check the path and the rights on it.",
            code="EVIDENCE-001",
        ) from problem
    if stat.S_ISDIR(status.st_mode):
        return ExhibitKind.FOLDER
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISBLK(status.st_mode):
        raise UsageError(
            "an exhibit is a folder, a file or a block device; this is something else",
            "Give the folder or image that was acquired.",
            code="EVIDENCE-002",
        )
    with open_file(path) as descriptor:
        match sniff(read_head(descriptor)):
            case None if path.suffix.lower() in _IMAGE_NAMES:
                return ExhibitKind.IMAGE  # its first sectors may be what is damaged
            case None:
                return ExhibitKind.FILE
            case container if container in DISKS:
                return ExhibitKind.IMAGE
            case container if container in DOCUMENTS:
                return ExhibitKind.FILE
            case _:
                return ExhibitKind.ARCHIVE


@contextmanager
def open_file(path: Path) -> Iterator[int]:
    """A read-only descriptor of an exhibit that is one file. Raises ItemError when it cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        raise ItemError(
            f"the exhibit cannot be opened ({problem.strerror})",
            "Check that the working copy is in place and readable.",
            code="EVIDENCE-003",
        ) from problem
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def find_segments(path: Path) -> list[Path]:
    """All files of an exhibit that comes in several, in order; else the file alone.

    E01 to E99, then EAA, EAB and so on; or 001, 002 and so on, as images and archives are split. Raises
    ItemError when there are more than can be held open.
    """
    kind = "ewf" if _EWF_SEGMENT.search(path.name) else "parts" if path.suffix == ".001" else ""
    if not kind:
        return [path]
    stem = path.name[:-4].casefold()
    beside = {p.name.casefold(): p for p in path.parent.iterdir()}
    if kind == "parts":
        found = list(takewhile(bool, (beside.get(f"{stem}.{number:03d}") for number in count(1))))
    else:
        found = [beside[name] for number in range(1, 100) if (name := f"{stem}.e{number:02d}") in beside]
        if f"{stem}.e99" in beside:
            later = (
                f"{stem}.{a}{b}{c}" for a in "efghijklmnopqrstuvwxyz" for b in _LETTERS for c in _LETTERS
            )
            found += takewhile(bool, map(beside.get, later))
    if len(found) > _MOST_SEGMENTS:
        raise ItemError(
            f"the exhibit has {len(found)} segments; at most {_MOST_SEGMENTS} are read",
            "Export it in larger segments, or as one file.",
            code="EVIDENCE-010",
        )
    return [segment for segment in found if segment is not None]


def digest_exhibit(path: Path) -> ExhibitDigest:
    """SHA-256 and size of an exhibit as it lies there now.

    Raises UsageError when there is nothing, ItemError when a file exhibit cannot be read to its end.
    """
    if detect_kind(path) is ExhibitKind.FOLDER:
        return _digest_folder(path)
    size = 0
    digest = hashlib.sha256()
    segments = find_segments(path)
    for segment in segments:
        with open_file(segment) as descriptor:
            size += _feed(descriptor, digest)
    return ExhibitDigest(size_bytes=size, sha256=digest.hexdigest(), files=len(segments))


def _digest_folder(path: Path) -> ExhibitDigest:
    lines: list[tuple[bytes, bytes]] = []
    total = 0
    root = open_root(path)
    try:
        for found in walk_folder(root):
            state, size = (found.verdict or FileVerdict.UNREADABLE).value, found.size_bytes or 0
            if found.verdict is None:
                try:
                    descriptor = open_beneath(root, found.path_bytes)
                except OSError:
                    pass
                else:
                    try:
                        digest = hashlib.sha256()
                        size = _feed(descriptor, digest)
                        state = digest.hexdigest()
                    except ItemError:
                        pass
                    finally:
                        os.close(descriptor)
            total += size
            line = f"{state} {size} ".encode() + found.path_bytes + b"\0"
            lines.append((found.path_bytes, line))
    finally:
        os.close(root)
    manifest = b"".join(line for _, line in sorted(lines))
    return ExhibitDigest(size_bytes=total, sha256=hashlib.sha256(manifest).hexdigest(), files=len(lines))


def _feed(descriptor: int, digest: hashlib._Hash) -> int:
    size = 0
    while True:
        try:
            chunk = os.pread(descriptor, _CHUNK_BYTES, size)
        except OSError as problem:
            raise ItemError(
                f"the medium gave an error after {size} bytes ({problem.strerror})",
                "Make a new working copy from the sealed original.",
                code="EVIDENCE-004",
            ) from problem
        if not chunk:
            return size
        digest.update(chunk)
        size += len(chunk)
