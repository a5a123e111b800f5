"""The beginning of a list, to see what it is."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from functools import cached_property

from fairlead.known.text_lines import COMMENTS, charset_of, text_of

HEAD_BYTES = 1 << 20
_MOST_LINES = 400


@dataclass(frozen=True, kw_only=True)
class Head:
    """The first octets of a file, whether they are all of it, and its name without the folder.

    ``tables``: names of the tables, lower case, each with its columns, where the file is an SQLite database.
    """

    data: bytes
    whole: bool
    name: str
    tables: dict[str, frozenset[str]]

    @cached_property
    def lines(self) -> list[str]:
        """The first whole lines that hold something and are no comment."""
        found: list[str] = []
        for line in text_of(io.BytesIO(self.data)):
            if self.whole or line.endswith("\n"):
                text = line.strip()
                found += [text] if text and not text.startswith(COMMENTS) else []
            if len(found) == _MOST_LINES:
                break
        return found

    @cached_property
    def is_text(self) -> bool:
        """Whether no octet is zero but those of UTF-16."""
        return charset_of(self.data)[0] != "utf-8" or b"\0" not in self.data

    @cached_property
    def text(self) -> str:
        """The beginning as text, without white space before it."""
        return self.data.decode("utf-8-sig", errors="replace").lstrip()


def read_head(descriptor: int, name: str, tables: dict[str, frozenset[str]]) -> Head:
    """The head of an open file, wherever it stands."""
    data = os.pread(descriptor, HEAD_BYTES, 0)
    whole = os.fstat(descriptor).st_size <= len(data)
    return Head(data=data, whole=whole, name=name, tables=tables)
