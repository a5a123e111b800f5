"""Writes hash sets as VICS 2.0 media lists, in the form that was observed. Not certified by anybody."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import BinaryIO

from fairlead.known.categories import NULL, Scheme, map_category
from fairlead.tables.rows import KnownRow
from fairlead.terms.matching import Algorithm

_CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#Media"
_PROFILES = {"vics-us": "US", "uk": "UK"}
_KEYS = {
    Algorithm.MD5: "MD5",
    Algorithm.SHA1: "SHA1",
    Algorithm.SHA256: "SHA256",
    Algorithm.PHOTODNA: "PhotoDNA",
}


@dataclass(slots=True, kw_only=True)
class WrittenList:
    """What was written: items, entries that VICS has no place for, categories left out, and losses by reason."""

    items: int = 0
    left_out: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)


def write_vics(
    rows: Iterable[KnownRow],
    given: Scheme | None,
    wanted: Scheme,
    out: BinaryIO,
    *,
    details: bool = False,
) -> WrittenList:
    """Write rows of KNOWN, sorted by source and row, as one media list in the scheme ``wanted``.

    ``details`` adds what else the list said of each item, such as series, tags or whether a victim is identified,
    and its number there; file names and comments in it may name people.

    Hashes that came from one item leave as one item. A category that the schemes do not map is left out and
    counted: the recipient sees that nothing is said, not a guess.
    """
    written = WrittenList()
    context = _CONTEXT.format(_PROFILES.get(wanted.name, "CUSTOM"))
    out.write(b'{"@odata.context":' + json.dumps(context).encode() + b',"value":[')
    for item in _items(rows, given, wanted, written, details=details):
        out.write((b",\n" if written.items else b"\n") + json.dumps(item).encode())
        written.items += 1
    out.write(b"\n]}\n")
    return written


def _items(
    rows: Iterable[KnownRow],
    given: Scheme | None,
    wanted: Scheme,
    written: WrittenList,
    *,
    details: bool,
) -> Iterator[dict[str, object]]:
    number = 0
    for (_, row), members in groupby(rows, key=lambda r: (r["source"], r["row"])):
        # Entries without a row number are items of their own.
        listed = list(members)
        for group in [listed] if row is not None else [[m] for m in listed]:
            item = _item(group, number + 1, given, wanted, written)
            told = next((m["told"] for m in group if m.get("told")), None)
            if item is not None and details and told:
                item |= json.loads(told)
            if item is not None:
                number += 1
                yield item


def _item(
    entries: list[KnownRow], number: int, given: Scheme | None, wanted: Scheme, written: WrittenList
) -> dict[str, object] | None:
    item: dict[str, object] = {"MediaID": number}
    others = []
    for entry in entries:
        algorithm = Algorithm(entry["algorithm"])
        if algorithm in _KEYS and _KEYS[algorithm] not in item:
            item[_KEYS[algorithm]] = entry["value"]
        elif algorithm is Algorithm.VPDQ:
            written.left_out += 1
        else:
            others.append({"HashName": algorithm.value.upper(), "HashValue": entry["value"]})
    if others:
        item["AlternativeHashes"] = others
    if len(item) == 1:
        return None
    _add_category(item, entries[0]["category"], given, wanted, written)
    return item


def _add_category(
    item: dict[str, object], category: str | None, given: Scheme | None, wanted: Scheme, written: WrittenList
) -> None:
    if category is None:
        return
    if given is None:
        if category != NULL:
            written.unmapped[category] += 1
            return
        mapped_category: str | None = NULL
    else:
        mapped = map_category(category, given, wanted)
        if not mapped.mapped:
            written.unmapped[category] += 1
            return
        for loss in mapped.losses:
            written.losses[loss] += 1
        mapped_category = mapped.category
    if mapped_category == NULL:
        item["Category"] = None
    elif mapped_category is not None:
        item["Category"] = int(mapped_category) if mapped_category.isdigit() else mapped_category
