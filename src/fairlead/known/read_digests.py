"""Reads lists of digests as programs of many kinds print them, one a line.

Forms: bare digests; `md5sum`, `sha1sum`, `sha256sum` of GNU coreutils, escaped names among them; the BSD form
``MD5 (name) = …``; `hashdeep` and `md5deep` (https://md5deep.sourceforge.net). Several algorithms may stand in one list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from fairlead.known.entry import ListItem, RejectedEntry, check_value
from fairlead.known.refusal import unreadable
from fairlead.known.text_lines import lines_of
from fairlead.terms.matching import Algorithm

_BY_LENGTH = {32: Algorithm.MD5, 40: Algorithm.SHA1, 64: Algorithm.SHA256}
_OTHER_LENGTHS = {8: "a CRC-32", 48: "a Tiger", 56: "a SHA-224", 96: "a SHA-384", 128: "a SHA-512"}
_DIGEST = r"[0-9A-Fa-f]{8,128}"
_FORMS = (
    re.compile(rf"\\?({_DIGEST})(?:[ \t]+[ *]?.*|[,;].*)?"),
    re.compile(rf"(?:MD5|SHA1|SHA256|SHA2-256|SHA512) ?\(.*\) ?= ?({_DIGEST})", re.IGNORECASE),
    re.compile(rf"\d{{1,20}}[ \t]+({_DIGEST})(?:[ \t]+.*)?"),  # md5deep -z: the size stands first
    re.compile(rf".*[^0-9A-Za-z]({_DIGEST})"),  # a name first
)
HASHDEEP = "%%%% HASHDEEP-1."
_COLUMNS = {"md5": Algorithm.MD5, "sha1": Algorithm.SHA1, "sha256": Algorithm.SHA256}


def read_digests(file: BinaryIO) -> Iterator[ListItem]:
    """The digest of each line, MD5, SHA-1 or SHA-256 by its length; a line that has none says why."""
    for row, line in lines_of(file):
        cells = [cell.strip().strip('"') for cell in re.split(r"[,;\t|]", line)]
        several = [cell for cell in cells if re.fullmatch(_DIGEST, cell) and algorithm_of(cell)]
        if len(several) > 1:  # a table without a header: each cell that is a digest counts
            yield from (_item(cell, row) for cell in several)
        else:
            yield _item(line.strip('"'), row)


def digest_in(line: str) -> str | None:
    """The digest that stands in a line of one of the forms, or None."""
    for form in _FORMS:
        if found := form.fullmatch(line):
            return found[1]
    return None


def algorithm_of(value: str) -> Algorithm | str | None:
    """The algorithm by the length of a digest in hex; the name of one that is not matched; None of another length."""
    return _BY_LENGTH.get(len(value)) or _OTHER_LENGTHS.get(len(value))


def read_hashdeep(file: BinaryIO) -> Iterator[ListItem]:
    """The digests of an audit file of `hashdeep`, whose second line names its columns. Raises ItemError."""
    columns: list[str] = []
    begun = False
    for row, line in lines_of(file):
        if line.startswith("%%%%"):
            begun = begun or line.startswith(HASHDEEP)
            if not line.startswith(HASHDEEP):
                columns = line.removeprefix("%%%%").strip().split(",")
        elif not begun or not columns:
            raise unreadable(
                "the file does not begin as hashdeep begins it: %%%% HASHDEEP-1.0, then its columns"
            )
        else:
            yield from _columns_of(line, columns, row)
    if not columns:
        raise unreadable("the file does not begin as hashdeep begins it: %%%% HASHDEEP-1.0, then its columns")


def _columns_of(line: str, columns: list[str], row: int) -> Iterator[ListItem]:
    cells = line.split(",", len(columns) - 1)  # the name is the last column, and may hold commas
    found = [
        check_value(_COLUMNS[name], cell, None, row)
        for name, cell in zip(columns, cells, strict=False)
        if name in _COLUMNS and cell
    ]
    yield from found or [RejectedEntry(row=row, reason="no MD5, SHA-1 or SHA-256 in the line")]


def _item(line: str, row: int) -> ListItem:
    value = digest_in(line)
    algorithm = algorithm_of(value) if value is not None else None
    if value is None or algorithm is None:
        return RejectedEntry(row=row, reason="no digest in the line: 32, 40 or 64 hex digits expected")
    if not isinstance(algorithm, Algorithm):
        return RejectedEntry(
            row=row, reason=f"{algorithm}, which is not matched here: ask for MD5, SHA-1 or SHA-256"
        )
    return check_value(algorithm, value, None, row)
