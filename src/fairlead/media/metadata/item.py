"""One metadata item, and the bounds all readers keep."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

MOST_VALUE_CHARACTERS = 65536
MOST_ITEMS = 400
_MOST_INFLATED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Namespace, key and value of an item, and where its bytes lie in the content."""

    namespace: str
    key: str
    value: str
    offset: int
    length: int


def text(value: str) -> str:
    """A value without NULs and lone surrogates, cut at 64 Ki characters."""
    cut = value[:MOST_VALUE_CHARACTERS].replace("\0", "")
    return cut.encode("utf-8", "replace").decode("utf-8")


def inflate(data: bytes) -> bytes:
    """Unpack zlib data up to 1 MiB; what cannot be unpacked is left out."""
    try:
        return zlib.decompressobj().decompress(data, _MOST_INFLATED_BYTES)
    except zlib.error:
        return b""
