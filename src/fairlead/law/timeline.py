"""Weighs the records of one question over all days: what may apply when, before any period is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeVar

from fairlead.law.assessment import Answer
from fairlead.law.cautions import (
    FEWER_DAYS,
    PENALTY_UNKNOWN,
    cautions_of,
    questions_of,
    with_lex_mitior,
)
from fairlead.law.load import RecordSet
from fairlead.law.record import NOT_IN_FORCE, PENDING, Gap, Knowledge, Penalty, ProvisionVersion, Source
from fairlead.law.segment import Segment
from fairlead.law.tiers import FactsKnown, as_allowed
from fairlead.terms.law import (
    AgeBand,
    Basis,
    Confidence,
    ContentKind,
    Cover,
    ImageClass,
    LawVerdict,
    LegalAct,
    ProvisionStatus,
    SourceKind,
)

_DAY = timedelta(days=1)
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, apart from the days."""

    jurisdiction: str
    act: LegalAct
    image: ImageClass
    age_band: AgeBand
    content: ContentKind | None
    as_of: date | None
    facts: FactsKnown = ()


def is_capped(record: ProvisionVersion | Gap, sources: Mapping[str, Source]) -> bool:
    """Whether a record gives nothing better than unclear.

    That is so of memory, of low confidence, of second-hand sources only, and of a provision whose words nobody read.
    """
    knowledge = record.knowledge
    unsure = knowledge.basis is Basis.MEMORY or knowledge.confidence is Confidence.LOW
    unread = isinstance(record, ProvisionVersion) and record.wording is None
    return unsure or unread or is_second_hand(knowledge, sources)


def is_second_hand(knowledge: Knowledge, sources: Mapping[str, Source]) -> bool:
    """Whether every source of a record is press, a law firm or a commentator: nobody read the law or an authority."""
    kinds = {sources[key].kind for key in knowledge.sources if key in sources}
    return kinds == {SourceKind.SECONDARY}


def window_of(version: ProvisionVersion, history_from: date) -> tuple[date, date] | None:
    """The days on which a version counts at all; None when it is not law on any day that is known.

    A version whose commencement is not verified counts from the day stated for it, else from the day of
    enactment: it cannot have applied before. ``is_capped`` does not see it; its status caps it.
    """
    if version.status in PENDING:
        return None
    start = version.valid_from
    if start is None:
        if version.status is ProvisionStatus.ENACTED:
            return None
        unverified = version.status is ProvisionStatus.COMMENCEMENT_UNVERIFIED
        start = (version.enacted_on if unverified else None) or history_from
    return start, version.valid_to or date.max


def build_timeline(records: RecordSet, question: Question) -> tuple[Segment, ...]:
    """Segments that tile all days from the first to the last a date can name."""
    home = records.home_of(question.jurisdiction)
    if home is None:
        return (_nothing("No record of this jurisdiction. That is not a gap."),)
    if question.jurisdiction not in home.codes:
        parts = ", ".join(home.codes)
        if question.jurisdiction in home.parts or question.jurisdiction == home.code:
            return (_nothing(f"The law differs inside {home.code}: ask for {parts}."),)
        return (_nothing(f"No record of this jurisdiction; recorded here: {parts}. That is not a gap."),)
    bands = _bands_of(records, question, home.code)
    if len(bands) > 1:
        lines = [build_timeline(records, replace(question, age_band=band)) for band in bands]
        return tuple(_merged(_laid_over(bands, lines)))
    versions = [v for v in records.versions if _asked(v, question, home.code)]
    gaps = [
        g
        for g in records.gaps
        if _asked(g, question, home.code)
        and question.image in g.images
        and (not g.contents or question.content in g.contents)
    ]
    answers = [
        Segment(start, end, _answer_on(start, versions, gaps, question, records.sources, home.history_from))
        for start, end in _cut(versions, gaps, home.history_from)
    ]
    before = _nothing(FEWER_DAYS.format(home.history_from), end=home.history_from - _DAY)
    return (before, *with_lex_mitior(list(_merged(answers))))


def _nothing(caution: str, *, end: date = date.max) -> Segment:
    return Segment(date.min, end, Answer(verdict=LawVerdict.NOT_ASSESSED, cautions=(caution,)))


def _asked(record: ProvisionVersion | Gap, question: Question, country: str) -> bool:
    """Whether a record is about the act, the age band and the place, and was known on the day asked for.

    A record of the whole country applies in each of its parts.
    """
    return (
        question.act in record.acts
        and record.age_band.meets(question.age_band)
        and (question.jurisdiction in record.jurisdictions or country in record.jurisdictions)
        and record.knowledge.known_on(question.as_of)
    )


def _bands_of(records: RecordSet, question: Question, country: str) -> tuple[AgeBand, ...]:
    """The span asked for, cut at the limits that the records of the act draw inside it."""
    first, after = question.age_band.years
    listed: tuple[ProvisionVersion | Gap, ...] = (*records.versions, *records.gaps)
    drawn = {year for r in listed if _asked(r, question, country) for year in r.age_band.years}
    limits = sorted({first, after, *(year for year in drawn if first < year < after)})
    return tuple(AgeBand.spanning(low, high) for low, high in pairwise(limits))


def _cut(
    versions: Iterable[ProvisionVersion], gaps: Iterable[Gap], history_from: date
) -> Iterator[tuple[date, date]]:
    """The longest runs of days in which no record begins or ends."""
    starts = {history_from}
    for window in (*(window_of(v, history_from) for v in versions), *(_gap_window(g) for g in gaps)):
        if window is not None:
            starts.add(max(window[0], history_from))
            if window[1] < date.max:
                starts.add(max(window[1] + _DAY, history_from))
    known = (v.penalty_known_from for v in versions)
    starts |= {day for day in known if day is not None and day > history_from}
    starts |= {v.enacted_on for v in versions if v.enacted_on and v.enacted_on > history_from}
    ordered = sorted(starts)
    for start, following in zip(ordered, [*ordered[1:], None], strict=True):
        yield start, following - _DAY if following else date.max


def _gap_window(gap: Gap) -> tuple[date, date]:
    return gap.valid_from or date.min, gap.valid_to or date.max


def _cover(version: ProvisionVersion, question: Question) -> Cover:
    """Cover of the image class asked for; a condition on content that is not known leaves it unclear."""
    cover = version.images[question.image]
    if not version.contents or cover is Cover.NO:
        return cover
    if question.content is None:
        return Cover.UNCLEAR if cover is Cover.YES else cover
    return cover if question.content in version.contents else Cover.NO


def _answer_on(
    day: date,
    versions: list[ProvisionVersion],
    gaps: list[Gap],
    question: Question,
    sources: Mapping[str, Source],
    history_from: date,
) -> Answer:
    relied, unconfirmed, beside, later, bills = [], [], [], [], []
    verdicts: set[LawVerdict] = set()
    known = dict(question.facts)
    for version in versions:
        cover = _cover(version, question)
        window = window_of(version, history_from)
        match cover, window:
            case Cover.NO, (start, end) if start <= day <= end and version.status not in NOT_IN_FORCE:
                beside.append(version)
            case Cover.NO, _:
                pass
            case _, None if version.status in PENDING:
                bills.append(version)
            case _, None:
                later.append(version)
            case _, (start, _) if day < start:
                later.append(version)
            case _, (_, end) if day > end:
                pass
            case _ if version.status in NOT_IN_FORCE:
                unconfirmed.append(_as_known_on(day, version, question))
                verdicts.add(LawVerdict.UNCLEAR)
            case _:
                met = [c.needs.facts and c.needs.met(known) for c in version.conditions_for(question.act)]
                if any(held is False for held in met):
                    beside.append(version)
                    continue
                relied.append(_as_known_on(day, version, question))
                sure = cover is Cover.YES and all(met) and not is_capped(version, sources)
                verdicts.add(LawVerdict.MAY_APPLY if sure else LawVerdict.UNCLEAR)
    asserted = [g for g in gaps if _gap_window(g)[0] <= day <= _gap_window(g)[1]]
    verdict = _verdict(verdicts, asserted, sources)
    answer = Answer(
        verdict=verdict,
        provisions=tuple(relied),
        unconfirmed=tuple(unconfirmed),
        not_reaching=tuple(beside),
        gaps=tuple(asserted),
        later=tuple(later),
        bills=tuple(bills),
    )
    return replace(
        answer,
        open_questions=questions_of(answer),
        cautions=(
            *cautions_of(
                answer,
                act=question.act,
                image=question.image,
                content=question.content,
                as_of=question.as_of,
                facts=question.facts,
            ),
            *_second_hand(answer, sources),
        ),
    )


def _as_known_on(day: date, version: ProvisionVersion, question: Question) -> ProvisionVersion:
    """The wording with the range that the facts allow; without it on days for which no text with it was read."""
    known = version.penalty_known_from
    if known is None or day >= known:
        return as_allowed(version, question.act, question.image, question.age_band, question.facts)
    return replace(version, penalty=Penalty(text=PENALTY_UNKNOWN.format(known), known_from=known))


def _second_hand(answer: Answer, sources: Mapping[str, Source]) -> Iterator[str]:
    relied: tuple[ProvisionVersion | Gap, ...] = (*answer.provisions, *answer.unconfirmed, *answer.gaps)
    for record in relied:
        if is_second_hand(record.knowledge, sources):
            yield f"{record.id} rests on second-hand sources, not on a text of the law: no better than unclear."


def _verdict(verdicts: set[LawVerdict], gaps: list[Gap], sources: Mapping[str, Source]) -> LawVerdict:
    """Provisions before gaps, the sure before the unsure; nothing recorded is ``not_assessed``."""
    if LawVerdict.MAY_APPLY in verdicts:
        return LawVerdict.MAY_APPLY
    if verdicts:
        return LawVerdict.UNCLEAR
    if not gaps:
        return LawVerdict.NOT_ASSESSED
    sure = any(not is_capped(gap, sources) for gap in gaps)
    return LawVerdict.GAP_ASSERTED if sure else LawVerdict.UNCLEAR


def _merged(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Neighbours with the same answer become one segment."""
    held: Segment | None = None
    for segment in segments:
        if held is not None and held.answer == segment.answer:
            held = Segment(held.start, segment.end, held.answer)
        else:
            if held is not None:
                yield held
            held = segment
    if held is not None:
        yield held


def _laid_over(bands: tuple[AgeBand, ...], lines: list[tuple[Segment, ...]]) -> Iterator[Segment]:
    """The answers of several age bands laid over each other."""
    at = [0] * len(lines)
    start = date.min
    while True:
        held = [line[i] for line, i in zip(lines, at, strict=True)]
        end = min(segment.end for segment in held)
        yield Segment(start, end, _of_ages(bands, [segment.answer for segment in held]))
        if end == date.max:
            return
        at = [i + (segment.end == end) for i, segment in zip(at, held, strict=True)]
        start = end + _DAY


def _of_ages(bands: tuple[AgeBand, ...], answers: list[Answer]) -> Answer:
    """One answer for an age that is not known more closely than the span asked for."""
    first = answers[0]
    if all(answer == first for answer in answers):
        return first
    same = all(answer.verdict is first.verdict for answer in answers)
    mild = {answer.lex_mitior for answer in answers}
    said = "; ".join(f"{b.said}: {_brief(a)}" for b, a in zip(bands, answers, strict=True))
    caution = f"{'Which provision applies' if same else 'The answer'} depends on the age band. {said}."
    return Answer(
        verdict=first.verdict if same else LawVerdict.UNCLEAR,
        provisions=_union(a.provisions for a in answers),
        unconfirmed=_union(a.unconfirmed for a in answers),
        not_reaching=_union(a.not_reaching for a in answers),
        gaps=_union(a.gaps for a in answers),
        later=_union(a.later for a in answers),
        bills=_union(a.bills for a in answers),
        open_questions=_union(a.open_questions for a in answers),
        cautions=_union([(caution,), *(a.cautions for a in answers)]),
        lex_mitior=True if True in mild else None if None in mild else False,
        by_age=tuple((b, a.verdict) for b, a in zip(bands, answers, strict=True)),
    )


def _brief(answer: Answer) -> str:
    cited = "; ".join(answer.citations) or "; ".join(gap.id for gap in answer.gaps) or "no record"
    return f"{answer.verdict.value.replace('_', ' ')} ({cited})"


def _union(lists: Iterable[tuple[Record, ...]]) -> tuple[Record, ...]:
    """Everything in any of the lists, each once, in order of first mention."""
    found: list[Record] = []
    for listed in lists:
        found += [item for item in listed if item not in found]
    return tuple(found)
