"""Images and archives that come in several files: which ones, in which order."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable
from itertools import count, takewhile

from fairlead.terms.errors import ItemError

_EWF_SEGMENT = re.compile(r"\.[Ee][0-9]{2}$")
_LETTERS = string.ascii_lowercase
_MOST_SEGMENTS = 800


def segment_names(name: str, names_beside: Callable[[], Iterable[str]]) -> list[str]:
    """The names of all files of an exhibit that begins with ``name``, in order; else that name alone.

    E01 to E99, then EAA, EAB and so on; or 001, 002 and so on, as images and archives are split. Raises
    ItemError when there are more than can be held open.
    """
    kind = "ewf" if _EWF_SEGMENT.search(name) else "parts" if name.endswith(".001") else ""
    if not kind:
        return [name]
    stem = name[:-4].casefold()
    beside = {other.casefold(): other for other in names_beside()}
    if kind == "parts":
        found = list(takewhile(bool, (beside.get(f"{stem}.{number:03d}") for number in count(1))))
    else:
        found = [beside[each] for number in range(1, 100) if (each := f"{stem}.e{number:02d}") in beside]
        if f"{stem}.e99" in beside:
            later = (
                f"{stem}.{a}{b}{c}" for a in "efghijklmnopqrstuvwxyz" for b in _LETTERS for c in _LETTERS
            )
            found += takewhile(bool, map(beside.get, later))
    if len(found) > _MOST_SEGMENTS:
        raise ItemError(
            f"the exhibit has {len(found)} segments; at most {_MOST_SEGMENTS} are read",
            "Export it in larger segments, or as one file.",
            code="EVIDENCE-010",
        )
    return [segment for segment in found if segment is not None]
