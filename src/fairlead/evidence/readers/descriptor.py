"""A descriptor as a Python file with a position of its own, and streams that may not grow without end."""

from __future__ import annotations

import io
import os
from typing import BinaryIO, cast

from fairlead.evidence.readers.entry import Stop

_BUFFER_BYTES = 1 << 18


class _Positioned(io.RawIOBase):
    """Reads by offset, so that nobody else's reading of the same open file moves it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._size = os.lseek(descriptor, 0, os.SEEK_END)
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, unless beyond the bound."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(22, "before the first byte")
        self._at = base + offset
        return self._at

    def readinto(self, target: object) -> int:
        """Fill a buffer with what comes next."""
        view = memoryview(cast(bytearray, target)).cast("B")
        read = os.preadv(self._descriptor, [view], self._at)
        self._at += read
        return read


def open_descriptor(descriptor: int) -> BinaryIO:
    """A buffered, seekable file over a descriptor, which stays the caller's to close."""
    return cast(BinaryIO, io.BufferedReader(_Positioned(descriptor), _BUFFER_BYTES))


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
