"""Chooses the reader of metadata by the first bytes of a content."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress

from fairlead.media.metadata.boxes import read_boxes
from fairlead.media.metadata.exif import read_tiff
from fairlead.media.metadata.item import MOST_CHARACTERS, MOST_ITEMS, Item
from fairlead.media.metadata.jpeg import START, read_jpeg
from fairlead.media.metadata.matroska import SIGNATURE as MATROSKA
from fairlead.media.metadata.matroska import read_matroska
from fairlead.media.metadata.png import SIGNATURE, read_png
from fairlead.media.metadata.riff import read_riff
from fairlead.media.metadata.window import Bytes

_BOXES = {b"ftyp", b"JXL ", b"moov", b"wide", b"mdat"}


def read_metadata(data: Bytes) -> list[Item]:
    """All items of a content, at most 400 and 4 Mi characters; those before a defect when it is damaged.

    A picture is given whole. A video may be given through a window.
    """
    items: list[Item] = []
    characters = 0
    with suppress(struct.error, ValueError, LookupError):
        for item in _reader(data):
            characters += len(item.value)
            if len(items) == MOST_ITEMS or characters > MOST_CHARACTERS:
                break
            items.append(item)
    return items


def _reader(data: Bytes) -> Iterator[Item]:
    head = data[:12]
    if head.startswith(b"RIFF"):
        return read_riff(data)
    if head[4:8] in _BOXES:
        return read_boxes(data)
    if head.startswith(MATROSKA):
        return read_matroska(data)
    return _read_picture(data) if isinstance(data, bytes) else iter(())


def _read_picture(data: bytes) -> Iterator[Item]:
    if data.startswith(SIGNATURE):
        return read_png(data)
    if data.startswith(START):
        return read_jpeg(data)
    if data.startswith((b"II*\0", b"MM\0*")):
        return read_tiff(data)
    return iter(())
