"""Lines of a list as text: UTF-8 or UTF-16, with or without a byte order mark, whatever ends them."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LOOKED_AT = 64
COMMENTS = ("#", ";", "//", "--")
"""How a line begins that is for people: no digest and no name of a tool begins so."""


def charset_of(head: bytes) -> tuple[str, int]:
    """The character set by its mark, or by where zeros stand between ASCII letters; and the length of the mark."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    even, odd = head[:_LOOKED_AT:2], head[1:_LOOKED_AT:2]
    if odd and not any(odd) and all(even):
        return "utf-16-le", 0
    if odd and not any(even) and all(odd):
        return "utf-16-be", 0
    return "utf-8", 0


def text_of(file: BinaryIO) -> Iterator[str]:
    """Lines with their ends. What is no character stands as one that replaces it; zeros are left out."""
    head = file.read(_LOOKED_AT)
    charset, mark = charset_of(head)
    text = io.TextIOWrapper(
        io.BufferedReader(_Again(head[mark:], file)), encoding=charset, errors="replace", newline=None
    )
    try:
        for line in text:
            yield line.replace("\0", "")
    finally:
        text.detach()


def lines_of(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without white space around them; blank lines and comments are left out."""
    for row, line in enumerate(text_of(file), start=1):
        text = line.strip()
        if text and not text.startswith(COMMENTS):
            yield row, text


class _Again(io.RawIOBase):
    """A file of which the first octets were read already."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head = head
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io hands over is a memoryview
        data = self._head[: len(buffer)] or self._file.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
