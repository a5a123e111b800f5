"""What every layer of a disk is: so many bytes, read at an offset."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Protocol

from fairlead.evidence.readers.entry import Stop

MOST_BLOCK_BYTES = 1 << 60


class Block(Protocol):
    """A block device: an image, a partition, an array, a logical volume."""

    @property
    def size(self) -> int:
        """Bytes of it."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Bytes at an offset, fewer at the end. Raises OSError where there are none to be had."""
        ...


class Slice:
    """A range of another block; what lies behind that block's end is missing, not empty."""

    def __init__(self, below: Block, start: int, size: int) -> None:
        self._below, self._start, self.size = below, start, size

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the range."""
        length = min(length, self.size - offset)
        return self._below.read(self._start + offset, length) if length > 0 else b""


class Called:
    """A block behind a function of offset and length, such as a library gives."""

    def __init__(self, size: int, read: Callable[[int, int], bytes]) -> None:
        self.size, self.read = size, read


class Chain:
    """Blocks one behind the other."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = tuple(blocks)
        self._ends = list(accumulate(block.size for block in blocks))
        self.size = self._ends[-1] if self._ends else 0

    def read(self, offset: int, length: int) -> bytes:
        """Bytes across the seams."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            place = bisect_right(self._ends, offset)
            within = offset - (self._ends[place] - self._blocks[place].size)
            piece = exactly(self._blocks[place], within, min(end, self._ends[place]) - offset)
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)


class Zeros:
    """A block that holds nothing but zeros."""

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        """Zeros up to the end."""
        return bytes(max(0, min(length, self.size - offset)))


def exactly(block: Block, offset: int, length: int) -> bytes:
    """So many bytes, or OSError: nothing is made up for what is missing."""
    data = block.read(offset, length)
    if len(data) != length:
        raise OSError(f"breaks off after {offset + len(data)} bytes")
    return data


def checked_size(size: int) -> int:
    """A size that a header states. Raises OSError for one that no disk has."""
    if not 0 < size <= MOST_BLOCK_BYTES:
        raise OSError("a header states a size that no disk has")
    return size


class BlockFile(io.RawIOBase):
    """A block as a Python file, for libraries that ask for one."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self._block, self._at = block, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        left = max(self._block.size - self._at, 0)
        data = self._block.read(self._at, left if size < 0 else min(size, left)) if left else b""
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; never before the first byte."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._block.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def get_size(self) -> int:
        """Size in bytes, which libraries ask for by this name."""
        return self._block.size


def unsupported(form: str) -> Stop:
    """The verdict for a form that is known by name and not read here."""
    return Stop("unsupported", f"not opened: {form}")
