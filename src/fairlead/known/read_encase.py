"""Reads hash files of EnCase (``.hash``): MD5 in records of 18 octets behind a head of 1,152.

The layout is as The Sleuth Kit reads it and as observed in files of versions 4 to 6: the head begins with ``HASH``, says
how many records follow (offset 16, four octets, little endian) and names the set's category (offset 1,112, UTF-16).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from fairlead.known.entry import ListItem, RejectedEntry, check_value
from fairlead.known.refusal import unreadable
from fairlead.terms.matching import Algorithm

ENCASE = b"HASH\r\n\xff\0"
_HEAD_BYTES, _RECORD_BYTES, _DIGEST_BYTES = 1152, 18, 16
_COUNT, _CATEGORY = slice(16, 20), slice(1112, 1150)
_AT_ONCE = 50_000


def read_encase(file: BinaryIO) -> Iterator[ListItem]:
    """The digests with the set's category; a record that is cut, and records that the head counts and that are not there,
    are told. Raises ItemError when the file is none.
    """
    head = file.read(_HEAD_BYTES)
    if not head.startswith(ENCASE) or len(head) < _HEAD_BYTES:
        raise unreadable("the file is not a hash file of EnCase, or is cut in its head")
    category = head[_CATEGORY].decode("utf-16-le", errors="replace").partition("\0")[0].strip() or None
    row = 0
    while data := file.read(_RECORD_BYTES * _AT_ONCE):
        for at in range(0, len(data), _RECORD_BYTES):
            row += 1
            value = data[at : at + _DIGEST_BYTES]
            if len(value) < _DIGEST_BYTES:
                yield RejectedEntry(row=row, reason="the file ends inside this record")
            else:
                yield check_value(Algorithm.MD5, value.hex(), category, row)
    counted = int.from_bytes(head[_COUNT], "little")
    if counted > row:
        yield RejectedEntry(row=row + 1, reason=f"the file ends {counted - row} records before its head says")
