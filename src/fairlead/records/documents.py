"""Rows of JSON, XLSX and camt.053 documents, parsed in a sandboxed worker with bounds on time, memory and output."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Iterator
from typing import BinaryIO

from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool, SandboxReply
from fairlead.records.dump import Broken
from fairlead.records.tabular import LARGEST_DOCUMENT_BYTES, Header, NamedRow, TabularItem
from fairlead.records.tabular_handler import PAGE_ITEMS

_MEMORY_BESIDE = 1 << 30
_MEMORY_A_BYTE = 12  # what a parsed document takes for each of its bytes
_DEADLINE_S = 120.0
_REPLY_BYTES = 96 << 20
_CHUNK_BYTES = 1 << 24
_NO_ANSWER = "the sandboxed worker's answer is not one"


def read_document(stream: BinaryIO, form: str) -> Iterator[TabularItem]:
    """Rows of a document whose ``form`` is a key of `tabular.DOCUMENTS`, with the number of the row as its place.

    Whatever cannot be read, and what the sandbox's bounds stop, is ``Broken``; rows that came before stay.
    """
    descriptor = os.memfd_create("fairlead-document", os.MFD_CLOEXEC)
    try:
        size = _copy(stream, descriptor)
        if size > LARGEST_DOCUMENT_BYTES:
            yield Broken(start=0, end=LARGEST_DOCUMENT_BYTES, reason="a document above 256 MiB")
            return
        limits = SandboxLimits(
            memory_bytes=_MEMORY_A_BYTE * size + _MEMORY_BESIDE,
            deadline_s=_DEADLINE_S,
            reply_bytes=_REPLY_BYTES,
            open_files=16,
        )
        with SandboxPool(handler="fairlead.records.tabular_handler:handle", limits=limits) as pool:
            yield from _items(pool, descriptor, form, size)
    finally:
        os.close(descriptor)


def _copy(stream: BinaryIO, descriptor: int) -> int:
    """Copy at most one byte more than a document may have; returns how many there are."""
    size = 0
    while size <= LARGEST_DOCUMENT_BYTES and (piece := stream.read(_CHUNK_BYTES)):
        held = memoryview(piece)[: LARGEST_DOCUMENT_BYTES + 1 - size]
        while held:
            written = os.write(descriptor, held)
            size, held = size + written, held[written:]
    return size


def _items(pool: SandboxPool, descriptor: int, form: str, size: int) -> Iterator[TabularItem]:
    token, after = secrets.token_hex(8), 0
    columns: tuple[str, ...] | None = None
    while True:
        reply = pool.call({"token": token, "form": form, "after": after}, [descriptor])
        untrusted_items = reply.body.get("items")
        if reply.outcome is not Outcome.OK:
            yield Broken(start=0, end=size, reason=_reason(reply))
            return
        if not isinstance(untrusted_items, list) or len(untrusted_items) > PAGE_ITEMS:
            yield Broken(start=0, end=size, reason=_NO_ANSWER)
            return
        for untrusted in untrusted_items:
            item = _item(untrusted, columns)
            if item is None:
                yield Broken(start=0, end=size, reason=_NO_ANSWER)
                return
            if isinstance(item, Header):
                columns = item.columns
            yield item
        after += len(untrusted_items)
        if not untrusted_items or reply.body.get("more") is not True:
            return


def _item(untrusted: object, columns: tuple[str, ...] | None) -> TabularItem | None:
    """What a worker says of one item; None when it is no such thing."""
    match untrusted:
        case {"columns": [*names], "lines": int(lines)} if columns is None and lines >= 0:
            return Header(tuple(names), lines) if all(isinstance(name, str) for name in names) else None
        case {"broken": str(reason), "at": [int(start), int(end)], "rows": int() | None as rows}:
            return Broken(start=start, end=end, reason=reason[:200], rows=rows)
        case {"cells": [*cells], "at": [int(start), int(end)]} if columns and len(cells) == len(columns):
            try:
                values = {
                    name: None if cell is None else base64.b64decode(cell, validate=True)
                    for name, cell in zip(columns, cells, strict=True)
                    if cell is None or isinstance(cell, str)
                }
            except (binascii.Error, ValueError):
                return None
            return NamedRow(values, start, end)
    return None


def _reason(reply: SandboxReply) -> str:
    said = {
        Outcome.FAILED: "not a document that can be read",
        Outcome.CRASHED: "reading it crashed the sandboxed worker",
        Outcome.TIMEOUT: "reading it took too long",
        Outcome.MEMORY: "reading it took too much memory",
    }
    return f"{said[reply.outcome]} ({reply.detail})" if reply.detail else said[reply.outcome]
