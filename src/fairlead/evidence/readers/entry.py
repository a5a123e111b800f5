"""What a reader says about one entry, in the form that crosses the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Protocol, runtime_checkable

from fairlead.evidence.readers.wire import EntryPlace, GivenTold

Write = Callable[[bytes], None]


class Stop(Exception):  # noqa: N818 - not always an error: also a limit, or a missing password
    """Reading ended before the end: the verdict and why."""

    def __init__(self, verdict: str, detail: str) -> None:
        super().__init__(verdict)
        self.verdict = verdict
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a container. Times are microseconds since 1970 UTC, sizes are bytes.

    ``kind`` and the numbers are those of ``StepKind`` and ``Step``. ``stored`` is the size in the container.
    ``password`` is the line of the password list that opened the entry. ``rest`` marks a row that stands for
    what could not be listed.
    """

    path: bytes
    kind: str = "member"
    size: int | None = None
    stored: int | None = None
    index: int | None = None
    partition: int | None = None
    inode: int | None = None
    attribute: int | None = None
    volume: int | None = None
    message: int | None = None
    number: int | None = None
    generation: int | None = None
    start: int | None = None
    end: int | None = None
    modified: int | None = None
    accessed: int | None = None
    changed: int | None = None
    created: int | None = None
    clock: str = ""
    allocation: str = "live"
    verdict: str | None = None
    detail: str = ""
    container: str | None = None
    password: int | None = None
    rest: bool = False

    def for_wire(self) -> dict[str, str | int]:
        """As a JSON object; absent fields are left out, the path is hex."""
        present: dict[str, str | int] = {
            name: value for name in _FIELDS if _present(value := getattr(self, name))
        }
        return {**present, "path": self.path.hex()}


_FIELDS = tuple(field.name for field in fields(Entry))


def _present(value: object) -> bool:
    return value is not None and value is not False and value != ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a reader is told beside the descriptors: bounds, passwords by line, and whether to search free space.

    An empty line of the password list stays in ``passwords``, so that numbers are those of lines. ``names`` are
    those of the files handed over. ``disks`` are the images that lie beside each other, by form and number of files,
    of which ``primary`` is the one that is read.
    """

    unpacked_bytes: int = 1 << 40
    message_bytes: int = 64 << 20
    carved_bytes: int = 1 << 30
    passwords: tuple[str, ...] = ()
    carve: bool = False
    names: tuple[str, ...] = ()
    disks: tuple[tuple[str, int], ...] = ()
    primary: int = 0

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Passwords with their line, counted from 1."""
        return ((line, password) for line, password in enumerate(self.passwords, 1) if password)


def read_given(told: GivenTold) -> Given:
    """The same from the form that crosses the sandbox."""
    disks = tuple((str(container), int(count)) for container, count in told.get("disks", ()))
    return Given(
        unpacked_bytes=told["unpacked_bytes"],
        message_bytes=told["message_bytes"],
        carved_bytes=told["carved_bytes"],
        passwords=tuple(told["passwords"]),
        carve=told["carve"],
        names=tuple(told["names"]),
        disks=disks,
        primary=told.get("primary", 0),
    )


class Reader(Protocol):
    """One open container."""

    def entries(self) -> Iterator[Entry | None]:
        """All entries in a fixed order; raises Stop when the listing breaks off.

        None is a sign of life between entries that lie far apart.
        """
        ...

    def copy(self, place: EntryPlace, write: Write) -> None:
        """Write the bytes of one entry; raises Stop when they end early."""
        ...


@runtime_checkable
class ReachingReader(Protocol):
    """A container in which everything before an entry must be unpacked to reach it."""

    def reach(self, place: EntryPlace) -> Iterator[None]:
        """Move to the entry, with a sign of life after every piece; ``copy`` of it then begins at once."""
        ...


class Refused:
    """A container that cannot be opened, for a reason that is known."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def entries(self) -> Iterator[Entry | None]:
        """Nothing but the reason."""
        yield from ()
        raise self._stop

    def copy(self, place: EntryPlace, write: Write) -> None:  # noqa: ARG002 - nothing can be copied
        """Nothing but the reason."""
        raise self._stop
