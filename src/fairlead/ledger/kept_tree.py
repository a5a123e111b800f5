"""A Merkle tree kept in files, so that a proof reads a few hashes and not the whole log."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from fairlead.ledger.merkle import HASH_BYTES, MerkleTree

_SIZE = "size"


class _LevelFile:
    """The hashes of one level of the tree, end to end in a file; what was added lies in memory until kept."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._kept = size_bytes
        self._added = bytearray()
        os.ftruncate(self._descriptor, size_bytes)

    def __len__(self) -> int:
        return self._kept + len(self._added)

    def __getitem__(self, part: slice) -> bytes:
        if part.start >= self._kept:
            return bytes(self._added[part.start - self._kept : part.stop - self._kept])
        return os.pread(self._descriptor, part.stop - part.start, part.start)

    def __iadd__(self, hashes: bytes) -> Self:
        self._added += hashes
        return self

    def keep(self) -> None:
        """Write what was added and have it on the disk."""
        written = 0
        while written < len(self._added):
            written += os.pwrite(self._descriptor, memoryview(self._added)[written:], self._kept + written)
        os.fsync(self._descriptor)
        self._kept += written
        self._added = bytearray()

    def close(self) -> None:
        os.close(self._descriptor)


class KeptTree(MerkleTree):
    """The tree of a folder: one file a level, and a file that says how many leaves are surely written.

    A run that was killed leaves at most hashes beyond that number, and they are cut off when opened again.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        size_file = folder / _SIZE
        size = int(size_file.read_text()) if size_file.is_file() else 0
        heights = range(max(size.bit_length(), 1))
        files = [folder / f"{level:02d}" for level in heights]
        if size and not all(
            file.is_file() and file.stat().st_size >= (size >> level) * HASH_BYTES
            for level, file in enumerate(files)
        ):
            size = 0
        self._files = [
            _LevelFile(folder / f"{level:02d}", (size >> level) * HASH_BYTES)
            for level in range(max(size.bit_length(), 1))
        ]
        self._levels = list(self._files)

    def _new_level(self) -> _LevelFile:
        level = _LevelFile(self._folder / f"{len(self._files):02d}", 0)
        self._files.append(level)
        return level

    def keep(self) -> None:
        """Have every leaf added so far on the disk."""
        for level in self._files:
            level.keep()
        fresh = self._folder / f"{_SIZE}.new"
        fresh.write_text(str(len(self)))
        fresh.replace(self._folder / _SIZE)

    def close(self) -> None:
        """Close the files; what was not kept is lost and comes from the log again."""
        for level in self._files:
            level.close()


@contextmanager
def open_kept_tree(folder: Path) -> Iterator[KeptTree]:
    """The tree kept in a folder, for this process alone while it is open."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tree = KeptTree(folder)
        try:
            yield tree
        finally:
            tree.close()
