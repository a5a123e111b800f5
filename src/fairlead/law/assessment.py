"""What the resolver answers: one verdict per sub-range of the period, with what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from fairlead.law.record import Gap, ProvisionVersion, Term
from fairlead.law.standing import StandingPoint
from fairlead.law.tiers import FactsKnown
from fairlead.terms.law import AgeBand, ContentKind, ImageClass, LawVerdict, LegalAct

NOT_ADVICE = "Not legal advice; verify at the source."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What holds on every day of a sub-range.

    ``provisions`` are recorded as in force (or as in force then, and repealed since). ``unconfirmed`` are
    enacted, but their commencement is not verified: they are never counted as an offence in force.
    ``later`` start after the sub-range, ``bills`` are not law at all. ``context`` is law of a union of
    states that binds this member, and never moves the verdict. ``lex_mitior`` is None when a later version
    exists whose maximum or minimum cannot be compared.
    """

    verdict: LawVerdict
    provisions: tuple[ProvisionVersion, ...] = ()
    unconfirmed: tuple[ProvisionVersion, ...] = ()
    not_reaching: tuple[ProvisionVersion, ...] = ()
    gaps: tuple[Gap, ...] = ()
    later: tuple[ProvisionVersion, ...] = ()
    bills: tuple[ProvisionVersion, ...] = ()
    open_questions: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    lex_mitior: bool | None = False
    by_age: tuple[tuple[AgeBand, LawVerdict], ...] = ()

    @property
    def citations(self) -> tuple[str, ...]:
        """Citations of what is relied on, those of unconfirmed commencement marked as such."""
        said = [version.citation for version in self.provisions]
        return tuple(said + [f"{v.citation} (commencement not verified)" for v in self.unconfirmed])

    @property
    def upcoming(self) -> tuple[str, ...]:
        """Ids of everything recorded that is not in force in the sub-range."""
        return tuple(v.id for v in (*self.unconfirmed, *self.later, *self.bills))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedPeriod:
    """One sub-range, first and last day included, and its answer."""

    from_on: date
    to_on: date
    answer: Answer

    @property
    def verdict(self) -> LawVerdict:
        """The verdict of the sub-range."""
        return self.answer.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The answer to one question, as known on ``as_of`` (None: as known last).

    ``context`` is law of a union of states, ``proposed`` its bills and policies: these are not law and bind nobody.
    """

    jurisdiction: str
    from_on: date
    to_on: date
    act: LegalAct
    image: ImageClass
    age_band: AgeBand
    content: ContentKind | None
    as_of: date | None
    periods: tuple[AssessedPeriod, ...]
    context: tuple[ProvisionVersion, ...]
    proposed: tuple[ProvisionVersion, ...]
    terms: tuple[Term, ...]
    jurisdiction_question: str
    standing: tuple[StandingPoint, ...]
    facts: FactsKnown

    @property
    def verdict(self) -> LawVerdict:
        """The verdict of all sub-ranges when they agree, else ``unclear``: then it depends on the day."""
        return agreed(period.verdict for period in self.periods)


def agreed(verdicts: Iterable[LawVerdict]) -> LawVerdict:
    """The one verdict that all give, or ``unclear`` when they differ."""
    distinct = set(verdicts)
    return distinct.pop() if len(distinct) == 1 else LawVerdict.UNCLEAR
