"""An entry of a hash set, and what makes a value unusable."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairlead.terms.matching import PDQ_BITS, PDQ_MINIMUM_QUALITY, Algorithm

_HEX = re.compile(r"[0-9a-f]+")
_PHOTODNA = re.compile(r"[A-Za-z0-9+/]{192}|[0-9a-fA-F]{288}")  # 144 bytes
_LENGTH = {
    Algorithm.MD5: 32,
    Algorithm.SHA1: 40,
    Algorithm.SHA256: 64,
    Algorithm.PDQ: 64,
    Algorithm.VPDQ: 64,
}
OF_NOTHING = frozenset(
    {
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
)
"""MD5, SHA-1 and SHA-256 of zero bytes."""
_FEWEST_BITS = 32  # a PDQ hash has half its bits set; far fewer or more come from an empty picture


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFrame:
    """Which frame of which known video an entry is; time in seconds."""

    video: str
    number: int
    time_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """One usable hash of a list, as given; ``category`` None means the list says nothing.

    ``told`` is what else the list says of the item, as JSON text; on the first hash of an item only.
    """

    algorithm: Algorithm
    value: str
    category: str | None
    row: int
    quality: int | None = None
    frame: KnownFrame | None = None
    told: str | None = None

    @property
    def name(self) -> str:
        """Name of the entry, unique in its set."""
        if self.frame is not None:
            return f"{self.algorithm}:{self.frame.video}#{self.frame.number}"
        return f"{self.algorithm}:{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedEntry:
    """One line or item that cannot be used, and why."""

    row: int
    reason: str


ListItem = KnownEntry | RejectedEntry


def check_value(
    algorithm: Algorithm,
    untrusted_value: str,
    category: str | None,
    row: int,
    *,
    quality: int | None = None,
    frame: KnownFrame | None = None,
) -> ListItem:
    """The entry, or why there is none: wrong form, the hash of zero bytes, a perceptual hash that says too little.

    A category with half a surrogate pair, which JSON can hold and UTF-8 cannot, is kept as its escape.
    """
    if category is not None:
        category = category.encode("utf-8", "backslashreplace").decode()
    if algorithm is Algorithm.PHOTODNA:
        return _check_photodna(untrusted_value.strip(), category, row)
    value = untrusted_value.strip().lower()
    reason = _why_unusable(algorithm, value, quality)
    if reason is not None:
        return RejectedEntry(row=row, reason=reason)
    return KnownEntry(
        algorithm=algorithm, value=value, category=category, row=row, quality=quality, frame=frame
    )


def _check_photodna(value: str, category: str | None, row: int) -> ListItem:
    if _PHOTODNA.fullmatch(value):
        return KnownEntry(algorithm=Algorithm.PHOTODNA, value=value, category=category, row=row)
    return RejectedEntry(row=row, reason="not a photodna value: 144 bytes in base64 or hex expected")


def _why_unusable(algorithm: Algorithm, value: str, quality: int | None) -> str | None:
    if len(value) != _LENGTH[algorithm] or not _HEX.fullmatch(value):
        return f"not a {algorithm} value: {_LENGTH[algorithm]} hex digits expected"
    if value in OF_NOTHING:
        return f"the {algorithm} of zero bytes, which every empty file has"
    if algorithm in {Algorithm.PDQ, Algorithm.VPDQ}:
        ones = int(value, 16).bit_count()
        if not _FEWEST_BITS <= ones <= PDQ_BITS - _FEWEST_BITS:
            return f"degenerate PDQ hash: {ones} of {PDQ_BITS} bits set"
        if quality is not None and quality < PDQ_MINIMUM_QUALITY:
            return f"PDQ quality below {PDQ_MINIMUM_QUALITY}: the hash says too little"
    return None
