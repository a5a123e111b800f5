"""Decisions about persons, anchored to records: persons come and go from run to run, records stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fairlead.leads.document import SubjectCategory


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryDecision:
    """Which category a named person decided for the person who had exactly these records."""

    records: frozenset[str]
    category: SubjectCategory
    decided_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryStanding:
    """The category that holds now; ``decide_again`` says why an earlier decision does not, and is empty otherwise."""

    category: SubjectCategory
    decide_again: str = ""


def held_records(anchors: Iterable[str], persons: Iterable[Collection[str]]) -> frozenset[str]:
    """Every record that nothing may be sent about: the anchors of holds, and all records of a person who has one.

    ``persons`` are the records of each person as they are joined now. A lead that rests on one of these records is
    held, also when it was published before the persons changed.
    """
    anchored = frozenset(anchors)
    return anchored.union(*(members for members in persons if not anchored.isdisjoint(members)))


def still_held(anchors: Collection[str], lifted: Collection[str]) -> tuple[str, ...]:
    """The anchors that a hold keeps when it is lifted for the person with the records ``lifted``."""
    return tuple(sorted(set(anchors) - set(lifted)))


def category_standing(
    decisions: Sequence[CategoryDecision], members: Collection[str], *, when_none: SubjectCategory
) -> CategoryStanding:
    """The category of the person with these records, of decisions in the order in which they were made.

    The last decision about any of the records counts, and only when it was about exactly these: whoever decided about
    other records has not decided about this person.
    """
    now = frozenset(members)
    last = next((d for d in reversed(decisions) if not now.isdisjoint(d.records)), None)
    if last is None:
        return CategoryStanding(category=when_none)
    if last.records == now:
        return CategoryStanding(category=last.category)
    came, went = len(now - last.records), len(last.records - now)
    said = " and ".join(
        part for part in (came and f"{came} came to it", went and f"{went} left it") if isinstance(part, str)
    )
    return CategoryStanding(
        category=when_none,
        decide_again=f"{last.decided_by} decided {last.category.value} on {last.at.date().isoformat()} for a person "
        f"with other records: {said} since",
    )
