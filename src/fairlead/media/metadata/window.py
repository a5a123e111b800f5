"""A long file seen through reads of the parts asked for, so that its end can be looked at without its middle."""

from __future__ import annotations

import os

_PAGE = 1 << 16
_MOST_AT_ONCE = 16 << 20


class Window:
    """Slices of a descriptor as bytes. A slice of more than 16 MiB is cut to 16 MiB."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._page_at, self._page = 0, b""

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start = max(0, min(self._size, part.start or 0))
        stop = self._size if part.stop is None else max(start, min(self._size, part.stop))
        length = min(stop - start, _MOST_AT_ONCE)
        if length > _PAGE:
            return self._read(start, length)
        if not self._page_at <= start or start + length > self._page_at + len(self._page):
            self._page_at, self._page = start, self._read(start, _PAGE)
        at = start - self._page_at
        return self._page[at : at + length]

    def _read(self, at: int, length: int) -> bytes:
        parts: list[bytes] = []
        while length and (part := os.pread(self._descriptor, length, at)):
            parts.append(part)
            at, length = at + len(part), length - len(part)
        return b"".join(parts)


Bytes = bytes | Window
"""A content in memory, or one seen through a window."""
