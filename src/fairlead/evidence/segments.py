"""Images and archives that come in several files: which ones, in which order, and which are missing."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice, product, takewhile

from fairlead.terms.errors import ItemError

_LETTERS = string.ascii_lowercase
_MOST_SEGMENTS = 800
_EWF = re.compile(r"(?P<stem>.+)\.e(?P<part>[0-9]{2}|[a-z]{2})\Z")
_NUMBERED = re.compile(r"(?P<stem>.+)\.(?P<part>[0-9]{3})\Z")
_LETTERED = re.compile(r"(?P<stem>.+)\.(?P<part>[a-z]{2})\Z")
_EXTENT = re.compile(r"(?P<stem>.+)-(?P<kind>s|f|flat)(?P<part>[0-9]{3})?\.vmdk\Z")
_IMAGE_STEM = re.compile(r".+\.(dd|img|raw|bin|iso|dmg|e01|tar|zip|7z|gz|tgz|split)\Z")
"""What a file was called before it was split by letters: two letters alone are the ending of many other names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """The files of one image or archive in order; ``gaps`` are parts that are missing between those that are here."""

    names: tuple[str, ...]
    gaps: tuple[str, ...] = ()


def segment_names(name: str, names_beside: Callable[[], Iterable[str]]) -> list[str]:
    """The names of all files of an exhibit that begins with ``name``, in order; else that name alone.

    Raises ItemError when there are more than can be held open.
    """
    return list(find_segments(name, names_beside).names)


def find_segments(name: str, names_beside: Callable[[], Iterable[str]]) -> Segments:
    """The files that go on from ``name``, and the gaps between them.

    E01 to E99, then EAA, EAB and so on; 001 or 000, and on; aa, ab and on, where the name before it is that of an
    image or archive; a disk of VMware whose extents lie beside it. Raises ItemError when there are too many.
    """
    series = _series(name.casefold())
    if series is None:
        return Segments(names=(name,))
    beside = {other.casefold(): other for other in names_beside()}
    if series == "vmdk":
        return Segments(names=_bounded([name, *_extents(name.casefold(), beside)]))
    wanted = list(islice(series, _MOST_SEGMENTS + 1))
    there = [place for place, each in enumerate(wanted) if each in beside]
    if not there:
        return Segments(names=(name,))
    before_gap = len(list(takewhile(lambda pair: pair[0] == pair[1], enumerate(there))))
    names = [beside[wanted[place]] for place in there[:before_gap]] or [name]
    gaps = tuple(each.rpartition(".")[2] for each in wanted[: there[-1]] if each not in beside)
    return Segments(names=_bounded(names), gaps=gaps)


def _bounded(names: list[str]) -> tuple[str, ...]:
    if len(names) > _MOST_SEGMENTS:
        raise ItemError(
            f"the exhibit has {len(names)} segments; at most {_MOST_SEGMENTS} are read",
            "Export it in larger segments, or as one file.",
            code="EVIDENCE-010",
        )
    return tuple(names)


def _series(name: str) -> Iterator[str] | str | None:
    """All names that may go on from a first one, itself first; None where it is no first one."""
    if match := _EWF.match(name):
        if match["part"] != "01":
            return None
        return _ewf(match["stem"])
    if match := _NUMBERED.match(name):
        if match["part"] not in {"000", "001"}:
            return None
        return (f"{match['stem']}.{number:03d}" for number in count(int(match["part"])) if number < 1000)
    match = _LETTERED.match(name)
    if match and match["part"] == "aa" and _IMAGE_STEM.match(match["stem"]):
        return (f"{match['stem']}.{a}{b}" for a, b in product(_LETTERS, repeat=2))
    return "vmdk" if name.endswith(".vmdk") and not _EXTENT.match(name) else None


def _ewf(stem: str) -> Iterator[str]:
    yield from (f"{stem}.e{number:02d}" for number in range(1, 100))
    yield from (f"{stem}.{a}{b}{c}" for a, b, c in product("efghijklmnopqrstuvwxyz", _LETTERS, _LETTERS))


def _extents(name: str, beside: dict[str, str]) -> list[str]:
    stem = name.removesuffix(".vmdk")
    return [
        beside[other] for other in sorted(beside) if (match := _EXTENT.match(other)) and match["stem"] == stem
    ]


def firsts_of(name: str) -> list[str]:
    """Names, in small letters, that the first part may have of which a file is a later one; none for other files."""
    small = name.casefold()
    if match := _EWF.match(small):
        return [f"{match['stem']}.e01"] if match["part"] != "01" else []
    if match := _NUMBERED.match(small):
        firsts = [f"{match['stem']}.{first}" for first in ("000", "001")]
        return [first for first in firsts if first < small]
    if (match := _LETTERED.match(small)) and _IMAGE_STEM.match(match["stem"]):
        return [f"{match['stem']}.aa"] if match["part"] != "aa" else []
    match = _EXTENT.match(small)
    return [f"{match['stem']}.vmdk"] if match else []


def goes_on_from(name: str, names: frozenset[str]) -> str:
    """The first part of which a file is a later one, by the names in its folder (small letters); else nothing.

    Parts behind a gap belong to their first part too: it says that some are missing.
    """
    return next((first for first in firsts_of(name) if first in names), "")
