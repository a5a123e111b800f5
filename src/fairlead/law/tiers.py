"""Which ranges of penalty the facts of a case allow; facts that are not known leave every range they decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fairlead.law.duration import months_of
from fairlead.law.record import Penalty, ProvisionVersion, Tier
from fairlead.terms.law import AgeBand, Fact, ImageClass, LegalAct

FactsKnown = tuple[tuple[Fact, bool], ...]


def facts_from(known: Mapping[Fact, bool]) -> FactsKnown:
    """Facts of a case in the form in which a question holds them: the same facts are the same question."""
    return tuple(sorted(known.items()))


def as_allowed(
    version: ProvisionVersion, act: LegalAct, image: ImageClass, age_band: AgeBand, facts: FactsKnown
) -> ProvisionVersion:
    """The wording with the tiers that the act, the picture, the age and the facts allow, and the range over all of them.

    A tier whose facts are known to hold takes the place of the basic one. A tier that may hold widens the range: its
    minimum is the lowest, none counting as lowest, and its maximum the highest, not known when one is not recorded.
    """
    known = dict(facts)
    allowed: list[Tier] = []
    certain: list[Tier] = []
    for tier in version.penalty.tiers:
        met = tier.needs.met(known)
        if (tier.acts and act not in tier.acts) or (tier.images and image not in tier.images):
            continue
        if met is False:
            continue
        if tier.age_band is not None and not tier.age_band.meets(age_band):
            continue
        allowed.append(tier)
        if met and (tier.age_band is None or tier.age_band.covers(age_band)):
            certain.append(tier)
    if not allowed:
        return version
    if any(_is_particular(tier) for tier in certain):
        allowed = [t for t in allowed if t not in certain or _is_particular(t)]
    penalty = version.penalty
    ranged = Penalty(
        min=_lowest([t.min for t in allowed]),
        max=_highest([t.max for t in allowed]),
        text=penalty.text,
        known_from=penalty.known_from,
        tiers=tuple(allowed),
    )
    return replace(version, penalty=ranged)


def unknown_facts(version: ProvisionVersion, facts: FactsKnown) -> tuple[Fact, ...]:
    """The facts on which the range of a wording depends and that nobody stated, each once."""
    known = {fact for fact, _ in facts}
    asked = (fact for tier in version.penalty.tiers for fact in tier.needs.facts)
    return tuple(dict.fromkeys(fact for fact in asked if fact not in known))


def _is_particular(tier: Tier) -> bool:
    return bool(tier.needs.facts) or tier.age_band is not None


def _lowest(durations: list[str | None]) -> str | None:
    return None if None in durations else min((d for d in durations if d), key=_months, default=None)


def _highest(durations: list[str | None]) -> str | None:
    return None if None in durations else max((d for d in durations if d), key=_months, default=None)


def _months(duration: str) -> int:
    return months_of(duration) or 0
