"""Reads the items of a large JSON array one by one, with memory for one item only."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

_CHUNK = 1 << 20
_MOST_ITEM = 64 << 20  # characters; a single item that is larger is not a hash list
_SPACE = " \t\r\n"
_LONGEST_NUMBER = 300


def _whole(digits: str) -> int | str:
    """A number; one that no count has stays the text that it is."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


_DECODER = json.JSONDecoder(parse_int=_whole)


class NotJsonError(ValueError):
    """Says why the text cannot be read: not JSON, not UTF-8, cut short, an item of more than 64 MiB."""


class JsonStream:
    """A place in a JSON text; UTF-8, with or without a byte order mark."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_more():
                return ""

    def take(self, expected: str) -> None:
        """Go past a character that has to stand here."""
        if self.peek() != expected:
            raise self._no_json()
        self._at += 1

    def value(self) -> Any:
        """The next whole value."""
        if not self.peek():
            raise self._no_json()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError as problem:
                raise NotJsonError("the file's JSON is nested without end") from problem
            except json.JSONDecodeError as problem:
                if not self._read_more():
                    raise self._no_json(at_end=problem.pos) from problem
                continue
            # A number at the edge of what was read may go on.
            if end < len(self._text) or not self._read_more():
                self._at = end
                return found

    def array_items(self) -> Iterator[None]:
        """Stop at each item of the array that begins here; the caller takes it."""
        yield from self._members("[", "]")

    def object_keys(self) -> Iterator[str]:
        """Stop behind each key of the object that begins here; the caller takes the value."""
        for _ in self._members("{", "}"):
            key = self.value()
            if not isinstance(key, str):
                raise self._no_json()
            self.take(":")
            yield key

    def _members(self, opening: str, closing: str) -> Iterator[None]:
        self.take(opening)
        if self.peek() == closing:
            self._at += 1
            return
        while True:
            yield None
            if self.peek() == closing:
                self._at += 1
                return
            self.take(",")

    def _no_json(self, *, at_end: int | None = None) -> NotJsonError:
        """The cause: nothing more comes where something has to, or what comes is no JSON."""
        cut = not self.peek() if at_end is None else self._ended and self._unfinished(at_end)
        return NotJsonError("the file ends before its JSON does" if cut else "the file is not JSON")

    def _unfinished(self, at: int) -> bool:
        """Whether what is left stops inside a value: at its end, or in a text that nothing closes."""
        return at >= len(self._text.rstrip()) or self._text[at : at + 1] == '"'

    def _read_more(self) -> bool:
        if self._ended:
            return False
        if len(self._text) - self._at > _MOST_ITEM:
            raise NotJsonError("the file's JSON has an item of more than 64 MiB")
        data = self._file.read(_CHUNK)
        self._ended = not data
        try:
            more = self._decoder.decode(data, final=self._ended)
        except UnicodeDecodeError as problem:
            raise NotJsonError("the file is not text in UTF-8") from problem
        self._text, self._at = self._text[self._at :] + more, 0
        return bool(more) or not self._ended
