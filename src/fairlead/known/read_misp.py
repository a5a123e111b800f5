"""Reads what MISP hands out as JSON: warninglists, and events of a feed with their attributes and objects.

Forms as in https://www.misp-standard.org (core format) and the project's public warninglists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from fairlead.known.entry import ListItem, RejectedEntry, check_value
from fairlead.known.read_digests import algorithm_of
from fairlead.known.refusal import unreadable
from fairlead.terms.matching import Algorithm

_MOST_BYTES = 256 << 20
_TYPES = {"md5": Algorithm.MD5, "sha1": Algorithm.SHA1, "sha256": Algorithm.SHA256}


def read_misp(file: BinaryIO) -> Iterator[ListItem]:
    """Digests of a warninglist, or of the attributes of an event. Attributes of other types are counted as rejected.

    Raises ItemError when the file is neither.
    """
    data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise unreadable("a MISP file of more than 256 MiB is not read: give it in parts")
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise unreadable("the file is not JSON in UTF-8, or ends before its JSON does") from problem
    if isinstance(value, dict) and isinstance(value.get("list"), list) and "matching_attributes" in value:
        for row, text in enumerate(value["list"], start=1):
            yield _listed(text, row)
        return
    events = [
        one.get("Event") for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)
    ]
    if not events or not all(isinstance(event, dict) for event in events):
        raise unreadable("the file is neither a warninglist of MISP nor an event of a feed")
    row = 0
    for event in events:
        for attribute in _attributes(event):
            row += 1
            yield _attribute(attribute, row)


def _attributes(event: Any) -> Iterator[Any]:
    yield from _list(event.get("Attribute"))
    for thing in _list(event.get("Object")):
        if isinstance(thing, dict):
            yield from _list(thing.get("Attribute"))


def _list(untrusted: Any) -> list[Any]:
    return untrusted if isinstance(untrusted, list) else []


def _attribute(untrusted: Any, row: int) -> ListItem:
    if not isinstance(untrusted, dict):
        return RejectedEntry(row=row, reason="not an attribute")
    kind, value = str(untrusted.get("type", "")), untrusted.get("value")
    name, _, algorithm = kind.rpartition("|")  # filename|md5: two values with a bar between them
    if algorithm not in _TYPES or name not in ("", "filename") or not isinstance(value, str):
        return RejectedEntry(row=row, reason="an attribute that is no MD5, SHA-1 or SHA-256")
    if untrusted.get("deleted") is True:
        return RejectedEntry(row=row, reason="deleted by the provider")
    return check_value(_TYPES[algorithm], value.rpartition("|")[2] if name else value, None, row)


def _listed(untrusted: Any, row: int) -> ListItem:
    algorithm = algorithm_of(untrusted.strip()) if isinstance(untrusted, str) else None
    if not isinstance(algorithm, Algorithm):
        return RejectedEntry(row=row, reason="no digest: 32, 40 or 64 hex digits expected")
    return check_value(algorithm, untrusted, None, row)
