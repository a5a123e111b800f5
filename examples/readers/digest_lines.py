"""Hash lists as `md5sum` and `sha256sum` write them: a digest, two signs, a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from fairlead.known.entry import ListItem, RejectedEntry, check_value
from fairlead.known.lists import ListForm, ListOptions
from fairlead.terms.matching import Algorithm

_BY_LENGTH = {32: Algorithm.MD5, 40: Algorithm.SHA1, 64: Algorithm.SHA256}


def read(file: BinaryIO, _: ListOptions) -> Iterator[ListItem]:
    """One item a line; a line that is none says why, and is never lost."""
    for row, line in enumerate(file, start=1):
        value = line.strip().split(b" ", 1)[0].lower().decode(errors="replace")
        algorithm = _BY_LENGTH.get(len(value))
        if algorithm is None:
            yield RejectedEntry(row=row, reason="the line does not begin with a digest")
        else:
            yield check_value(algorithm, value, None, row)


DIGEST_LINES = ListForm(name="digest-lines", about="md5sum, sha1sum and sha256sum", read=read)
