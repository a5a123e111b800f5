"""What an image says about its own acquisition, against what its sectors give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.tables.rows import AcquisitionRow

_HEX = re.compile(r"[0-9a-f]{32}([0-9a-f]{8})?\Z")
_MOST_HEADER, _MOST_VALUE = 40, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """Size and digests of the copied medium: as the image states them, None where it does not, and as read.

    ``header`` holds the statements of whoever acquired it: case number, examiner, dates, software.
    """

    size_bytes: int
    stored_md5: str | None
    stored_sha1: str | None
    found_md5: str
    found_sha1: str
    header: tuple[tuple[str, str], ...]

    @property
    def result(self) -> str:
        """``equal``, ``different``, or ``not_stated`` where the image states no digest at all."""
        stated = [
            stored == found
            for stored, found in ((self.stored_md5, self.found_md5), (self.stored_sha1, self.found_sha1))
            if stored
        ]
        if not stated:
            return "not_stated"
        return "equal" if all(stated) else "different"

    def row(self, exhibit: str) -> AcquisitionRow:
        """A row of the table acquisitions."""
        return {
            "exhibit": exhibit,
            "format": "ewf",
            "media_bytes": self.size_bytes,
            "stored_md5": self.stored_md5,
            "found_md5": self.found_md5,
            "stored_sha1": self.stored_sha1,
            "found_sha1": self.found_sha1,
            "result": self.result,
            "header": [{"name": name, "value": value} for name, value in self.header],
        }


def parse_medium(untrusted: Mapping[str, object]) -> Medium:
    """A reader's answer as a type. Raises ValueError or KeyError for what is none."""
    untrusted_header = untrusted.get("header")
    header = untrusted_header if isinstance(untrusted_header, dict) else {}
    untrusted_size = untrusted["size"]
    if not isinstance(untrusted_size, int) or not 0 <= untrusted_size < 1 << 62:
        raise ValueError("no size")
    return Medium(
        size_bytes=untrusted_size,
        stored_md5=_digest(untrusted.get("stored_md5")),
        stored_sha1=_digest(untrusted.get("stored_sha1")),
        found_md5=_digest(untrusted["found_md5"]) or "",
        found_sha1=_digest(untrusted["found_sha1"]) or "",
        header=tuple(
            (str(name)[:_MOST_VALUE], str(value)[:_MOST_VALUE])
            for name, value in sorted(header.items())[:_MOST_HEADER]
        ),
    )


def _digest(untrusted: object) -> str | None:
    text = str(untrusted or "").lower()
    if not text:
        return None
    if not _HEX.match(text):
        raise ValueError("no digest")
    return text
