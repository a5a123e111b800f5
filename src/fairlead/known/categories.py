"""Category schemes and what one scheme's category is in another: explicit, with source, and marked where it loses."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NotRequired, TypedDict, cast

from fairlead.terms.errors import UsageError

_KEYS = frozenset({"scheme", "version", "title", "source", "complete", "codes", "mapping", "back"})
_MAPPING_KEYS = frozenset({"code", "pivot", "lossy"})
NULL = "null"
"""A category that the list gives as null; one that the list does not give at all is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One category scheme. ``complete`` is false where codes exist that are not public.

    ``pivot`` maps codes to neutral classes, ``lossy`` says what is lost on the way, ``back`` maps classes to codes.
    """

    name: str
    version: str
    title: str
    source: str
    complete: bool
    codes: dict[str, str]
    pivot: dict[str, str]
    lossy: dict[str, str]
    back: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedCategory:
    """A category in another scheme; ``mapped`` is false when the schemes do not say, and ``losses`` say what went."""

    category: str | None
    mapped: bool
    losses: tuple[str, ...]


@cache
def find_schemes() -> dict[str, Scheme]:
    """All schemes by name."""
    folder = files("fairlead.known") / "schemes"
    found = [
        parse_scheme(f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".toml")
    ]
    return {scheme.name: scheme for scheme in sorted(found, key=lambda s: s.name)}


def get_scheme(name: str) -> Scheme:
    """The scheme of a name; UsageError when there is none."""
    try:
        return find_schemes()[name]
    except KeyError:
        raise UsageError(
            f"there is no category scheme {name}",
            f"Use one of {', '.join(find_schemes())}.",
            code="USAGE-SCHEME",
        ) from None


class _File(TypedDict):
    """A scheme as its file has it."""

    scheme: str
    version: str
    title: str
    source: str
    complete: bool
    codes: dict[str, str]
    back: dict[str, str]
    mapping: NotRequired[list[dict[str, str]]]


def parse_scheme(text: str) -> Scheme:
    """A scheme from its TOML; ValueError for an unknown key, a mapping of no code, or to no class."""
    data = cast("_File", tomllib.loads(text))
    mappings = data.get("mapping", [])
    unknown = data.keys() - _KEYS | {k for m in mappings for k in m.keys() - _MAPPING_KEYS}
    if unknown:
        raise ValueError(f"unknown keys {', '.join(sorted(unknown))}")
    codes = data["codes"]
    back = data["back"] if data["scheme"] != "pivot" else {c: c for c in codes}
    pivot = {m["code"]: m["pivot"] for m in mappings} if data["scheme"] != "pivot" else back
    stray = (pivot.keys() | set(back.values())) - codes.keys()
    if stray:
        raise ValueError(f"mappings name no code: {', '.join(sorted(stray))}")
    return Scheme(
        name=data["scheme"],
        version=data["version"],
        title=data["title"],
        source=data["source"],
        complete=data["complete"],
        codes=codes,
        pivot=pivot,
        lossy={m["code"]: m["lossy"] for m in mappings if "lossy" in m},
        back=back,
    )


def map_category(category: str | None, given: Scheme, wanted: Scheme) -> MappedCategory:
    """A category in another scheme, by way of the neutral classes. Null stays null and absent stays absent."""
    if category is None or category == NULL:
        return MappedCategory(category=category, mapped=True, losses=())
    if given.name == wanted.name:
        return MappedCategory(category=category, mapped=True, losses=())
    code = category if category in given.codes else category.lower()
    neutral = given.pivot.get(code)
    if neutral is None or neutral not in wanted.back:
        return MappedCategory(category=None, mapped=False, losses=())
    lost = given.lossy.get(code)
    return MappedCategory(category=wanted.back[neutral], mapped=True, losses=(lost,) if lost else ())
