"""Where a row comes from: an exhibit and a locator that leads back to a byte in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, quote_from_bytes, unquote, unquote_to_bytes

_NUMBER = re.compile(r"([0-9]+)")
_DIGITS = 20


class StepKind(StrEnum):
    """How one step of a locator is to be read; its numbers are those of ``Step``, in the order of the text."""

    PATH = "path"  # raw path bytes below a folder exhibit
    MEMBER = "member"  # index:raw member name in an archive
    INODE = "inode"  # partition:inode:raw path in a disk image
    STREAM = "stream"  # partition:inode:attribute:raw path, a named data stream of an NTFS file
    VOLUME = "volume"  # partition:volume:inode:raw path in an APFS container
    PART = "part"  # message:part:name, a part of a mail message, counted depth first
    OBJECT = "object"  # number:generation:name, a stream object of a PDF document
    RANGE = "range"  # start:end:name, bytes of the container itself (half open, 0-based)
    EXTENT = "extent"  # partition:start:end:name, bytes of a volume in a disk image (half open, 0-based)


_NUMBERS: dict[StepKind, tuple[str, ...]] = {
    StepKind.PATH: (),
    StepKind.MEMBER: ("index",),
    StepKind.INODE: ("partition", "inode"),
    StepKind.STREAM: ("partition", "inode", "attribute"),
    StepKind.VOLUME: ("partition", "volume", "inode"),
    StepKind.PART: ("message", "index"),
    StepKind.OBJECT: ("number", "generation"),
    StepKind.RANGE: ("start", "end"),
    StepKind.EXTENT: ("partition", "start", "end"),
}

NUMBER_NAMES = frozenset(name for names in _NUMBERS.values() for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a locator: into a folder, an archive, a file system, a message, a document, or a range of bytes."""

    kind: StepKind
    path: bytes
    index: int | None = None  # position of the member in its archive: names may repeat
    partition: int | None = None
    inode: int | None = None
    attribute: int | None = None
    volume: int | None = None
    message: int | None = None
    number: int | None = None
    generation: int | None = None
    start: int | None = None
    end: int | None = None

    @property
    def numbers(self) -> dict[str, int | None]:
        """What names the place besides the path, by the names of the fields."""
        return {name: getattr(self, name) for name in _NUMBERS[self.kind]}

    def __str__(self) -> str:
        name = quote_from_bytes(self.path, safe="/ ._-()+,=@~")
        return ":".join([self.kind.value, *(str(number) for number in self.numbers.values()), name])


def build_step(kind: StepKind, path: bytes, numbers: Mapping[str, int]) -> Step:
    """A step from its kind, its path and its numbers by name; raises KeyError when one is missing."""
    return Step(kind=kind, path=path, **{name: numbers[name] for name in _NUMBERS[kind]})


def parse_step(text: str) -> Step:
    """Read one step; raises ValueError when the text is not a step."""
    word, _, rest = text.partition(":")
    kind = StepKind(word)
    names = _NUMBERS[kind]
    *numbers, name = rest.split(":", len(names))
    if len(numbers) != len(names):
        raise ValueError("a step of a locator lacks a number")
    return build_step(kind, unquote_to_bytes(name), dict(zip(names, map(int, numbers), strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Locator:
    """The way to an item inside an exhibit, and optionally to a byte range in that item.

    Text form: steps joined by ``!``, then ``#bytes=FROM-TO`` (half open, 0-based) when a part of the item
    is meant, e.g. ``inode:1:345:/var/log/access.log#bytes=1024-1187``, or ``#row=TABLE:NUMBER`` for a row of a
    database file.
    """

    steps: tuple[Step, ...] = ()
    byte_range: tuple[int, int] | None = None
    row: tuple[str, int] | None = None

    def __str__(self) -> str:
        text = "!".join(str(step) for step in self.steps)
        if self.byte_range is not None:
            text += f"#bytes={self.byte_range[0]}-{self.byte_range[1]}"
        if self.row is not None:
            text += row_mark(*self.row)
        return text

    @property
    def item(self) -> Locator:
        """The whole item, without the byte range."""
        return Locator(steps=self.steps)

    def bytes_from(self, start: int, end: int) -> Locator:
        """The same item, narrowed to bytes start (included) to end (excluded)."""
        return Locator(steps=self.steps, byte_range=(start, end))


def row_mark(table: str, number: int) -> str:
    """The end of a locator that means one row of a table in a database file."""
    return f"#row={quote(table)}:{number}"


def parse_locator(text: str) -> Locator:
    """Read a locator's text form; raises ValueError when it is not one."""
    body, marker, part = text.partition("#row=")
    if marker:
        table, _, number = part.rpartition(":")
        return Locator(steps=parse_locator(body).steps, row=(unquote(table), int(number)))
    body, marker, part = text.partition("#bytes=")
    steps = tuple(parse_step(step) for step in body.split("!")) if body else ()
    if not marker:
        return Locator(steps=steps)
    start, _, end = part.partition("-")
    return Locator(steps=steps, byte_range=(int(start), int(end)))


def reading_order(locator: str) -> tuple[str, ...]:
    """By this locators of one exhibit stand in the order in which it is read: numbers count as numbers.

    What lies in a container stands behind it, and an archive is gone through once.
    """
    return tuple(part.zfill(_DIGITS) if part.isdecimal() else part for part in _NUMBER.split(locator))


def display_path(raw: bytes) -> str:
    """A path for eyes: UTF-8 where it is, escapes where it is not, control characters made visible."""
    text = raw.decode("utf-8", errors="backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Exhibit and locator: where a statement can be checked."""

    exhibit: str
    locator: str

    def __str__(self) -> str:
        return f"{self.exhibit}:{self.locator}"
