"""A descriptor as a Python file with a position of its own, and streams that may not grow without end."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO, cast

from fairlead.evidence.readers.entry import Stop

_BUFFER_BYTES = 1 << 18


class _Positioned(io.RawIOBase):
    """Reads by offset, so that nobody else's reading of the same open files moves it."""

    def __init__(self, descriptors: Sequence[int]) -> None:
        super().__init__()
        self._parts = Parts(descriptors)
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, unless beyond the bound."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._parts.size}[whence]
        if base + offset < 0:
            raise OSError(22, "before the first byte")
        self._at = base + offset
        return self._at

    def readinto(self, target: object) -> int:
        """Fill a buffer with what comes next."""
        view = memoryview(cast(bytearray, target)).cast("B")
        data = self._parts.read(self._at, len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


class Parts:
    """The bytes of one or more files, one behind the other."""

    def __init__(self, descriptors: Sequence[int]) -> None:
        self._descriptors = tuple(descriptors)
        ends = list(accumulate(os.lseek(descriptor, 0, os.SEEK_END) for descriptor in descriptors))
        self._starts = [0, *ends[:-1]]
        self.size = ends[-1]

    def read(self, offset: int, length: int) -> bytes:
        """At most so many bytes from an offset on; nothing behind the end."""
        if len(self._descriptors) == 1:
            return os.pread(self._descriptors[0], length, offset)
        data = b""
        while len(data) < length and offset + len(data) < self.size:
            at = offset + len(data)
            place = bisect_right(self._starts, at) - 1
            chunk = os.pread(self._descriptors[place], length - len(data), at - self._starts[place])
            if not chunk:
                break
            data += chunk
        return data


def open_descriptor(descriptor: int) -> BinaryIO:
    """A buffered, seekable file over a descriptor, which stays the caller's to close."""
    return open_parts([descriptor])


def open_parts(descriptors: Sequence[int]) -> BinaryIO:
    """A buffered, seekable file over descriptors one behind the other, which stay the caller's to close."""
    return cast(BinaryIO, io.BufferedReader(_Positioned(descriptors), _BUFFER_BYTES))


class Bounded(io.RawIOBase):
    """An unpacking stream that raises Stop once it has given more than ``most`` bytes from its start."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        super().__init__()
        self._stream = stream
        self._most = most

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Position in the unpacked stream."""
        return self._stream.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, unless beyond the bound."""
        if whence == os.SEEK_SET:
            self._check(offset)
        return self._stream.seek(offset, whence)

    def readinto(self, target: object) -> int:
        """Fill a buffer with what comes next."""
        view = memoryview(cast(bytearray, target)).cast("B")
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._check(self._stream.tell())
        return len(data)

    def _check(self, position: int) -> None:
        if position > self._most:
            raise Stop("limit", f"unpacks to more than {self._most} bytes")
