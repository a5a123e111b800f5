"""Tells raw pictures of cameras from other files, TIFF pictures above all.

Most of them are TIFF files whose first picture is a small preview: a decoder of TIFF would hash the preview and
call the file decoded. Signatures: Adobe DNG 1.7 (tag DNGVersion), LibRaw's identify.cpp for the makers' own forms.
"""

from __future__ import annotations

import struct

DNG, OTHER_RAW = "image/x-adobe-dng", "image/x-dcraw"
_SIGNATURES = (
    (b"FUJIFILMCCD-RAW", "image/x-fuji-raf"),
    (b"IIRO", "image/x-olympus-orf"),
    (b"IIRS", "image/x-olympus-orf"),
    (b"MMOR", "image/x-olympus-orf"),
    (b"IIU\0", "image/x-panasonic-rw2"),
    (b"FOVb", "image/x-sigma-x3f"),
    (b"\0MRM", "image/x-minolta-mrw"),
)
RAW_TYPES = frozenset(
    {DNG, OTHER_RAW, "image/x-canon-cr2", "image/x-canon-cr3", *(kind for _, kind in _SIGNATURES)}
)
_TIFF = {b"II*\0": "<", b"MM\0*": ">"}
_NEW_SUBFILE_TYPE, _MAKE, _SUB_IFDS, _DNG_VERSION = 254, 271, 330, 50706
_MOST_TAGS = 200


def raw_type(head: bytes) -> str | None:
    """The MIME type of a raw picture by its first bytes; None for anything else, TIFF pictures included."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    order = _TIFF.get(head[:4])
    if order is None:
        return None
    if head[8:10] == b"CR":
        return "image/x-canon-cr2"
    tags = _first_tags(head, order)
    if _DNG_VERSION in tags:
        return DNG
    preview_first = tags.get(_NEW_SUBFILE_TYPE, 0) & 1
    return OTHER_RAW if preview_first and {_MAKE, _SUB_IFDS} <= tags.keys() else None


def _first_tags(head: bytes, order: str) -> dict[int, int]:
    """Tags of a TIFF's first directory with the first 16 or 32 bits of their values."""
    tags: dict[int, int] = {}
    try:
        at = struct.unpack_from(order + "I", head, 4)[0]
        count = min(struct.unpack_from(order + "H", head, at)[0], _MOST_TAGS)
        for number in range(count):
            tag, kind, _, value = struct.unpack_from(order + "HHII", head, at + 2 + 12 * number)
            short = struct.unpack_from(order + "H", head, at + 10 + 12 * number)[0]
            tags[tag] = short if kind == 3 else value
    except struct.error:
        pass  # cut: what was read so far
    return tags
