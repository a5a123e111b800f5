"""Grades and handling codes that travel with a datum, and their algebra."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class StatementKind(StrEnum):
    """Facts are kept apart from personal assessments (Directive (EU) 2016/680, art. 7(1))."""

    FACT = "fact"
    ASSESSMENT = "assessment"


class SourceGrade(StrEnum):
    """Reliability of the source (Regulation (EU) 2016/794, art. 29)."""

    A = "A"  # no doubt, or proved reliable in all instances
    B = "B"  # proved reliable in most instances
    C = "C"  # proved unreliable in most instances
    X = "X"  # reliability cannot be assessed


class InformationGrade(IntEnum):
    """Accuracy of the information (Regulation (EU) 2016/794, art. 29)."""

    NOT_IN_DOUBT = 1
    KNOWN_TO_SOURCE = 2
    CORROBORATED = 3
    NOT_CORROBORATED = 4


class HandlingCode(StrEnum):
    """Europol handling codes: use restrictions bound to the datum."""

    H0 = "H0"  # crime prevention and combating only; always attached
    H1 = "H1"  # not in judicial proceedings without the provider's permission
    H2 = "H2"  # not to be disseminated without the provider's permission
    H3 = "H3"  # other restrictions, as free text


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """A set of handling codes; H0 is always in it, H3 needs its text."""

    codes: frozenset[HandlingCode] = frozenset({HandlingCode.H0})
    restriction: str = ""

    def __post_init__(self) -> None:
        if HandlingCode.H0 not in self.codes:
            object.__setattr__(self, "codes", self.codes | {HandlingCode.H0})
        if (HandlingCode.H3 in self.codes) != bool(self.restriction.strip()):
            raise ValueError("H3 and its restriction text go together")

    def __str__(self) -> str:
        return "+".join(sorted(self.codes))


def parse_handling(text: str, restriction: str = "") -> Handling:
    """Read ``H0+H1``; raises ValueError for an unknown code or an H3 without text."""
    codes = frozenset(HandlingCode(code.strip()) for code in text.split("+") if code.strip())
    return Handling(codes=codes, restriction=restriction)


def combine_handling(parts: Iterable[Handling]) -> Handling:
    """The most restrictive union, which is what anything derived from the parts carries."""
    codes: frozenset[HandlingCode] = frozenset({HandlingCode.H0})
    texts: list[str] = []
    for part in parts:
        codes |= part.codes
        if part.restriction and part.restriction not in texts:
            texts.append(part.restriction)
    return Handling(codes=codes, restriction="; ".join(texts))


class AttributionGrade(StrEnum):
    """How well a person is established. A grade is not guilt."""

    ATTRIBUTED = "attributed"  # a person-grade fact and an independent family, no contradiction
    PROBABLE = "probable"
    POSSIBLE = "possible"
    UNRESOLVED = "unresolved"
