"""Reads hash lists as partners send them: VICS JSON, CSV, PDQ text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from fairlead.known.entry import KnownEntry, RejectedEntry, check_value
from fairlead.terms.errors import ItemError
from fairlead.terms.matching import Algorithm

ListItem = KnownEntry | RejectedEntry


class ListFormat(StrEnum):
    """Formats of hash lists."""

    VICS = "vics"
    CSV = "csv"
    PDQ = "pdq"


_VICS_CONTEXT = re.compile(
    r"https?://github\.com/(ICMEC/ProjectVic/DataModels/1\.[123]\.xml#|"
    r"VICSDATAMODEL/ProjectVic/DataModels/2\.0\.xml/(Default|US|UK|CUSTOM)/\$metadata#)(Media|Cases)"
)


def _unreadable(fact: str) -> ItemError:
    return ItemError(
        fact, "Check the format given with --format, or ask the sender for the list again.", code="KNOWN-LIST"
    )


def read_list(form: ListFormat, untrusted_bytes: bytes) -> Iterator[ListItem]:
    """Entries and rejected items of a list; raises ItemError when the whole is not of that format."""
    match form:
        case ListFormat.VICS:
            return _read_vics(untrusted_bytes)
        case ListFormat.CSV:
            return _read_csv(untrusted_bytes)
        case ListFormat.PDQ:
            return _read_pdq(untrusted_bytes)


def _read_vics(untrusted_bytes: bytes) -> Iterator[ListItem]:
    """Items of a VICS file as observed: 1.1–1.3 and 2.0, media list or cases. Not a certified reader."""
    try:
        envelope = json.loads(untrusted_bytes.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise _unreadable("the file is not JSON in UTF-8") from problem
    context = (
        envelope.get("odata.metadata") or envelope.get("@odata.context")
        if isinstance(envelope, dict)
        else None
    )
    found = _VICS_CONTEXT.search(context) if isinstance(context, str) else None
    if found is None or not isinstance(envelope.get("value"), list):
        raise _unreadable("the file has no VICS envelope that is known here")
    media: list[Any] = envelope["value"]
    if found.group(3) == "Cases":
        media = [m for case in media if isinstance(case, dict) for m in case.get("Media") or []]
    for row, item in enumerate(media, start=1):
        yield from _vics_item(item, row)


def _vics_item(item: Any, row: int) -> Iterator[ListItem]:
    if not isinstance(item, dict):
        yield RejectedEntry(row=row, reason="not an object")
        return
    # 0, null and absent are three different things: they become '0', 'null' and None.
    category = None
    if "Category" in item:
        category = "null" if item["Category"] is None else str(item["Category"])
    found = False
    for key, algorithm in (("MD5", Algorithm.MD5), ("SHA1", Algorithm.SHA1), ("SHA256", Algorithm.SHA256)):
        if isinstance(item.get(key), str) and item[key]:
            found = True
            yield check_value(algorithm, item[key], category, row)
    if not found:
        yield RejectedEntry(row=row, reason="no MD5, SHA1 or SHA256")


def _read_csv(untrusted_bytes: bytes) -> Iterator[ListItem]:
    """Rows of a CSV with a header that names md5, sha1, sha256 or pdq, and perhaps category."""
    text = untrusted_bytes.decode("utf-8-sig", errors="replace")
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    reader = csv.reader(io.StringIO(lines), delimiter=delimiter)
    header = [name.strip().lower().replace("-", "") for name in next(reader, [])]
    columns = {Algorithm(name): index for index, name in enumerate(header) if name in set(Algorithm)}
    if not columns:
        raise _unreadable("the CSV's header names none of md5, sha1, sha256, pdq")
    category_at = header.index("category") if "category" in header else None
    for row, cells in enumerate(reader, start=2):
        values = [(a, cells[i]) for a, i in columns.items() if i < len(cells) and cells[i].strip()]
        if not values:
            yield RejectedEntry(row=row, reason="no hash in the row")
        category = cells[category_at] if category_at is not None and category_at < len(cells) else None
        for algorithm, value in values:
            yield check_value(algorithm, value, category, row)


def _read_pdq(untrusted_bytes: bytes) -> Iterator[ListItem]:
    """Lines of a PDQ list: 64 hex digits, or ``hash=…``, and after a comma anything."""
    lines = untrusted_bytes.decode("utf-8-sig", errors="replace").splitlines()
    for row, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield check_value(Algorithm.PDQ, text.removeprefix("hash=").partition(",")[0], None, row)
