"""The resolver: what law may apply to an act, in a jurisdiction, over a period."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from fairlead.law.assessment import AssessedPeriod, Assessment
from fairlead.law.load import RecordSet
from fairlead.law.record import PENDING, ProvisionVersion, Term
from fairlead.law.segment import Segment
from fairlead.law.standing import standing_of
from fairlead.law.tiers import facts_from
from fairlead.law.timeline import Question, build_timeline
from fairlead.terms.errors import UsageError
from fairlead.terms.law import AgeBand, ContentKind, Cover, Fact, ImageClass, LegalAct

Period = tuple[date, date]


@lru_cache(maxsize=65536)
def timeline_of(records: RecordSet, question: Question) -> tuple[tuple[Segment, ...], tuple[date, ...]]:
    """The segments of a question and their last days, built once per record set."""
    segments = build_timeline(records, question)
    return segments, tuple(segment.end for segment in segments)


def assess_with(records: RecordSet, question: Question, period: Period) -> Assessment:
    """Answer from a given record set; pure. UsageError when the period ends before it begins."""
    from_on, to_on = period
    if to_on < from_on:
        raise UsageError(
            f"the period ends on {to_on}, before it begins on {from_on}",
            "Give the first day before the last.",
            code="USAGE-PERIOD",
        )
    return Assessment(
        jurisdiction=question.jurisdiction,
        from_on=from_on,
        to_on=to_on,
        act=question.act,
        image=question.image,
        age_band=question.age_band,
        content=question.content,
        as_of=question.as_of,
        periods=periods_of(records, question, period),
        context=_context_of(records, question, to_on),
        proposed=tuple(v for v in _union_records(records, question) if v.status in PENDING),
        terms=terms_of(records, question.jurisdiction),
        standing=standing_of(records, question.jurisdiction, question.as_of),
        facts=question.facts,
        jurisdiction_question=jurisdiction_question(records, question.jurisdiction),
    )


def periods_of(records: RecordSet, question: Question, period: Period) -> tuple[AssessedPeriod, ...]:
    """The sub-ranges of a period; together they are the period, without a gap or an overlap."""
    from_on, to_on = period
    segments, ends = timeline_of(records, question)
    found = []
    for number in range(bisect_left(ends, from_on), len(segments)):
        segment = segments[number]
        if segment.start > to_on:
            break
        found.append(
            AssessedPeriod(
                from_on=max(segment.start, from_on), to_on=min(segment.end, to_on), answer=segment.answer
            )
        )
    return tuple(found)


@lru_cache(maxsize=4096)
def jurisdiction_question(records: RecordSet, code: str) -> str:
    """The question that is out of the resolver's scope and must be asked by a person."""
    asked = "Which state has jurisdiction (place of the act, nationality, place of the server)?"
    home = records.home_of(code)
    if home is not None and home.parts:
        return f"{asked} Which part of {home.name} ({', '.join(home.parts)})?"
    return asked


def terms_of(records: RecordSet, code: str) -> tuple[Term, ...]:
    """The statutory terms of a jurisdiction, local and English, side by side."""
    home = records.home_of(code)
    return home.terms if home is not None else ()


@lru_cache(maxsize=65536)
def _union_records(records: RecordSet, question: Question) -> tuple[ProvisionVersion, ...]:
    """Law of unions of states whose member this jurisdiction is: not its own law, shown beside it."""
    found = []
    for union in records.jurisdictions.values():
        if question.jurisdiction not in union.members:
            continue
        free = {e.record for e in union.exemptions if e.country == question.jurisdiction}
        found += [
            version
            for version in records.versions
            if union.code in version.jurisdictions
            and question.act in version.acts
            and version.id not in free
            and version.images[question.image] is not Cover.NO
            and version.knowledge.known_on(question.as_of)
        ]
    return tuple(found)


def _context_of(records: RecordSet, question: Question, to_on: date) -> tuple[ProvisionVersion, ...]:
    """What of the union's law is to apply by the end of the period; a bill is never among it."""
    return tuple(
        version
        for version in _union_records(records, question)
        if version.status not in PENDING and (version.valid_from is None or version.valid_from <= to_on)
    )


def ask(
    jurisdiction: str,
    act: LegalAct,
    image: ImageClass,
    age_band: AgeBand,
    content: ContentKind | None = None,
    as_of: date | None = None,
    facts: Mapping[Fact, bool] = MappingProxyType({}),
) -> Question:
    """A question from its parts; a fact that is not named is not known."""
    return Question(
        jurisdiction=jurisdiction,
        act=act,
        image=image,
        age_band=age_band,
        content=content,
        as_of=as_of,
        facts=facts_from(facts),
    )
