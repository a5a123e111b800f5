"""Access logs, line by line: what a line holds, and a fast path for the combined format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO, ClassVar, NamedTuple

LONGEST_LINE_BYTES = 1 << 20
LONGEST_FOR_PATTERN = 1 << 16  # a pattern's cost may grow with the square of the line
_CHUNK_BYTES = 4 << 20
_COMMON_PARTS, _COMBINED_PARTS = 3, 7  # pieces of a line between its quotes
_WHO_FIELDS, _STATUS_DIGITS, _TAIL_FIELDS = 3, 3, 2


class Parsed(NamedTuple):
    """The fields of one line as they stand; None when absent. ``request`` is method, path and protocol.

    ``cookie`` holds the cookies that the log names, as in a header: ``name=value; name=value``.
    """

    ip: bytes
    user: bytes | None
    time: bytes
    request: bytes
    status: bytes
    size: bytes | None
    agent: bytes | None
    port: bytes | None
    cookie: bytes | None = None


LineReader = Callable[[bytes], "Parsed | Heading | None"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end, and its byte range in the log."""

    text: bytes
    start: int
    end: int
    whole: bool


def lines_of(stream: BinaryIO) -> Iterator[list[Line]]:
    """Lines in batches; of a line longer than 1 MiB the beginning comes, and is not whole."""
    for block, base, long in blocks_of(stream):
        batch: list[Line] = []
        start = base
        for text in block.split(b"\n")[:-1]:
            end = start + len(text)
            batch.append(Line(text[:LONGEST_LINE_BYTES], start, end, len(text) <= LONGEST_LINE_BYTES))
            start = end + 1
        if long is not None:
            batch.append(long)
        yield batch


def blocks_of(stream: BinaryIO) -> Iterator[tuple[bytes, int, Line | None]]:
    """Whole lines in blocks of about 4 MiB, where each block begins, and a line that is too long to be held behind it.

    A last line gets its line feed. Of a line that goes on for more than a block only its beginning is kept.
    """
    base = 0
    rest = chunk = b""
    while chunk := chunk or stream.read(_CHUNK_BYTES):
        held, chunk = rest + chunk, b""
        cut = held.rfind(b"\n") + 1
        block, rest = held[:cut], held[cut:]
        if len(rest) <= LONGEST_LINE_BYTES:
            yield block, base, None
            base += cut
            continue
        passed, chunk = _pass_over(stream)
        start, end = base + cut, base + len(held) + passed
        yield block, base, Line(rest[:LONGEST_LINE_BYTES], start, end, False)
        base, rest = end + 1, b""
    if rest:
        yield rest + b"\n", base, None


def _pass_over(stream: BinaryIO) -> tuple[int, bytes]:
    """How many octets stand before the next line feed, and what was read behind it."""
    passed = 0
    while chunk := stream.read(_CHUNK_BYTES):
        before, feed, behind = chunk.partition(b"\n")
        passed += len(before)
        if feed:
            return passed, behind
    return passed, b""


def line_at(block: bytes, base: int, start: int, end: int) -> Line:
    """One line of a block, without its end."""
    text = block[start : min(end, start + LONGEST_LINE_BYTES)]
    return Line(text, base + start, base + end, end - start <= LONGEST_LINE_BYTES)


def read_combined(line: bytes) -> Parsed | None:
    r"""The combined and common formats, split on quotes; None when the line is not one.

    A quote inside a field is written ``\"`` by Apache and ``\x22`` by nginx; such lines take the slow path.
    """
    parts = line.split(b'"')
    count = len(parts)
    if count not in (_COMMON_PARTS, _COMBINED_PARTS) or b'\\"' in line:
        return _slow_combined(line)
    head = parts[0]
    open_at = head.rfind(b" [")
    if open_at < 0 or head[-2:] != b"] ":
        return None
    who = _split_who(head[:open_at])
    tail = parts[2].split()
    if (
        len(who) != _WHO_FIELDS
        or len(tail) < _TAIL_FIELDS
        or len(tail[0]) != _STATUS_DIGITS
        or not tail[0].isdigit()
    ):
        return None
    if not tail[1].isdigit() and tail[1] != b"-":
        return None
    if count == _COMBINED_PARTS and parts[4] != b" ":
        return None
    return Parsed(
        who[0],
        who[2],
        head[open_at + 2 : -2],
        parts[1],
        tail[0],
        tail[1],
        parts[5] if count == _COMBINED_PARTS else None,
        None,
    )


_ADDRESS_BEHIND = re.compile(
    rb'(?:^|[\s",=])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4})(?=[\s",:]|$)'
)


def names_another_client(line: bytes) -> bool:
    """Whether an internet address stands behind the combined or common format: the client's, where the first is a proxy's.

    Which of the two counts, a line does not say; a format that knows of both has to.
    """
    parts = line.split(b'"', _COMBINED_PARTS - 1)
    behind = parts[-1] if len(parts) == _COMBINED_PARTS else b" ".join(parts[-1].split()[_TAIL_FIELDS:])
    return len(behind) > len("::1") and _ADDRESS_BEHIND.search(behind) is not None


_LIST = re.compile(rb"((?:[^\s,]++, ?)++[^\s,]++) (.*)", re.DOTALL)


def _split_who(head: bytes) -> list[bytes]:
    """Client, identity and user; the client may be a list of hops, ``a, b``."""
    found = _LIST.fullmatch(head) if b"," in head else None
    if found is None:
        return head.split(b" ", 2)
    return [found.group(1), *found.group(2).split(b" ", 1)]


def read_vhost_combined(line: bytes) -> Parsed | None:
    """Apache's ``vhost_combined``: the host and port that were asked stand before the combined format."""
    return read_combined(line.partition(b" ")[2])


_QUOTED = rb'"((?:[^"\\]|\\.)*+)"'
_COMBINED = re.compile(
    rb"((?:[^\s,]++, ?)*+\S+) \S+ (.+?) \[([^\]]+)\] "
    + _QUOTED
    + rb" (\d{3}) (\d+|-)(?: "
    + _QUOTED
    + rb" "
    + _QUOTED
    + rb")?(?: .*)?",
    re.DOTALL,
)


def _slow_combined(line: bytes) -> Parsed | None:
    found = _COMBINED.fullmatch(line) if len(line) <= LONGEST_FOR_PATTERN else None
    if found is None:
        return None
    ip, user, at, request, status, size, _, agent = found.groups()
    return Parsed(ip, user, at, request, status, size, agent, None)


class Heading(Enum):
    """A line that says what the lines after it hold, or that carries no request."""

    LINE = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogForm:
    """A named format of access logs, and the reader of one line of it; None of a line that is not one.

    ``begin`` makes the reader of one file, where its lines mean what an earlier line said. ``wrap`` makes the reader of a
    format that stands inside this one. ``origin`` is where the format is published, ``sample`` a made line or more.
    """

    kind: ClassVar[str] = "access-log"

    name: str
    about: str
    read: LineReader
    begin: Callable[[], LineReader] | None = None
    wrap: Callable[[LineReader], LineReader] | None = None
    origin: str = ""
    sample: bytes = b""
