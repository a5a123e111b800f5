"""An exhibit's working copy: what it is, and its digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fairlead.engine.places import Place
from fairlead.evidence.copies import copy_at
from fairlead.evidence.sniff import DISKS, DOCUMENTS
from fairlead.evidence.working_copy import CopyForm, WorkingCopy
from fairlead.terms.custody import ExhibitKind
from fairlead.terms.errors import UsageError
from fairlead.terms.verdicts import FileVerdict

_IMAGE_NAMES = {".img", ".dd", ".raw", ".001", ".000", ".aa"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitSource:
    """Number, kind and place of one exhibit's working copy, and how it is to be read.

    ``passwords`` is where the kept list lies, if one was given; ``carve`` asks for a search of free space.
    """

    exhibit: str
    kind: ExhibitKind
    path: Place
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


def detect_kind(place: Place) -> ExhibitKind:
    """What an exhibit is, by its type where it lies and its first bytes.

    Raises UsageError when it cannot be one.
    """
    copy = copy_at(place)
    form = copy.form()
    if form is CopyForm.FOLDER:
        return ExhibitKind.FOLDER
    if form is CopyForm.ABSENT:
        raise UsageError(
            "there is nothing at the given path, or it cannot be looked at",
            "Check the path and the rights on it.",
            code="EVIDENCE-001",
        )
    if form is CopyForm.OTHER:
        raise UsageError(
            "an exhibit is a folder, a file or a block device; this is something else",
            "Give the folder or image that was acquired.",
            code="EVIDENCE-002",
        )
    match copy.container():
        case None if Path(place.name).suffix.lower() in _IMAGE_NAMES:
            return ExhibitKind.IMAGE  # its first sectors may be what is damaged
        case None:
            return ExhibitKind.FILE
        case container if container in DISKS:
            return ExhibitKind.IMAGE
        case container if container in DOCUMENTS:
            return ExhibitKind.FILE
        case _:
            return ExhibitKind.ARCHIVE


def digest_exhibit(place: Place) -> ExhibitDigest:
    """SHA-256 and size of an exhibit as it lies there now.

    Raises UsageError when there is nothing, ItemError when a file exhibit cannot be read to its end.
    """
    copy = copy_at(place)
    if detect_kind(place) is ExhibitKind.FOLDER:
        try:
            return _digest_folder(copy)
        finally:
            copy.close()
    size = 0
    digest = hashlib.sha256()
    segments = copy.segments()
    for segment in segments:
        for chunk in copy.read_segment(segment):
            digest.update(chunk)
            size += len(chunk)
    return ExhibitDigest(size_bytes=size, sha256=digest.hexdigest(), files=len(segments))


def _digest_folder(copy: WorkingCopy) -> ExhibitDigest:
    lines: list[tuple[bytes, bytes]] = []
    total = 0
    for found, digested in copy.digest_files():
        state, size = (found.verdict or FileVerdict.UNREADABLE).value, found.size_bytes or 0
        if digested is not None:
            state, size = digested
        total += size
        line = f"{state} {size} ".encode() + found.path_bytes + b"\0"
        lines.append((found.path_bytes, line))
    manifest = b"".join(line for _, line in sorted(lines))
    return ExhibitDigest(size_bytes=total, sha256=hashlib.sha256(manifest).hexdigest(), files=len(lines))
