"""Texts of Matroska and WebM: the programs named in Info, and the tags. Source: RFC 8794, RFC 9559."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.media.metadata.item import Item, text
from fairlead.media.metadata.window import Bytes

SIGNATURE = b"\x1a\x45\xdf\xa3"
_SEGMENT, _TAGS, _TAG, _SIMPLE = 0x18538067, 0x1254C367, 0x7373, 0x67C8
_NAME, _STRING, _INFO = 0x45A3, 0x4487, 0x1549A966
_PROGRAMS = {0x4D80: "MuxingApp", 0x5741: "WritingApp", 0x7BA9: "Title"}
_MOST_ELEMENTS = 20_000
_MOST_DEPTH = 6


def read_matroska(data: Bytes) -> Iterator[Item]:
    """Items of namespace ``mkv-tag``, at their places in the segment."""
    for kind, _, body, end in _elements(data, 0, len(data)):
        if kind == _SEGMENT:
            for part, _, inner, inner_end in _elements(data, body, end):
                if part == _TAGS:
                    yield from _tags(data, inner, inner_end, 0)
                elif part == _INFO:
                    yield from _programs(data, inner, inner_end)


def _programs(data: Bytes, at: int, end: int) -> Iterator[Item]:
    for kind, start, body, stop in _elements(data, at, end):
        if kind in _PROGRAMS:
            yield _item(_PROGRAMS[kind], data[body:stop], start, stop)


def _tags(data: Bytes, at: int, end: int, depth: int) -> Iterator[Item]:
    """A simple tag holds its name before its text, and may hold simple tags itself."""
    if depth > _MOST_DEPTH:
        return
    name = ""
    for kind, start, body, stop in _elements(data, at, end):
        if kind in {_TAG, _SIMPLE}:
            yield from _tags(data, body, stop, depth + 1)
        elif kind == _NAME:
            name = data[body:stop].decode("utf-8", "replace")
        elif kind == _STRING and name:
            yield _item(name, data[body:stop], start, stop)


def _item(key: str, value: bytes, start: int, stop: int) -> Item:
    said = value.rstrip(b"\0").decode("utf-8", "replace")
    return Item(namespace="mkv-tag", key=text(key)[:79], value=text(said), offset=start, length=stop - start)


def _elements(data: Bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Identity, start, start of the body and end of every element; an unknown size reaches to the end."""
    for _ in range(_MOST_ELEMENTS):
        identity, start = _number(data, at, keep=True)
        size, body = _number(data, start, keep=False)
        if not identity or not start or not body or body > end:
            return
        stop = end if size == (1 << (7 * (body - start))) - 1 else min(end, body + size)
        yield identity, at, body, stop
        at = stop


def _number(data: Bytes, at: int, *, keep: bool) -> tuple[int, int]:
    """A number of variable length and where it ends; (0, 0) where there is none."""
    head = data[at : at + 8]
    if not head or not head[0]:
        return 0, 0
    length = 9 - head[0].bit_length()
    if len(head) < length:
        return 0, 0
    value = int.from_bytes(head[:length], "big")
    return (value if keep else value & ((1 << (7 * length)) - 1)), at + length
