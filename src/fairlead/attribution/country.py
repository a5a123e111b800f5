"""In which country a person may be: claims with grounds and contradictions, and no choice where they conflict.

Rank of grounds: a provider's subscriber address, the issuer of an instrument, the region of a telephone
number, a billing address, addresses in use by share of days outside networks that many people share, what
the person's own record states, language and time zone.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import resources

from fairlead.tables.rows import PersonCountry
from fairlead.terms.grades import AttributionGrade

DAYS_FOR_RESIDENCE = 3
SHARE_FOR_RESIDENCE = 0.6


class Ground(IntEnum):
    """Kinds of grounds, strongest first; from STATED on they are weak."""

    SUBSCRIBER = 1
    ISSUER = 2
    PHONE = 3
    BILLING = 4
    ADDRESSES = 5
    STATED = 6
    SEEN = 7
    SETTING = 8

    @property
    def strong(self) -> bool:
        """Whether it can establish a country alone."""
        return self < Ground.STATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One ground for one country, as a sentence, with the origin of the row behind it."""

    country: str
    ground: Ground
    sentence: str
    origin: str


@dataclass(frozen=True, slots=True)
class Residence:
    """Days on which a person's records show addresses of a country."""

    country: str
    days: int
    origin: str


@cache
def hints() -> tuple[dict[str, str], dict[str, str]]:
    """Countries by language tag and by time zone (`attribution/data/hints.toml`)."""
    raw = tomllib.loads((resources.files("fairlead.attribution") / "data" / "hints.toml").read_text("utf-8"))
    return raw["languages"], raw["zones"]


def country_of_settings(language: str | None, zone: str | None) -> list[tuple[str, str]]:
    """Countries that a language or a time zone hints at, with the sentence that says so."""
    languages, zones = hints()
    said: list[tuple[str, str]] = []
    if language:
        tag = language.lower().replace("_", "-")
        country = languages.get(tag) or languages.get(tag.partition("-")[0])
        if country:
            said.append((country, f"language setting {language}"))
    if zone and zone in zones:
        said.append((zones[zone], f"time zone setting {zone}"))
    return said


def claims_after_break(days: Sequence[Residence]) -> list[Claim]:
    """Addresses seen after somebody else may have taken the account over: said, and never decisive."""
    return [
        Claim(
            country=entry.country,
            ground=Ground.SETTING,
            sentence=f"addresses of {entry.country} on {entry.days} days after the account may have been taken over",
            origin=entry.origin,
        )
        for entry in days
    ]


def claims_of_addresses(days: Sequence[Residence]) -> list[Claim]:
    """Addresses as a ground: strong from three days and sixty per cent of all days on, else only seen."""
    total = sum(entry.days for entry in days)
    claims: list[Claim] = []
    for entry in sorted(days, key=lambda e: (-e.days, e.country)):
        share = entry.days / total if total else 0.0
        settled = entry.days >= DAYS_FOR_RESIDENCE and share >= SHARE_FOR_RESIDENCE
        sentence = f"addresses of {entry.country} on {entry.days} of {total} days ({share:.0%})"
        ground = Ground.ADDRESSES if settled else Ground.SEEN
        claims.append(Claim(country=entry.country, ground=ground, sentence=sentence, origin=entry.origin))
    return claims


def weigh_countries(
    claims: Sequence[Claim], *, choose: bool = True
) -> tuple[list[PersonCountry], str | None]:
    """Countries with grade, grounds and contradictions, best first, and the one they support, or None.

    Conflicting strong grounds choose nothing; weak grounds choose only where there is no strong one, where all
    agree, and where one of them is more than a setting. ``choose`` is false for accounts of nobody.
    """
    by_country: dict[str, list[Claim]] = defaultdict(list)
    for claim in sorted(set(claims), key=lambda c: (c.ground, c.country, c.sentence, c.origin)):
        by_country[claim.country].append(claim)
    strong = {c for c, held in by_country.items() if any(claim.ground.strong for claim in held)}
    telling = {c for c, held in by_country.items() if any(claim.ground < Ground.SETTING for claim in held)}
    chosen: str | None = None
    if len(strong) == 1 and choose:
        chosen = next(iter(strong))
    elif not strong and len(telling) == 1 and choose:
        chosen = next(iter(telling))
    listed: list[PersonCountry] = []
    order = sorted(by_country, key=lambda c: (c != chosen, by_country[c][0].ground, -len(by_country[c]), c))
    for country in order:
        held = by_country[country]
        against = [c for other in order if other != country for c in by_country[other]]
        listed.append(
            {
                "country": country,
                "grade": _grade(held, conflict=any(c.ground.strong for c in against)).value,
                "grounds": [claim.sentence for claim in held],
                "contradictions": [claim.sentence for claim in against],
                "origins": list(dict.fromkeys(claim.origin for claim in held)),
            }
        )
    return listed, chosen


def _grade(held: Sequence[Claim], *, conflict: bool) -> AttributionGrade:
    kinds = {claim.ground for claim in held if claim.ground.strong}
    if conflict or not kinds:
        return AttributionGrade.POSSIBLE
    if Ground.SUBSCRIBER in kinds and len(kinds) > 1:
        return AttributionGrade.ATTRIBUTED
    return AttributionGrade.PROBABLE
