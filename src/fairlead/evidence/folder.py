"""Walks a folder exhibit without following or opening anything but directories and regular files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fairlead.evidence.found import FoundFile, FoundTimes
from fairlead.terms.errors import ItemError
from fairlead.terms.verdicts import FileVerdict

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_BLOCK_BYTES = 512  # the unit of st_blocks
_HOLLOW_FROM_BYTES, _HOLLOW_RATIO = 16 << 30, 200
_KINDS = {
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "block device",
    stat.S_IFCHR: "character device",
}


def open_root(path: Path) -> int:
    """A descriptor of the folder itself. Raises ItemError when it cannot be opened."""
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as problem:
        raise ItemError(
            f"the folder cannot be opened ({problem.strerror})",
            "Check that the working copy is in place and readable.",
            code="EVIDENCE-003",
        ) from problem


def open_beneath(root: int, path: bytes) -> int:
    """Open a regular file below a folder, refusing symbolic links in every component.

    Raises OSError; a name that has become something else than a regular file is an OSError too.
    """
    *parents, name = path.split(b"/")
    held = _open_directory(root, parents)
    try:
        descriptor = os.open(name, _FILE, dir_fd=held)
    finally:
        os.close(held)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(22, "no longer a regular file")
    return descriptor


def walk_folder(root: int) -> Iterator[FoundFile]:
    """Everything below a folder that is not a directory, in the order of raw path bytes per folder.

    A directory that cannot be read is one entry with a verdict.
    """
    waiting: list[bytes] = [b""]
    while waiting:
        folder = waiting.pop()
        prefix = folder + b"/" if folder else b""
        try:
            held = _open_directory(root, folder.split(b"/") if folder else [])
        except OSError as problem:
            yield _unreadable(folder, problem)
            continue
        try:
            names = sorted(os.fsencode(name) for name in os.listdir(held))  # noqa: PTH208 - by descriptor
            below: list[bytes] = []
            for name in names:
                found = _look(held, prefix, name)
                if found is None:
                    below.append(prefix + name)
                else:
                    yield found
            waiting.extend(reversed(below))
        except OSError as problem:
            yield _unreadable(folder, problem)
        finally:
            os.close(held)


def _look(held: int, prefix: bytes, name: bytes) -> FoundFile | None:
    """One directory entry; None for a directory."""
    try:
        status = os.stat(name, dir_fd=held, follow_symlinks=False)
    except OSError as problem:
        return _unreadable(prefix + name, problem)
    if stat.S_ISDIR(status.st_mode):
        return None
    times = FoundTimes(
        modified_us=status.st_mtime_ns // 1000,
        accessed_us=status.st_atime_ns // 1000,
        changed_us=status.st_ctime_ns // 1000,
        source="file system of the working copy, 1 us",
    )
    if stat.S_ISREG(status.st_mode):
        hollow = _hollow(status)
        return FoundFile(
            path_bytes=prefix + name,
            size_bytes=status.st_size,
            times=times,
            verdict=FileVerdict.LIMIT if hollow else None,
            detail=hollow,
        )
    return FoundFile(
        path_bytes=prefix + name,
        size_bytes=None,
        times=times,
        verdict=FileVerdict.NOT_A_FILE,
        detail=_KINDS.get(stat.S_IFMT(status.st_mode), "special file"),
    )


def _hollow(status: os.stat_result) -> str:
    """Why a file that is nearly all hole is not read: its zeros would take days, and say nothing."""
    stored = status.st_blocks * _BLOCK_BYTES
    if status.st_size <= _HOLLOW_FROM_BYTES or status.st_size <= stored * _HOLLOW_RATIO:
        return ""
    return f"a sparse file: declares {status.st_size} bytes and holds {stored}; not read"


def _open_directory(root: int, components: list[bytes]) -> int:
    held = os.open(".", _DIRECTORY, dir_fd=root)
    for component in components:
        try:
            inner = os.open(component, _DIRECTORY, dir_fd=held)
        finally:
            os.close(held)
        held = inner
    return held


def _unreadable(path: bytes, problem: OSError) -> FoundFile:
    return FoundFile(
        path_bytes=path,
        size_bytes=None,
        verdict=FileVerdict.UNREADABLE,
        detail=f"operating system: {problem.strerror}",
    )
