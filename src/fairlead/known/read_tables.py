"""Reads hash lists that are tables: any CSV by its header or by a mapping, and the ICSE list of 12 columns."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from fairlead.known.entry import ListItem, RejectedEntry, check_value
from fairlead.known.refusal import unreadable
from fairlead.terms.matching import Algorithm

ICSE_COLUMNS = (
    "MD5", "SHA1", "PhotoDNA", "Image ID", "Is distributed", "Victim identified", "Offender identified",
    "Series name", "Number of submissions", "File Available", "Media Type", "Baseline",
)  # fmt: skip
"""The header of the ICSE list, as the open program IPED reads it; separated by semicolons."""
_TABLE_ALGORITHMS = {a.value: a for a in Algorithm if a is not Algorithm.VPDQ}
_DELIMITERS = ";\t|,"
_MOST_LINES = 100  # of one record, whose cells may hold line breaks


def read_csv(file: BinaryIO, columns: Mapping[str, str]) -> Iterator[ListItem]:
    """Rows of a CSV whose header names md5, sha1, sha256, pdq or photodna, and perhaps category and quality.

    ``columns`` says which header stands for one of these names, e.g. ``{"md5": "Hash value"}``.
    """
    lines = _lines(file)
    first = next(lines, "")
    delimiter = max(_DELIMITERS, key=first.count) if any(d in first for d in _DELIMITERS) else ","
    header = [_plain(name) for name in next(csv.reader([first], delimiter=delimiter), [])]
    named = {_plain(given): name for name, given in columns.items()}
    missing = [given for given in columns.values() if _plain(given) not in header]
    if missing:
        raise unreadable(f"the CSV's header has no column {', '.join(missing)}")
    places = {named.get(name, name): index for index, name in enumerate(header)}
    hashes: dict[Algorithm, int] = {
        a: places[name] for name, a in _TABLE_ALGORITHMS.items() if name in places
    }
    if not hashes:
        raise unreadable("the CSV's header names none of md5, sha1, sha256, pdq")
    for row, cells in enumerate(_rows(lines, delimiter), start=2):
        yield from _row(cells, row, hashes, places.get("category"), places.get("quality"))


def read_icse(file: BinaryIO) -> Iterator[ListItem]:
    """Rows of an ICSE list; the category is what its column Baseline says."""
    lines = _lines(file)
    header = next(csv.reader([next(lines, "")], delimiter=";"), [])
    if tuple(name.strip() for name in header) != ICSE_COLUMNS:
        raise unreadable("the file's header is not that of an ICSE list of 12 columns")
    hashes: dict[Algorithm, int] = {Algorithm.MD5: 0, Algorithm.SHA1: 1, Algorithm.PHOTODNA: 2}
    for row, cells in enumerate(_rows(lines, ";"), start=2):
        if cells and len(cells) != len(ICSE_COLUMNS):
            yield RejectedEntry(row=row, reason=f"{len(cells)} columns where 12 are expected")
        else:
            yield from _row(cells, row, hashes, len(ICSE_COLUMNS) - 1, None)


def _row(
    cells: list[str],
    row: int,
    hashes: Mapping[Algorithm, int],
    category_at: int | None,
    quality_at: int | None,
) -> Iterator[ListItem]:
    values = [(a, cells[i]) for a, i in hashes.items() if i < len(cells) and cells[i].strip()]
    if not values:
        yield RejectedEntry(row=row, reason="no hash in the row")
    category = cells[category_at] if category_at is not None and category_at < len(cells) else None
    said = cells[quality_at].strip() if quality_at is not None and quality_at < len(cells) else ""
    quality = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else None
    for algorithm, value in values:
        yield check_value(algorithm, value, category, row, quality=quality)


def _lines(file: BinaryIO) -> Iterator[str]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline=None)
    try:
        for line in text:
            yield line.replace("\0", "")
    finally:
        text.detach()


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
