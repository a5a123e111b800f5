"""Inside the sandbox: one document of rows (JSON, XLSX, camt.053), read once and answered page by page.

A worker that was replaced reads the document again and passes over what was answered before.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO, TypedDict

from fairlead.records.dump import Broken
from fairlead.records.payment_forms import PAYMENT_FORMS
from fairlead.records.tabular import DOCUMENTS, Blank, Header, NamedRow, TabularItem

PAGE_BYTES = 4 << 20
PAGE_ITEMS = 5000
CELL_BYTES = 24 << 20
ABSENT = 0
_CHUNK = 1 << 24
_open: dict[str, _Document] = {}


class DocumentJob(TypedDict):
    """A document by a name for it, its form, and how many items were answered before."""

    token: str
    form: str
    after: int


class ItemTold(TypedDict, total=False):
    """One item: a header (``columns``, ``lines``), a row (``cells``, ``at``), or what is none (``broken``, ``rows``)."""

    columns: list[str]
    lines: int
    cells: list[str | int | None]
    broken: str
    rows: int | None
    at: list[int]


class PageTold(TypedDict):
    """The next items, and whether more may follow."""

    items: list[ItemTold]
    more: bool


class _Document:
    """A document while it is read: what comes next, and how much was answered."""

    def __init__(self, form: str, data: bytes, after: int) -> None:
        self.items: Iterator[TabularItem] = reader_of(form)(io.BytesIO(data))
        self.columns: tuple[str, ...] = ()
        self.given = 0
        for item in islice(self.items, after):
            self.given += 1
            if isinstance(item, Header):
                self.columns = item.columns


def reader_of(form: str) -> Callable[[BinaryIO], Iterator[TabularItem]]:
    """The reader of a form, by its name."""
    return DOCUMENTS.get(form) or PAYMENT_FORMS.get(form).read


def warm() -> None:
    """Load the libraries before the lock, by reading a small document of each kind."""
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    book.active.append(["a", 1, 2.5])
    book.save(file)
    for form, data in (("xlsx", file.getvalue()), ("json", b'[{"a": 1}]'), ("camt.053", b"<a><Ntry/></a>")):
        list(reader_of(form)(io.BytesIO(data)))
    PAYMENT_FORMS.names()  # plug-ins bring forms of their own


def handle(header: DocumentJob, descriptors: list[int]) -> PageTold:
    """The next items of a document after a number of them, and whether more may follow."""
    token, after = header["token"], header["after"]
    document = _open.get(token)
    if document is None or document.given != after:
        _open.clear()
        document = _open[token] = _Document(header["form"], _bytes(descriptors[0]), after)
    items: list[ItemTold] = []
    size = 0
    for item in islice(document.items, PAGE_ITEMS):
        document.given += 1
        said, length = _said(document, item)
        items.append(said)
        size += length
        if size > PAGE_BYTES:
            break
    return {"items": items, "more": size > PAGE_BYTES or len(items) == PAGE_ITEMS}


def _bytes(descriptor: int) -> bytes:
    held = bytearray()
    while piece := os.pread(descriptor, _CHUNK, len(held)):
        held += piece
    return bytes(held)


def _said(document: _Document, item: TabularItem) -> tuple[ItemTold, int]:
    match item:
        case Header():
            document.columns = item.columns
            return {"columns": list(item.columns), "lines": item.lines}, sum(map(len, item.columns))
        case Blank():
            return {"broken": "lines without anything in them", "at": [0, 0], "rows": item.lines}, 0
        case Broken():
            return {"broken": item.reason, "at": [item.start, item.end], "rows": item.rows}, 0
    length = sum(len(value) for value in item.values.values() if value is not None)
    if length > CELL_BYTES:
        return {"broken": "a row that is too long", "at": [item.start, item.end], "rows": 1}, 0
    return {"cells": _cells(document.columns, item), "at": [item.start, item.end]}, length


def _cells(columns: tuple[str, ...], row: NamedRow) -> list[str | int | None]:
    """Values in the order of the columns, in base 64; a row of JSON may lack some."""
    cells: list[str | int | None] = []
    for name in columns:
        value = row.values.get(name)
        if value is None:
            cells.append(None if name in row.values else ABSENT)
        else:
            cells.append(base64.b64encode(value).decode())
    return cells
