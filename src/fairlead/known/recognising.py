"""What a file is: the formats of hash lists that it fits, or what else it is and what to give instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import apsw

from fairlead.known.descriptor_database import guarded
from fairlead.known.head import Head, read_head
from fairlead.known.lists import HASH_LISTS

_OTHERS = (
    (re.compile(rb"\x1f\x8b"), "a gzip archive: unpack it and give what is inside"),
    (re.compile(rb"PK\x03\x04[\s\S]*\bxl/"), "an Excel workbook: save its sheet as CSV"),
    (re.compile(rb"PK\x03\x04"), "a ZIP archive: unpack it and give what is inside"),
    (
        re.compile(rb"7z\xbc\xaf|Rar!|\xfd7zXZ|BZh|\x28\xb5\x2f\xfd"),
        "an archive: unpack it and give what is inside",
    ),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an Office document of the old form: save its sheet as CSV"),
    (re.compile(rb"SQLite format 3\0"), "a database of another kind than those that are read"),
    (re.compile(rb"%PDF-"), "a PDF: ask the sender for the list itself"),
    (re.compile(rb"age-encryption\.org/|-----BEGIN (?:AGE|PGP)"), "encrypted: decrypt it first"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8"), "a picture, and no list"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A format that a file fits, and what says so."""

    form: str
    why: str


def recognise(descriptor: int, name: str) -> tuple[list[Recognised], str]:
    """All formats that an open file fits, in the order of the door; and, when there are none, what it is instead."""
    tables = dict(_tables(descriptor))
    head = read_head(descriptor, name, tables)
    found = [
        Recognised(form=form.name, why=why)
        for form in HASH_LISTS.all().values()
        if form.fits is not None and (why := form.fits(head)) is not None
    ]
    return found, "" if found else _what_it_is(head)


EMPTY = "empty"
_TEXTS = (
    (re.compile(r"[\[{]"), "JSON of another form than those that are read"),
    (re.compile("<"), "XML or HTML of another form than those that are read"),
)


def _what_it_is(head: Head) -> str:
    if not head.data.strip(b"\0\t\r\n "):
        return EMPTY
    told = next((told for signature, told in _OTHERS if signature.match(head.data)), None)
    if told is None and sum(head.data.count(octet) for octet in range(9)) > len(head.data) // 100:
        told = "no text: a file of another kind"
    if told is None:
        told = next((told for begins, told in _TEXTS if begins.match(head.text)), None)
    return (
        told
        or "text without a hash in its lines, or a table whose header names none: say which with --column"
    )


def _tables(descriptor: int) -> Iterator[tuple[str, frozenset[str]]]:
    try:
        with closing(guarded(descriptor)) as database:
            names = [
                str(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            for name in names[:200]:
                quoted = name.replace('"', '""')
                columns = database.execute(f'PRAGMA table_info("{quoted}")')
                yield name.lower(), frozenset(str(row[1]).lower() for row in columns)
    except apsw.Error:
        return
