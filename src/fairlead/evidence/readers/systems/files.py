"""What readers of file systems share: kinds of inodes that are no files, and copying by pieces."""

from __future__ import annotations

import stat
from collections.abc import Callable

from fairlead.evidence.readers.entry import Stop, Write
from fairlead.evidence.sniff import Container, sniff_whole

CHUNK_BYTES = 1 << 20
MOST_DEPTH = 1000
SPECIAL = {
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "block device",
    stat.S_IFCHR: "character device",
}

ReadFile = Callable[[int, int], bytes]


def copy_pieces(read: ReadFile, size: int, write: Write, refusals: tuple[type[Exception], ...]) -> None:
    """Write a file piece by piece. Raises Stop with how far it came where it breaks off."""
    at = 0
    try:
        while at < size:
            chunk = read(at, min(CHUNK_BYTES, size - at))
            if not chunk:
                break
            write(chunk)
            at += len(chunk)
    except Stop:
        raise
    except refusals as problem:
        raise Stop("damaged", f"breaks off after {at} of {size} bytes: {type(problem).__name__}") from problem
    if at < size:
        raise Stop("damaged", f"breaks off after {at} of {size} bytes")


def container_of(read: ReadFile, size: int, refusals: tuple[type[Exception], ...]) -> Container | None:
    """What the first bytes of a file say it is; None also where they cannot be read."""
    if not size:
        return None
    try:
        return sniff_whole(lambda at, length: read(at, max(0, min(length, size - at))), size)
    except Stop:
        return None
    except refusals:
        return None
