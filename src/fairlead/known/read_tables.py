"""Reads hash lists that are tables: any CSV by its header or by a mapping, and the ICSE list of 12 columns."""

from __future__ import annotations

import base64
import binascii
import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from fairlead.known.entry import ListItem, RejectedEntry, check_value
from fairlead.known.read_digests import algorithm_of
from fairlead.known.refusal import unreadable
from fairlead.known.text_lines import text_of
from fairlead.terms.matching import Algorithm

ICSE_COLUMNS = (
    "MD5", "SHA1", "PhotoDNA", "Image ID", "Is distributed", "Victim identified", "Offender identified",
    "Series name", "Number of submissions", "File Available", "Media Type", "Baseline",
)  # fmt: skip
"""The header of the ICSE list, as the open program IPED reads it; separated by semicolons."""
_BASE32, _ANY, _KIND = "sha1 in base 32", "any hash", "kind of hash"
_TABLE_ALGORITHMS = {a.value: a for a in Algorithm if a is not Algorithm.VPDQ}
_HASH_WORDS = frozenset({"hash", "digest", "checksum", "fingerprint"})
_BESIDE = _HASH_WORDS | {"value", "hex", "file", "image", "media", "sum"}
_CALLED = {
    "md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha2256": "sha256", "pdq": "pdq", "photodna": "photodna",
    "pdna": "photodna", "sha1base32": _BASE32, "category": "category", "classification": "category", "quality": "quality",
    "pdqquality": "quality", "type": _KIND, "algorithm": _KIND, "algo": _KIND, "signaltype": _KIND, "kind": _KIND,
}  # fmt: skip
SEPARATOR = re.compile(r'"?sep=.?"?')
"""The first line of a CSV that was written for Excel; its rows are numbered without it."""
_DELIMITERS = ";\t|,"
_MOST_LINES = 100  # of one record, whose cells may hold line breaks


def read_csv(file: BinaryIO, columns: Mapping[str, str]) -> Iterator[ListItem]:
    """Rows of a CSV whose header names md5, sha1, sha256, pdq or photodna, and perhaps category and quality.

    Headers are read as people write them: ``Hash MD5``, ``sha-256 checksum``, ``PDNA``. A column that is called hash, or
    the like, holds digests of any algorithm, which a column beside it names (``type``, ``algorithm``) or their length says.
    ``columns`` says which header stands for one of the names, e.g. ``{"md5": "Foto"}``.
    """
    lines = text_of(file)
    first = next(lines, "")
    if SEPARATOR.fullmatch(first.strip()):
        first = next(lines, "")
    if not first.strip():
        raise unreadable("the file is empty")
    delimiter = delimiter_of(first)
    header = next(csv.reader([first], delimiter=delimiter), [])
    plain = [_plain(name) for name in header]
    missing = [given for given in columns.values() if _plain(given) not in plain]
    if missing:
        raise unreadable(f"the CSV's header has no column {', '.join(missing)}")
    named = {_plain(given): name for name, given in columns.items()}
    by_header = (meaning_of(name) for name in header)
    told = [
        named.get(name) or ("" if said in columns else said)
        for name, said in zip(plain, by_header, strict=True)
    ]
    if not {*told} & {*_TABLE_ALGORITHMS, _BASE32, _ANY}:
        raise unreadable("the CSV's header names none of md5, sha1, sha256, pdq")
    places = _Places.of(told)
    for row, cells in enumerate(_rows(lines, delimiter), start=2):
        yield from _row(cells, row, places)


def delimiter_of(line: str) -> str:
    """The sign that stands most often between the cells of a header."""
    return max(_DELIMITERS, key=line.count) if any(d in line for d in _DELIMITERS) else ","


def holds_hashes(header: list[str]) -> bool:
    """Whether a header names a column of hashes."""
    return bool({meaning_of(name) for name in header} & {*_TABLE_ALGORITHMS, _BASE32, _ANY})


def meaning_of(header: str) -> str:
    """What a column is by its header: an algorithm, category, quality, type, any hash; empty for all else."""
    words = re.findall(r"[a-z]+|[0-9]+", header.lower())
    rest = "".join(word for word in words if word not in _BESIDE)
    if rest in _CALLED:
        return _CALLED[rest]
    return _ANY if words and not rest and {*words} & _HASH_WORDS else ""


def read_icse(file: BinaryIO) -> Iterator[ListItem]:
    """Rows of an ICSE list; the category is what its column Baseline says."""
    lines = text_of(file)
    header = next(csv.reader([next(lines, "")], delimiter=";"), [])
    if tuple(name.strip() for name in header) != ICSE_COLUMNS:
        raise unreadable("the file's header is not that of an ICSE list of 12 columns")
    places = _Places(
        hashes=((Algorithm.MD5, 0), (Algorithm.SHA1, 1), (Algorithm.PHOTODNA, 2)),
        category=len(ICSE_COLUMNS) - 1,
    )
    for row, cells in enumerate(_rows(lines, ";"), start=2):
        if cells and len(cells) != len(ICSE_COLUMNS):
            yield RejectedEntry(row=row, reason=f"{len(cells)} columns where 12 are expected")
        else:
            yield from _row(cells, row, places)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Which column holds what; ``base32`` SHA-1 as Project Arachnid and others write it, ``any`` what ``kind`` names."""

    hashes: tuple[tuple[Algorithm, int], ...] = ()
    base32: int | None = None
    any: int | None = None
    kind: int | None = None
    category: int | None = None
    quality: int | None = None

    @classmethod
    def of(cls, told: list[str]) -> _Places:
        """The places by what each column is; the first of several that are the same."""
        at = {name: index for index, name in reversed([*enumerate(told)])}
        return cls(
            hashes=tuple((a, at[name]) for name, a in _TABLE_ALGORITHMS.items() if name in at),
            base32=at.get(_BASE32),
            any=at.get(_ANY),
            kind=at.get(_KIND),
            category=at.get("category"),
            quality=at.get("quality"),
        )


def _row(cells: list[str], row: int, places: _Places) -> Iterator[ListItem]:
    def cell(at: int | None) -> str:
        return cells[at].strip() if at is not None and at < len(cells) else ""

    said = cell(places.quality)
    quality = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else None
    at = places.category
    category = cells[at] if at is not None and at < len(cells) else None
    values = [(a, cells[i]) for a, i in places.hashes if cell(i)]
    for algorithm, value in values:
        yield check_value(algorithm, value, category, row, quality=quality)
    if base32 := cell(places.base32):
        yield _from_base32(base32, category, row)
    if not values and not base32:
        if value := cell(places.any):
            yield _of_any(value, cell(places.kind), category, row, quality)
        else:
            yield RejectedEntry(row=row, reason="no hash in the row")


def _of_any(value: str, kind: str, category: str | None, row: int, quality: int | None) -> ListItem:
    """A digest whose algorithm the row names, or its length says."""
    algorithm: Algorithm | str | None = (
        _TABLE_ALGORITHMS.get(meaning_of(kind)) if kind else algorithm_of(value)
    )
    if isinstance(algorithm, Algorithm):
        return check_value(algorithm, value, category, row, quality=quality)
    told = "a hash of a kind" if kind else algorithm or "a value"
    return RejectedEntry(
        row=row, reason=f"{told} that is not matched here: ask for MD5, SHA-1, SHA-256 or PDQ"
    )


def _from_base32(value: str, category: str | None, row: int) -> ListItem:
    """A SHA-1 in base 32 (RFC 4648): 32 letters and digits for its 20 octets."""
    try:
        return check_value(Algorithm.SHA1, base64.b32decode(value.upper()).hex(), category, row)
    except binascii.Error:
        return RejectedEntry(row=row, reason="not a SHA-1 in base 32")


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    """Cells of every record. A quote that nothing closes costs its own line, and not all that stand behind it."""
    waiting: deque[str] = deque()
    while (first := waiting.popleft() if waiting else next(lines, None)) is not None:
        taken = [first]

        def record(taken: list[str] = taken) -> Iterator[str]:
            yield taken[0]
            while (
                len(taken) < _MOST_LINES
                and (more := waiting.popleft() if waiting else next(lines, None)) is not None
            ):
                taken.append(more)
                yield more

        try:
            yield next(csv.reader(record(), delimiter=delimiter, strict=True), [])
        except csv.Error:
            waiting.extendleft(reversed(taken[1:]))
            yield _as_it_is(first, delimiter)


def _as_it_is(line: str, delimiter: str) -> list[str]:
    """Cells of a line whose quotes do not fit; none of a line that is too long for a cell."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "")
