"""What must be said beside a verdict: caps, exceptions, changes of law, and the questions left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from fairlead.law.assessment import Answer
from fairlead.law.duration import in_words, months_of
from fairlead.law.record import NOT_IN_FORCE, Condition, Gap, Knowledge, ProvisionVersion
from fairlead.law.segment import Segment
from fairlead.law.tiers import FactsKnown, unknown_facts
from fairlead.law.words import FACT_WORDS
from fairlead.terms.law import (
    Basis,
    Confidence,
    ContentKind,
    Cover,
    Fact,
    ImageClass,
    LawVerdict,
    LegalAct,
    Liability,
    ProvisionStatus,
)

FEWER_DAYS = "Law before {} is not recorded."
PENALTY_UNKNOWN = "not known for days before {}"
STALE_DAYS = 180


def questions_of(answer: Answer) -> tuple[str, ...]:
    """The open questions of every record behind the answer, each with the id of its record."""
    records: tuple[ProvisionVersion | Gap, ...] = (
        *answer.provisions,
        *answer.unconfirmed,
        *answer.gaps,
        *answer.not_reaching,
    )
    return tuple(
        f"{record.id}, for {question.ask}: {question.text}"
        for record in records
        for question in record.open_questions
    )


def cautions_of(
    answer: Answer,
    *,
    act: LegalAct,
    image: ImageClass,
    content: ContentKind | None,
    as_of: date | None,
    facts: FactsKnown = (),
) -> tuple[str, ...]:
    """Every reservation, in one sentence each, with the id of the record it is about."""
    said = []
    for version in (*answer.provisions, *answer.unconfirmed):
        said += [_of_condition(version, c, dict(facts)) for c in version.conditions_for(act)]
        said += _of_range(version, facts)
        said += _of_version(version, image, content)
        said += _of_knowledge(version.id, version.knowledge, as_of)
    for gap in answer.gaps:
        said += _of_knowledge(gap.id, gap.knowledge, as_of)
        if answer.verdict is LawVerdict.MAY_APPLY:
            said.append(f"{gap.id} states an exception or gap for the same act: {gap.text}")
        elif answer.provisions or answer.unconfirmed:
            said.append(f"{gap.id} states a gap for the same act: {gap.text}")
    if answer.not_reaching and answer.verdict is LawVerdict.NOT_ASSESSED:
        ids = ", ".join(v.id for v in answer.not_reaching)
        said.append(f"The recorded wording does not reach this case ({ids}); nobody has recorded a gap.")
    if answer.verdict in (LawVerdict.NOT_ASSESSED, LawVerdict.GAP_ASSERTED):
        said += [_of_later(version) for version in answer.later]
    noted: tuple[ProvisionVersion | Gap, ...] = (
        *answer.provisions,
        *answer.unconfirmed,
        *answer.gaps,
        *answer.not_reaching,
    )
    said += [f"{record.id}: {note}" for record in noted for note in record.notes]
    return tuple(said)


def _of_condition(version: ProvisionVersion, condition: Condition, known: Mapping[Fact, bool]) -> str:
    if condition.needs.facts and condition.needs.met(known):
        return f"{version.id} reaches this act where {condition.text}: so stated."
    return f"{version.id} reaches this act only where {condition.text}."


def _of_range(version: ProvisionVersion, facts: FactsKnown) -> Iterator[str]:
    """On which facts the range depends that nobody stated."""
    if version.wording is None:
        yield f"{version.id}: its words were not read, only what others say of them: no better than unclear."
    if unknown := unknown_facts(version, facts):
        said = ", ".join(FACT_WORDS[fact] for fact in unknown)
        yield f"The penalty of {version.id} depends on what is not known: {said}."


def _of_later(version: ProvisionVersion) -> str:
    if version.status in NOT_IN_FORCE:
        return f"{version.id} is enacted, not in force on these days; it does not reach back."
    return f"{version.id} is recorded from {version.valid_from} only."


def _of_version(version: ProvisionVersion, image: ImageClass, content: ContentKind | None) -> list[str]:
    said = []
    match version.status:
        case ProvisionStatus.COMMENCEMENT_UNVERIFIED:
            said.append(
                f"{version.id} is enacted, but its commencement is not verified: not counted as in force."
            )
        case ProvisionStatus.ENACTED:
            said.append(
                f"{version.id} is enacted; that it applies from {version.valid_from} is not verified."
            )
        case ProvisionStatus.REPEALED:
            said.append(f"{version.id} is an earlier wording, in force to {version.valid_to}.")
        case ProvisionStatus.IN_FORCE | ProvisionStatus.BILL | ProvisionStatus.POLICY_ONLY:
            pass
    if version.from_unknown:
        said.append(
            f"The first day of {version.id} is not recorded; it is taken to hold from the start of the record."
        )
    said += _of_penalty(version)
    if version.liability is not Liability.CRIMINAL:
        said.append(f"{version.id} is {version.liability.value.replace('_', ' ')}, not criminal, liability.")
    match version.images[image]:
        case Cover.PARTIAL:
            said.append(f"{version.id} covers this image class in part only.")
        case Cover.UNCLEAR:
            said.append(f"Whether {version.id} covers this image class is unclear.")
        case Cover.YES | Cover.NO:
            pass
    if version.contents and content is None:
        shown = " or ".join(c.value.replace("_", " ") for c in version.contents)
        said.append(f"{version.id} applies only where the picture shows: {shown}.")
    return said


def _of_penalty(version: ProvisionVersion) -> Iterator[str]:
    told, known = version.penalty.text, version.penalty.known_from
    if known is not None and told == PENALTY_UNKNOWN.format(known):
        yield f"The penalty of {version.id} is {told}: a later text need not be the law of then."
    elif told:
        yield f"{version.id}, penalty: {told}"


def _of_knowledge(record: str, knowledge: Knowledge, as_of: date | None) -> list[str]:
    said = []
    match knowledge.basis:
        case Basis.MEMORY:
            said.append(f"{record} rests on memory, not on a text that was read: no better than unclear.")
        case Basis.MIXED:
            said.append(f"{record} rests in part on memory.")
        case Basis.SOURCED:
            pass
    if knowledge.confidence is Confidence.LOW:
        said.append(f"{record} has low confidence: no better than unclear.")
    if as_of is not None:
        verified = knowledge.verified_on if knowledge.verified_on and knowledge.verified_on <= as_of else None
        if as_of - (verified or knowledge.recorded_on) > timedelta(days=STALE_DAYS):
            said.append(f"{record} was not verified in the {STALE_DAYS} days before {as_of}.")
    return said


def with_lex_mitior(segments: Sequence[Segment]) -> list[Segment]:
    """Mark segments after which the law is milder in a recorded measure, or cannot be compared.

    Compared are, over the criminal provisions that reach the case, in force or of unconfirmed commencement: the highest
    maximum of all of them, the minimum of each provision with that of its later wording, and the kind of liability.
    Aggravated tiers and fines are not compared.
    """
    marked = []
    for number, segment in enumerate(segments):
        flag, cautions = _milder(segment.answer, [later.answer for later in segments[number + 1 :]])
        answer = replace(
            segment.answer, lex_mitior=flag, cautions=(*segment.answer.cautions, *dict.fromkeys(cautions))
        )
        marked.append(replace(segment, answer=answer))
    return marked


def _reaching(answer: Answer, *, criminal: bool) -> list[ProvisionVersion]:
    listed = (*answer.provisions, *answer.unconfirmed)
    return [v for v in listed if (v.liability is Liability.CRIMINAL) is criminal]


def _highest(versions: list[ProvisionVersion]) -> int | None:
    """The highest maximum in months; None when one of them is not recorded."""
    months = [months_of(v.penalty.max) if v.penalty.max else None for v in versions]
    known = [m for m in months if m is not None]
    return max(known) if len(known) == len(months) else None


def _milder(now: Answer, after: list[Answer]) -> tuple[bool | None, list[str]]:
    held = _reaching(now, criminal=True)
    cautions: list[str] = []
    flag: bool | None = False
    if not held:
        return flag, cautions
    for later in after:
        then = _reaching(later, criminal=True)
        if [v.id for v in then] == [v.id for v in held]:
            continue
        for found, said in (
            _milder_kind(then, later),
            _milder_maximum(held, then),
            *_milder_minima(held, then),
        ):
            flag = True if found else flag if found is False else flag or None
            cautions += [f"Lex mitior: {said}"] if said else []
    return flag, cautions


_MUST = "the milder law may have to be applied."
_Compared = tuple[bool | None, str]


def _milder_kind(then: list[ProvisionVersion], later: Answer) -> _Compared:
    """Whether only liability that is not criminal is left."""
    left = _reaching(later, criminal=False)
    if then or not left:
        return False, ""
    ids = ", ".join(v.id for v in left)
    return True, f"later only liability that is not criminal is recorded ({ids}); {_MUST}"


def _milder_maximum(held: list[ProvisionVersion], then: list[ProvisionVersion]) -> _Compared:
    ids = ", ".join(v.id for v in then) or "none"
    before, afterwards = _highest(held), _highest(then) if then else None
    if before is None or afterwards is None:
        return None, f"the recorded provisions change later (then: {ids}); the maxima cannot be compared."
    if afterwards >= before:
        return False, ""
    lower = f"{in_words(f'P{afterwards}M')}, before {in_words(f'P{before}M')}"
    return True, f"a later version has a lower maximum ({ids}: {lower}); {_MUST}"


def _milder_minima(held: list[ProvisionVersion], then: list[ProvisionVersion]) -> Iterator[_Compared]:
    """The minimum of each wording beside that of later wordings of the same provision."""
    for version in held:
        before = months_of(version.penalty.min) if version.penalty.min else None
        if before is None:
            continue
        for later in then:
            if later.provision != version.provision or later.id == version.id:
                continue
            afterwards = months_of(later.penalty.min) if later.penalty.min else None
            if afterwards is None:
                yield None, f"whether {later.id} still has the minimum of {version.id} is not recorded."
            elif afterwards < before:
                lower = f"{in_words(f'P{afterwards}M')}, before {in_words(f'P{before}M')}"
                yield True, f"a later version has a lower minimum ({later.id}: {lower}); {_MUST}"
