"""One metadata item, and the bounds all readers keep."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from fairlead.media.wire import MetadataTold

MOST_VALUE_CHARACTERS = 1 << 19  # workflows of ComfyUI reach some hundred KiB
MOST_ITEMS = 400
MOST_CHARACTERS = 4 << 20  # of all items of one content together
MOST_INFLATED_BYTES = 1 << 20
_GZIP = 31  # window bits of zlib that ask for a gzip header


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Namespace, key and value of an item, and where its bytes lie in the content."""

    namespace: str
    key: str
    value: str
    offset: int
    length: int

    def for_wire(self) -> MetadataTold:
        """The item as it crosses the sandbox's wire."""
        return {
            "namespace": self.namespace,
            "key": self.key,
            "value": self.value,
            "offset": self.offset,
            "length": self.length,
        }


def text(value: str) -> str:
    """A value without NULs and lone surrogates, cut at 512 Ki characters."""
    cut = value[:MOST_VALUE_CHARACTERS].replace("\0", "")
    return cut.encode("utf-8", "replace").decode("utf-8")


def inflate(data: bytes) -> bytes:
    """Unpack zlib data up to 1 MiB; what cannot be unpacked is left out."""
    return _unpack(data, zlib.MAX_WBITS)


def gunzip(data: bytes) -> bytes:
    """Unpack gzip data up to 1 MiB; what cannot be unpacked is left out."""
    return _unpack(data, _GZIP)


def _unpack(data: bytes, window: int) -> bytes:
    try:
        return zlib.decompressobj(window).decompress(data, MOST_INFLATED_BYTES)
    except zlib.error:
        return b""
