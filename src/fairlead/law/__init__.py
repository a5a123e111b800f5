"""Law as dated data, and the resolver. Not legal advice; verify at the source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from fairlead.law.assessment import Assessment
from fairlead.law.load import load_records
from fairlead.law.resolve import ask, assess_with
from fairlead.terms.law import AgeBand, ContentKind, Fact, ImageClass, LegalAct

__all__ = ["Assessment", "assess", "load_records"]


def assess(
    jurisdiction: str,
    period: tuple[date, date],
    act: LegalAct,
    image: ImageClass,
    age_band: AgeBand,
    content: ContentKind | None = None,
    as_of: date | None = None,
    facts: Mapping[Fact, bool] = MappingProxyType({}),
) -> Assessment:
    """What law may apply to an act in a jurisdiction over a period (first and last day included).

    Answers from the records that come with Fairlead, which are read once per process. ``AgeBand.UNDER_18``
    means that the age is not known more closely: where the bands differ, the verdict is ``unclear``.
    ``facts`` narrow the range of penalty; what is not among them is not known and leaves it wide.
    ``as_of`` gives the answer of that day's knowledge. UsageError when the period ends before it begins.
    """
    return assess_with(load_records(), ask(jurisdiction, act, image, age_band, content, as_of, facts), period)
