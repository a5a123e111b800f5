"""An entry of a hash set, and what makes a value unusable."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairlead.terms.matching import PDQ_BITS, Algorithm

_HEX = re.compile(r"[0-9a-f]+")
_LENGTH = {Algorithm.MD5: 32, Algorithm.SHA1: 40, Algorithm.SHA256: 64, Algorithm.PDQ: 64}
_OF_NOTHING = frozenset(
    {
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
)
_FEWEST_BITS = 32  # a PDQ hash has half its bits set; far fewer or more come from an empty picture


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """One usable hash of a list, as given; ``category`` None means the list says nothing."""

    algorithm: Algorithm
    value: str
    category: str | None
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedEntry:
    """One line or item that cannot be used, and why."""

    row: int
    reason: str


def check_value(
    algorithm: Algorithm, untrusted_value: str, category: str | None, row: int
) -> KnownEntry | RejectedEntry:
    """The entry, or why there is none: wrong form, the hash of zero bytes, a degenerate perceptual hash."""
    value = untrusted_value.strip().lower()
    if len(value) != _LENGTH[algorithm] or not _HEX.fullmatch(value):
        return RejectedEntry(
            row=row, reason=f"not a {algorithm} value: {_LENGTH[algorithm]} hex digits expected"
        )
    if value in _OF_NOTHING:
        return RejectedEntry(row=row, reason=f"the {algorithm} of zero bytes, which every empty file has")
    if algorithm is Algorithm.PDQ:
        ones = int(value, 16).bit_count()
        if not _FEWEST_BITS <= ones <= PDQ_BITS - _FEWEST_BITS:
            return RejectedEntry(row=row, reason=f"degenerate PDQ hash: {ones} of {PDQ_BITS} bits set")
    return KnownEntry(algorithm=algorithm, value=value, category=category, row=row)
