"""What a reader says about one entry, in the form that crosses the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Protocol

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

    ``index`` is the position in an archive; ``partition`` and ``inode`` the place in an image. ``stored`` is
    the size in the container. ``rest`` marks a row that stands for what could not be listed.
    """

    path: bytes
    size: int | None = None
    stored: int | None = None
    index: int | None = None
    partition: int | None = None
    inode: int | None = None
    modified: int | None = None
    accessed: int | None = None
    changed: int | None = None
    created: int | None = None
    clock: str = ""
    allocation: str = "live"
    verdict: str | None = None
    detail: str = ""
    container: str | None = None
    rest: bool = False

    def for_wire(self) -> dict[str, Any]:
        """As a JSON object; absent fields are left out, the path is hex."""
        fields = {name: value for name, value in asdict(self).items() if _present(value)}
        return {**fields, "path": self.path.hex()}


def _present(value: object) -> bool:
    return value is not None and value is not False and value != ""


class Reader(Protocol):
    """One open container."""

    def entries(self) -> Iterator[Entry]:
        """All entries in a fixed order; raises Stop when the listing breaks off."""
        ...

    def copy(self, place: dict[str, Any], write: Write) -> None:
        """Write the bytes of one entry; raises Stop when they end early."""
        ...
