"""Chooses the reader of metadata by the first bytes of a content."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from fairlead.media.metadata.boxes import read_boxes, read_riff
from fairlead.media.metadata.exif import read_exif
from fairlead.media.metadata.item import MOST_ITEMS, Item
from fairlead.media.metadata.jpeg import START, read_jpeg
from fairlead.media.metadata.png import SIGNATURE, read_png


def read_metadata(data: bytes) -> list[Item]:
    """All items of a content, at most 400; those before a defect when the structure is damaged."""
    items: list[Item] = []
    with suppress(struct.error, ValueError, LookupError):
        items.extend(islice(_reader(data), MOST_ITEMS))
    return items


def _reader(data: bytes) -> Iterator[Item]:
    if data.startswith(SIGNATURE):
        return read_png(data)
    if data.startswith(START):
        return read_jpeg(data)
    if data.startswith(b"RIFF"):
        return read_riff(data)
    if data[4:8] == b"ftyp":
        return read_boxes(data)
    if data.startswith((b"II*\0", b"MM\0*")):
        return read_exif(data, 0)
    return iter(())
