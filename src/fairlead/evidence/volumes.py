"""Volumes of an image as a reader found them: rows of the table volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.tables.rows import VolumeRow
from fairlead.terms.origin import Locator, display_path

_MOST_NUMBER = 1 << 62
_MOST_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundVolume:
    """One volume. ``parent`` is the number of the one that it lies on, ``offset_bytes`` where it begins there."""

    number: int
    parent: int | None
    kind: str
    name: str
    form: str
    offset_bytes: int | None
    size_bytes: int | None
    encrypted: bool
    opened: bool
    detail: str

    def row(self, exhibit: str, container: Locator) -> VolumeRow:
        """A row of the table volumes."""
        return {
            "exhibit": exhibit,
            "container": str(container),
            "number": self.number,
            "parent": self.parent,
            "kind": self.kind,
            "name": self.name,
            "form": self.form or None,
            "offset_bytes": self.offset_bytes,
            "size_bytes": self.size_bytes,
            "encrypted": self.encrypted,
            "opened": self.opened,
            "detail": self.detail or None,
        }


def parse_volume(untrusted: Mapping[str, object], passwords: str) -> FoundVolume:
    """A reader's words as a type; ``passwords`` is the digest of the list that was given. ValueError for what is none."""
    number = _number(untrusted.get("number"))
    if number is None:
        raise ValueError("a volume without a number")
    line = _number(untrusted.get("password"))
    detail = _text(untrusted.get("detail"))
    if line is not None:
        opened_by = f"opened by line {line} of the list of passwords {passwords[:12]}"
        detail = f"{opened_by}; {detail}" if detail else opened_by
    return FoundVolume(
        number=number,
        parent=_number(untrusted.get("parent")),
        kind=_text(untrusted.get("kind")),
        name=_text(untrusted.get("name")),
        form=_text(untrusted.get("form")),
        offset_bytes=_number(untrusted.get("offset")),
        size_bytes=_number(untrusted.get("size")),
        encrypted=untrusted.get("encrypted") is True,
        opened=untrusted.get("opened") is True,
        detail=detail,
    )


def _number(untrusted: object) -> int | None:
    whole = isinstance(untrusted, int) and not isinstance(untrusted, bool)
    return untrusted if whole and isinstance(untrusted, int) and 0 <= untrusted < _MOST_NUMBER else None


def _text(untrusted: object) -> str:
    return display_path(str(untrusted or "")[:_MOST_TEXT].encode("utf-8", "replace"))
