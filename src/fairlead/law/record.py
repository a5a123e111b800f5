"""Law records: versions of provisions, gaps, police powers, sources, jurisdictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fairlead.terms.law import (
    AgeBand,
    Basis,
    Confidence,
    ContentKind,
    Cover,
    Fact,
    ImageClass,
    LegalAct,
    Liability,
    ProvisionStatus,
    SourceKind,
    Standing,
    TierKind,
)

NOT_IN_FORCE = frozenset(
    {
        ProvisionStatus.ENACTED,
        ProvisionStatus.COMMENCEMENT_UNVERIFIED,
        ProvisionStatus.BILL,
        ProvisionStatus.POLICY_ONLY,
    }
)
PENDING = frozenset({ProvisionStatus.BILL, ProvisionStatus.POLICY_ONLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement about the law was read, what kind of text that is, and on which day."""

    key: str
    title: str
    kind: SourceKind
    accessed_on: date
    addresses: tuple[str, ...]
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """What the record leaves open, as a question, and who is competent to answer it."""

    id: str
    text: str
    ask: str
    opened_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Facts that must hold: every one of ``all_of``, and one of ``any_of`` where that names any."""

    all_of: tuple[Fact, ...] = ()
    any_of: tuple[Fact, ...] = ()

    def met(self, known: Mapping[Fact, bool]) -> bool | None:
        """Whether they hold, as far as the facts of a case are known; None where that is not known."""
        every = [known.get(fact) for fact in self.all_of]
        some = [known.get(fact) for fact in self.any_of]
        if False in every or (some and not any(held is not False for held in some)):
            return False
        sure = all(every) and (not some or any(some))
        return True if sure else None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every fact that is asked for."""
        return (*self.all_of, *self.any_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must hold before a wording reaches an act: said as “only where …”. Without acts it is for all of them.

    ``needs`` says it in facts of a case, where facts can say it: then it is met once they are known.
    """

    text: str
    acts: tuple[LegalAct, ...]
    needs: Needs = Needs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One range of penalty of a provision, and what puts a case into it."""

    kind: TierKind
    citation: str
    text: str
    min: str | None
    max: str | None
    acts: tuple[LegalAct, ...]
    images: tuple[ImageClass, ...]
    age_band: AgeBand | None
    needs: Needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of the law themselves, in its language, and how they were read."""

    language: str
    words: str
    translation: str
    read_on: date
    means: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """Custody as the provision states it, ISO 8601 durations; null where it is not recorded.

    ``known_from`` is the first day for which a text with this penalty was read, where that is later than the wording.
    """

    max: str | None = None
    aggravated_max: str | None = None
    min: str | None = None
    aggravated_min: str | None = None
    text: str = ""
    known_from: date | None = None
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What a record rests on and when we knew it: the second time axis beside that of the law."""

    basis: Basis
    confidence: Confidence
    seed_confidence: Confidence | None
    sources: tuple[str, ...]
    recorded_on: date
    superseded_on: date | None
    verified_on: date | None
    verified_by: str
    verified_state: str = ""

    def known_on(self, day: date | None) -> bool:
        """Whether the record was part of what we knew on a day; None asks for what is known last."""
        if day is None:
            return self.superseded_on is None
        return self.recorded_on <= day and (self.superseded_on is None or day < self.superseded_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionVersion:
    """One wording of one provision over the days on which it was the law, as recorded."""

    id: str
    provision: str
    jurisdictions: tuple[str, ...]
    acts: tuple[LegalAct, ...]
    images: Mapping[ImageClass, Cover]
    age_band: AgeBand
    contents: tuple[ContentKind, ...]
    citation: str
    uri: str
    status: ProvisionStatus
    liability: Liability
    valid_from: date | None
    valid_to: date | None
    from_unknown: bool
    enacted_on: date | None
    penalty: Penalty
    defences: tuple[str, ...]
    knowledge: Knowledge
    open_questions: tuple[OpenQuestion, ...]
    conditions: tuple[Condition, ...] = ()
    notes: tuple[str, ...] = ()
    wording: Wording | None = None

    @property
    def penalty_known_from(self) -> date | None:
        """The first day on which the recorded penalty is known to hold; None when it is that of all its days.

        A wording that still holds and whose first day nobody knows may have had another penalty before it was read.
        """
        if self.penalty.known_from is not None or not self.from_unknown or self.valid_to is not None:
            return self.penalty.known_from
        return self.knowledge.recorded_on

    def conditions_for(self, act: LegalAct) -> tuple[Condition, ...]:
        """The conditions under which this wording reaches an act."""
        return tuple(c for c in self.conditions if not c.acts or act in c.acts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The sourced statement that no provision reaches an act. No record is never a gap."""

    id: str
    jurisdictions: tuple[str, ...]
    acts: tuple[LegalAct, ...]
    images: tuple[ImageClass, ...]
    age_band: AgeBand
    contents: tuple[ContentKind, ...]
    valid_from: date | None
    valid_to: date | None
    text: str
    knowledge: Knowledge
    open_questions: tuple[OpenQuestion, ...]
    notes: tuple[str, ...] = ()
    wording: Wording | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingAnswer:
    """What the law of a place says to a question that is asked in every case."""

    id: str
    question: Standing
    jurisdictions: tuple[str, ...]
    citation: str
    uri: str
    says: str
    valid_from: date | None
    valid_to: date | None
    knowledge: Knowledge
    wording: Wording | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicePower:
    """A rule on what officers may do with such material; without it advice could be unlawful."""

    id: str
    jurisdictions: tuple[str, ...]
    citation: str
    text: str
    valid_from: date | None
    status: str
    knowledge: Knowledge
    wording: Wording | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A statutory term in the language of the law, and what it says in English."""

    local: str
    english: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A record of a union of states that does not bind one of its members."""

    record: str
    country: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """A country, a union of states or a fictional template, with its parts where law differs inside it."""

    code: str
    name: str
    history_from: date
    note: str
    parts: Mapping[str, str]
    members: tuple[str, ...]
    exemptions: tuple[Exemption, ...]
    terms: tuple[Term, ...]
    ask: str = ""
    texts_free: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes under which law is asked for: the parts, or the country when it has none."""
        return tuple(self.parts) or (self.code,)

    def name_of(self, code: str) -> str:
        """The name of the jurisdiction or of one of its parts."""
        return self.parts.get(code, self.name)
