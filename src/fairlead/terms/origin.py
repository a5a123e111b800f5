"""Where a row comes from: an exhibit and a locator that leads back to a byte in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, quote_from_bytes, unquote, unquote_to_bytes


class StepKind(StrEnum):
    """How one step of a locator is to be read."""

    PATH = "path"  # raw path bytes below a folder exhibit
    MEMBER = "member"  # raw member name in an archive
    INODE = "inode"  # partition:inode:raw path in a disk image


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a locator: into a folder, an archive, or a file system."""

    kind: StepKind
    path: bytes
    index: int | None = None  # position of the member in its archive: names may repeat
    partition: int | None = None
    inode: int | None = None

    def __str__(self) -> str:
        name = quote_from_bytes(self.path, safe="/ ._-()+,=@~")
        match self.kind:
            case StepKind.PATH:
                return f"path:{name}"
            case StepKind.MEMBER:
                return f"member:{self.index}:{name}"
            case StepKind.INODE:
                return f"inode:{self.partition}:{self.inode}:{name}"


def parse_step(text: str) -> Step:
    """Read one step; raises ValueError when the text is not a step."""
    kind, _, rest = text.partition(":")
    match StepKind(kind):
        case StepKind.PATH:
            return Step(kind=StepKind.PATH, path=unquote_to_bytes(rest))
        case StepKind.MEMBER:
            index, _, name = rest.partition(":")
            return Step(kind=StepKind.MEMBER, path=unquote_to_bytes(name), index=int(index))
        case StepKind.INODE:
            partition, inode, name = rest.split(":", 2)
            return Step(
                kind=StepKind.INODE,
                path=unquote_to_bytes(name),
                partition=int(partition),
                inode=int(inode),
            )


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
