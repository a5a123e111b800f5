"""Tables in files: CSV with byte ranges, JSON, XLSX and camt.053, all as rows of named values."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from fairlead.records.dump import Broken

LARGEST_DOCUMENT_BYTES = 256 << 20
_LONGEST_RECORD_BYTES = 8 << 20
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class NamedRow:
    """One row by column name, with its byte range (for XLSX and JSON: the number of the row, from 1)."""

    values: dict[str, bytes | None]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """The column names; ``lines`` were used up by them."""

    columns: tuple[str, ...]
    lines: int


@dataclass(frozen=True, slots=True)
class Blank:
    """Lines without anything in them."""

    lines: int


TabularItem = Header | NamedRow | Blank | Broken


def _records(stream: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Lines of a CSV file, a quoted field's line breaks kept inside; with byte ranges."""
    base = 0
    data = b""
    while True:
        chunk = stream.read(_CHUNK_BYTES)
        data += chunk
        position = 0
        while True:
            end = _record_end(data, position)
            if end < 0:
                break
            yield data[position:end], base + position, base + end
            position = end + 1
        if not chunk or len(data) - position > _LONGEST_RECORD_BYTES:
            if position < len(data):
                # an open quote would swallow the rest: fall back to the first line alone
                end = data.find(b"\n", position)
                end = len(data) if end < 0 else end
                yield data[position:end], base + position, base + end
                position = end + 1
            if not chunk and position >= len(data):
                return
        base += position
        data = data[position:]


def _record_end(data: bytes, start: int) -> int:
    position = start
    while True:
        end = data.find(b"\n", position)
        if end < 0:
            return -1
        if data.count(b'"', start, end) % 2 == 0:
            return end
        position = end + 1


def split_fields(record: bytes, delimiter: bytes) -> list[bytes] | None:
    """The fields of one CSV record (RFC 4180); None when its quotes do not fit."""
    if b'"' not in record:
        return record.split(delimiter)
    fields: list[bytes] = []
    position = 0
    while True:
        if record[position : position + 1] == b'"':
            end = position + 1
            while True:
                end = record.find(b'"', end)
                if end < 0:
                    return None
                if record[end + 1 : end + 2] != b'"':
                    break
                end += 2
            fields.append(record[position + 1 : end].replace(b'""', b'"'))
            position = end + 1
            if position == len(record):
                return fields
            if record[position : position + 1] != delimiter:
                return None
            position += 1
        else:
            end = record.find(delimiter, position)
            if end < 0:
                fields.append(record[position:])
                return fields
            fields.append(record[position:end])
            position = end + 1


def read_csv(
    stream: BinaryIO, *, delimiter: str, charset: str, header_column: str | None = None
) -> Iterator[TabularItem]:
    """Rows of a CSV file by header; every record is a row or broken, blank lines excepted.

    With ``header_column``, the header is the first record that has a column of that name; those before it belong to it.
    """
    columns: tuple[str, ...] = ()
    blank, before = 0, 0
    mark = delimiter.encode()
    for record, start, end in _records(stream):
        text = record.removesuffix(b"\r")
        if start == 0:
            text = text.removeprefix(b"\xef\xbb\xbf")
        if not text.strip():
            blank += 1
            continue
        fields = split_fields(text, mark)
        if not columns:
            names = [f.decode(charset, errors="backslashreplace").strip() for f in fields or ()]
            if header_column is not None and header_column not in names:
                before += 1
                continue
            if fields is None:
                yield Broken(start=start, end=end, reason="a header whose quotes do not fit", rows=1)
                return
            columns = _told_apart(names)
            yield Header(columns, before + 1)
            continue
        if fields is None:
            yield Broken(start=start, end=end, reason="a row whose quotes do not fit", rows=1)
        elif len(fields) != len(columns):
            yield Broken(
                start=start, end=end, reason="a row with another number of fields than the header", rows=1
            )
        else:
            yield NamedRow(dict(zip(columns, fields, strict=True)), start, end)
    if blank:
        yield Blank(blank)
    if before and not columns:
        yield Broken(start=0, end=0, reason=f"no header with a column {header_column}", rows=before)


def _told_apart(names: Iterable[str]) -> tuple[str, ...]:
    """Names of columns; those that stand there twice are numbered, so that a mapping has to say which it means."""
    listed = list(names)
    counts, met = Counter(listed), Counter[str]()
    told = []
    for name in listed:
        met[name] += 1
        told.append(f"{name} ({met[name]})" if name and counts[name] > 1 else name)
    return tuple(told)


def _whole(stream: BinaryIO) -> bytes | None:
    data = stream.read(LARGEST_DOCUMENT_BYTES + 1)
    return None if len(data) > LARGEST_DOCUMENT_BYTES else data


def _cell(value: Any) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, datetime):
        text = value.isoformat(sep=" ")
    elif isinstance(value, date):
        text = value.isoformat()
    elif isinstance(value, float) and value.is_integer():
        text = str(int(value))
    elif isinstance(value, (dict, list)):
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    else:
        text = str(value)
    return text.encode(errors="backslashreplace")


def _flat(entry: dict[str, object], prefix: str = "") -> dict[str, bytes | None]:
    """Nested objects as dotted names: ``card.country``."""
    flat: dict[str, bytes | None] = {}
    for key, value in entry.items():
        if isinstance(value, dict) and prefix.count(".") < 6:
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = _cell(value)
    return flat


def read_json(stream: BinaryIO) -> Iterator[TabularItem]:
    """Objects of a JSON array, of an array under one key, or of JSON lines."""
    data = _whole(stream)
    if data is None:
        yield Broken(start=0, end=LARGEST_DOCUMENT_BYTES, reason="a JSON document above 256 MiB")
        return
    try:
        whole = json.loads(data, parse_float=Decimal)
        entries = whole if isinstance(whole, list) else _array_in(whole)
        items: list[tuple[Any, int, int]] = [(entry, n, n + 1) for n, entry in enumerate(entries, 1)]
    except (ValueError, RecursionError):
        items = []
        position = 0
        for line in data.split(b"\n"):
            if line.strip():
                try:
                    items.append((json.loads(line, parse_float=Decimal), position, position + len(line)))
                except (ValueError, RecursionError):
                    items.append((None, position, position + len(line)))
            position += len(line) + 1
    rows = [(_flat(entry) if isinstance(entry, dict) else None, start, end) for entry, start, end in items]
    columns: dict[str, None] = {}
    for row, _, _ in rows:
        columns |= dict.fromkeys(row or {})
    yield Header(tuple(columns), 0)
    for row, start, end in rows:
        if row is None:
            yield Broken(start=start, end=end, reason="not a JSON object", rows=1)
        else:
            yield NamedRow(row, start, end)


def _array_in(whole: Any) -> list[Any]:
    """The objects of every array in a document that is no array itself; the document, where it has none."""
    return _objects(whole, 3) or [whole]


def _objects(whole: Any, depth: int) -> list[Any]:
    found: list[Any] = []
    for value in whole.values() if isinstance(whole, dict) else ():
        if isinstance(value, list) and any(isinstance(one, dict) for one in value):
            found += value
        elif isinstance(value, dict) and depth:
            found += _objects(value, depth - 1)
    return found


def read_xlsx(stream: BinaryIO) -> Iterator[TabularItem]:
    """Rows of the first sheet of a workbook; formulas count by their stored result."""
    from openpyxl import load_workbook

    data = _whole(stream)
    if data is None:
        yield Broken(start=0, end=LARGEST_DOCUMENT_BYTES, reason="a workbook above 256 MiB")
        return
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        columns: tuple[str, ...] = ()
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            values = [_cell(value) for value in cells]
            if not any(values):
                continue
            if not columns:
                columns = _told_apart((value or b"").decode().strip() for value in values)
                yield Header(columns, 1)
            elif any(values[len(columns) :]):
                yield Broken(
                    start=number, end=number + 1, reason="a row with more cells than the header", rows=1
                )
            else:
                padded = values[: len(columns)] + [None] * (len(columns) - len(values))
                yield NamedRow(dict(zip(columns, padded, strict=True)), number, number + 1)
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError, ParseError, DefusedXmlException):
        yield Broken(start=0, end=0, reason="not a workbook that can be read")


_CAMT_COLUMNS = (
    "id", "end_to_end", "amount", "currency", "direction", "booked_on", "name", "country", "iban", "text", "status",
    "reversal", "parts",
)  # fmt: skip


def read_camt(stream: BinaryIO) -> Iterator[TabularItem]:
    """Transactions of a camt.053 statement, whatever its version; elements are found by local name.

    Columns: id, end_to_end, amount, currency, direction (CRDT, DBIT), booked_on, name, country, iban, text,
    status, reversal, parts. The other party is the debtor of a credit and the creditor of a debit, the ultimate one
    where it is named. An entry of several transactions (a batch) is one row for each, with its own amount; one of
    which the details do not say their amounts, or say more than the entry, is one row with the entry's.
    """
    data = _whole(stream)
    try:
        root = fromstring(data or b"", forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        yield Broken(start=0, end=len(data or b""), reason="not a camt.053 document that can be read")
        return
    yield Header(_CAMT_COLUMNS, 0)
    number = 0
    for entry in _all(root, "Ntry"):
        details = _all(entry, "TxDtls")
        for part in details if _add_up(entry, details) else details[:1] if len(details) == 1 else [entry]:
            number += 1
            whole = part is entry or not _add_up(entry, details)
            yield NamedRow(_transaction(entry, part, number, whole=whole), number, number + 1)


def _own_amount(part: Any) -> Any:
    """A transaction's own amount: directly in it, or as it was instructed or settled."""
    direct = next((child for child in part if _local(child) == "Amt"), None)
    if direct is not None:
        return direct
    details = _child(part, "AmtDtls")
    for name in ("TxAmt", "InstdAmt"):
        found = _child(details, name) if details is not None else None
        if found is not None:
            return _child(found, "Amt")
    return None


def _add_up(entry: Any, details: list[Any]) -> bool:
    """Whether all transactions of an entry state amounts in its currency that are together not more than its own."""
    whole = _child(entry, "Amt")
    parts = [_own_amount(part) for part in details]
    if whole is None or not parts or any(part is None for part in parts):
        return False
    if any(part.get("Ccy") != whole.get("Ccy") for part in parts):
        return False
    try:
        return sum(Decimal(part.text or "") for part in parts) <= Decimal(whole.text or "")
    except InvalidOperation:
        return False


def _transaction(entry: Any, part: Any, number: int, *, whole: bool) -> dict[str, bytes | None]:
    amount = _child(entry, "Amt") if whole else _own_amount(part)
    direction = _said(part, "CdtDbtInd") or _said(entry, "CdtDbtInd")
    debtor = direction == "CRDT"
    reversal = _said(part, "RvslInd") or _said(entry, "RvslInd")
    if reversal == "true":
        debtor = not debtor
    party = _first(part, "UltmtDbtr" if debtor else "UltmtCdtr")
    if _said(party, "Nm") is None:
        party = _first(part, "Dbtr" if debtor else "Cdtr")
    account = _first(part, "DbtrAcct" if debtor else "CdtrAcct")
    booked = _first(entry, "BookgDt")
    status = _child(entry, "Sts")
    reference = _said(entry, "AcctSvcrRef")
    many = len(_all(entry, "TxDtls")) > 1 and part is entry
    values = {
        "id": (None if many else _said(part, "TxId"))
        or (f"{reference}/{number}" if reference else f"entry-{number}"),
        "end_to_end": None if many else _said(part, "EndToEndId"),
        "amount": (amount.text if amount is not None else None),
        "currency": (amount.get("Ccy") if amount is not None else None),
        "direction": f"{direction}/reversal" if reversal == "true" else direction,
        "booked_on": "".join(booked.itertext()).strip() if booked is not None else None,
        "name": None if many else _said(party, "Nm"),
        "country": None if many else _said(party, "Ctry"),
        "iban": None if many else _said(account, "IBAN"),
        "text": " ".join(node.text or "" for node in _all(part, "Ustrd")) or None,
        "status": "".join(status.itertext()).strip() if status is not None else None,
        "reversal": reversal,
        "parts": str(len(_all(entry, "TxDtls"))),
    }
    return {key: value.encode(errors="backslashreplace") if value else None for key, value in values.items()}


def _local(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _child(node: Any, name: str) -> Any:
    return next((child for child in node if _local(child) == name), None)


def _all(node: Any, name: str) -> list[Any]:
    return [
        child for child in node.iter() if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == name
    ]


def _first(node: Any, name: str) -> Any:
    found = _all(node, name) if node is not None else []
    return found[0] if found else None


def _said(node: Any, name: str) -> str | None:
    found = _first(node, name)
    return found.text.strip() if found is not None and found.text and found.text.strip() else None


DOCUMENTS: dict[str, Callable[[BinaryIO], Iterator[TabularItem]]] = {
    "json": read_json,
    "xlsx": read_xlsx,
    "camt.053": read_camt,
    "camt.054": read_camt,
}
"""Readers of whole documents by the name of their form; they run in the sandbox only. ``PAYMENT_FORMS`` has more."""
