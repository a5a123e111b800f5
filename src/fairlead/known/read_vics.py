"""Reads VICS files (Project VIC JSON) as observed: 1.1 to 1.3 and 2.0, media lists and cases.

The specification is under agreement. This reader follows files and programs that are public; it is not certified.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from fairlead.known.entry import KnownEntry, ListItem, RejectedEntry, check_value
from fairlead.known.json_stream import JsonStream, NotJsonError
from fairlead.known.refusal import unreadable
from fairlead.terms.matching import Algorithm

_CONTEXT = re.compile(r"github\.com/\w+/ProjectVic/DataModels/[0-9.]+\.xml\b.*#(Media|Cases)$")
_CONTEXT_KEYS = frozenset({"odata.metadata", "@odata.context"})
_CASE_KEYS = frozenset({"CaseID", "CaseNumber", "TotalMediaFiles"})  # a case may have no media at all
_ODATA_ID = re.compile(r"""Media\(["']([0-9a-fA-F]{32})["']\)""")
_HASHES = {
    "MD5": Algorithm.MD5,
    "SHA1": Algorithm.SHA1,
    "SHA256": Algorithm.SHA256,
    "PHOTODNA": Algorithm.PHOTODNA,
    "PDQ": Algorithm.PDQ,
}


_READ = frozenset({"MD5", "SHA1", "SHA256", "PhotoDNA", "Category"})


def read_vics(file: BinaryIO) -> Iterator[ListItem]:
    """Items of a VICS file, read as a stream; ItemError when it is none.

    Cases and media lists are told apart by shape, so that a model of a later number is read as well as it goes.
    """
    stream = JsonStream(file)
    known = False
    counted = _Rows()
    try:
        for key in stream.object_keys():
            if key == "value" and stream.peek() == "[":
                for _ in stream.array_items():
                    yield from _member(stream, counted)
            else:
                value = stream.value()
                known |= key in _CONTEXT_KEYS and isinstance(value, str) and bool(_CONTEXT.search(value))
    except NotJsonError as problem:
        raise unreadable(str(problem)) from problem
    if not known:
        raise unreadable("the file has no VICS envelope that is known here")


class _Rows:
    """The number of the last item, and whether members of ``value`` were seen to be items themselves."""

    def __init__(self) -> None:
        self.last = 0
        self.plain = False

    def next(self) -> int:
        self.last += 1
        return self.last


def _member(stream: JsonStream, rows: _Rows) -> Iterator[ListItem]:
    """One member of ``value``: an item, or a case whose items are read one by one."""
    if stream.peek() != "{" or rows.plain:
        member = stream.value()
        inside = member.get("Media") if isinstance(member, dict) else None
        for item in inside if isinstance(inside, list) else [member]:
            yield from read_item(item, rows.next())
        return
    seen: dict[str, object] = {}
    case = False
    for key in stream.object_keys():
        if key == "Media" and stream.peek() == "[":
            case = True
            for _ in stream.array_items():
                yield from read_item(stream.value(), rows.next())
        else:
            seen[key] = stream.value()
    if not case and not (seen.keys() & _CASE_KEYS):
        rows.plain = True
        yield from read_item(seen, rows.next())


def read_item(item: object, row: int) -> Iterator[ListItem]:
    """The hashes of one Media object, as they were found to be written.

    Digests in either case; alternative hashes beside; only in the OData id, or only with the files of the item.
    """
    if not isinstance(item, dict):
        yield RejectedEntry(row=row, reason="not an object")
        return
    hashes = list(dict.fromkeys(_hashes(item)))
    if not any(algorithm is not Algorithm.PHOTODNA for algorithm, _ in hashes):
        hashes += dict.fromkeys(_hashes_elsewhere(item))
    category, told = _category(item), _told(item)
    for algorithm, value in hashes:
        checked = check_value(algorithm, value, category, row)
        if told is not None and isinstance(checked, KnownEntry):
            checked, told = replace(checked, told=told), None
        yield checked
    if not hashes:
        yield RejectedEntry(row=row, reason="no MD5, SHA1 or SHA256")
    for alternative in _objects(item.get("AlternativeHashes")):
        if _named(alternative) not in _HASHES:
            yield RejectedEntry(row=row, reason="an alternative hash of a kind that is not matched here")


def _told(item: dict[str, object]) -> str | None:
    """Everything that is neither hash nor category, as it stood there: numbers stay numbers, texts texts."""
    rest = {
        key: value
        for key, value in item.items()
        if key not in _READ
        and "odata." not in key
        and not (key == "AlternativeHashes" and _all_become_entries(value))
    }
    return json.dumps(rest) if rest else None


def _all_become_entries(alternatives: object) -> bool:
    named = [_named(one) for one in _objects(alternatives)]
    whole = alternatives is None or (isinstance(alternatives, list) and len(named) == len(alternatives))
    return whole and all(name in _HASHES for name in named)


def _category(item: dict[str, object]) -> str | None:
    """0, null and absent are three different things: they become '0', 'null' and None."""
    if "Category" not in item:
        return None
    given = item["Category"]
    if given is None:
        return "null"
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    return str(given).strip()


def _hashes(item: dict[str, object]) -> Iterator[tuple[Algorithm, str]]:
    for key, algorithm in (("MD5", Algorithm.MD5), ("SHA1", Algorithm.SHA1), ("SHA256", Algorithm.SHA256),
                           ("PhotoDNA", Algorithm.PHOTODNA)):  # fmt: skip
        value = item.get(key)
        if isinstance(value, str) and value.strip():
            yield algorithm, value.strip()
    for alternative in _objects(item.get("AlternativeHashes")):
        name = _named(alternative)
        value = alternative.get("HashValue")
        if name in _HASHES and isinstance(value, str) and value.strip():
            yield _HASHES[name], value.strip()


def _named(alternative: dict[str, object]) -> str:
    return str(alternative.get("HashName") or "").upper().replace("-", "")


def _hashes_elsewhere(item: dict[str, object]) -> Iterator[tuple[Algorithm, str]]:
    told = item.get("odata.id") or item.get("@odata.id")
    found = _ODATA_ID.search(told) if isinstance(told, str) else None
    if found:
        yield Algorithm.MD5, found.group(1)
    for file in _objects(item.get("MediaFiles")):
        digest = file.get("MD5")
        if isinstance(digest, str) and digest.strip():
            yield Algorithm.MD5, digest.strip()


def _objects(untrusted: object) -> list[dict[str, object]]:
    return [o for o in untrusted if isinstance(o, dict)] if isinstance(untrusted, list) else []
