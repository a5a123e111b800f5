"""One file as a reader finds it, before its bytes are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fairlead.tables.rows import ListingRow
from fairlead.terms.origin import Locator, display_path
from fairlead.terms.verdicts import Allocation, FileVerdict

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_US = 253_402_300_799_000_000  # end of the year 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTimes:
    """The four times in microseconds since 1970 UTC, and where they come from."""

    modified_us: int | None = None
    accessed_us: int | None = None
    changed_us: int | None = None
    created_us: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file, or something that is not one, at a place in a container.

    ``verdict`` is None when the bytes can be asked for. ``container`` names what the first bytes look like,
    ``device_path`` where the file lay on the telephone whose file system the archive holds.
    """

    path_bytes: bytes
    size_bytes: int | None
    times: FoundTimes = FoundTimes()
    allocation: Allocation = Allocation.LIVE
    verdict: FileVerdict | None = None
    detail: str = ""
    container: str | None = None
    device_path: bytes | None = None


def listing_row(exhibit: str, locator: Locator, found: FoundFile) -> ListingRow:
    """A row of the table listing."""
    return {
        "exhibit": exhibit,
        "locator": str(locator),
        "path_bytes": found.path_bytes,
        "path": display_path(found.path_bytes),
        "size_bytes": found.size_bytes,
        "modified_at": _time(found.times.modified_us),
        "accessed_at": _time(found.times.accessed_us),
        "changed_at": _time(found.times.changed_us),
        "created_at": _time(found.times.created_us),
        "time_source": found.times.source or None,
        "allocation": found.allocation.value,
        "device_path": display_path(found.device_path) if found.device_path is not None else None,
        "verdict": found.verdict.value if found.verdict else None,
        "detail": found.detail or None,
    }


def _time(microseconds: int | None) -> datetime | None:
    if microseconds is None or not -_LATEST_US // 200 < microseconds <= _LATEST_US:
        return None
    return _EPOCH + timedelta(microseconds=microseconds)
