"""All jurisdictions and acts side by side on one day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from fairlead.law.assessment import Answer
from fairlead.law.load import RecordSet
from fairlead.law.record import Gap, Jurisdiction, Knowledge, PolicePower
from fairlead.law.resolve import ask, periods_of
from fairlead.terms.law import AgeBand, ContentKind, ImageClass, LawVerdict, LegalAct

UNCOVERED = (LawVerdict.GAP_ASSERTED, LawVerdict.UNCLEAR, LawVerdict.NOT_ASSESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The answer for one jurisdiction and act on one day."""

    jurisdiction: str
    act: LegalAct
    answer: Answer

    def row(self) -> dict[str, object]:
        """The answer as a row to print."""
        answer = self.answer
        maxima = sorted({v.penalty.max for v in answer.provisions if v.penalty.max})
        return {
            "jurisdiction": self.jurisdiction,
            "act": self.act.value,
            "verdict": answer.verdict.value,
            "provisions": [v.id for v in answer.provisions],
            "citations": list(answer.citations),
            "maximum": maxima,
            "gaps": [gap.id for gap in answer.gaps],
            "upcoming": list(answer.upcoming),
        }


def coverage_on(
    records: RecordSet,
    day: date,
    *,
    image: ImageClass,
    age_band: AgeBand = AgeBand.UNDER_18,
    acts: Iterable[LegalAct] = tuple(LegalAct),
    codes: Iterable[str] | None = None,
    content: ContentKind | None = None,
) -> list[Coverage]:
    """The answers on one day, by jurisdiction and act."""
    listed = []
    for code in codes if codes is not None else records.codes:
        for act in acts:
            question = ask(code, act, image, age_band, content)
            (period,) = periods_of(records, question, (day, day))
            listed.append(Coverage(jurisdiction=code, act=act, answer=period.answer))
    return listed


def newest_day(records: RecordSet) -> date:
    """The newest day on which anything was recorded or verified: the day of the pages made from the data."""
    days = [k.verified_on or k.recorded_on for k in (v.knowledge for v in records.versions)]
    return max(days, default=date.min)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How much of the law of one place, or of all, is answered, read and reviewed."""

    verdicts: Mapping[LawVerdict, int]
    wordings: int
    read: int
    records: int
    reviewed: int

    @property
    def cells(self) -> int:
        """How many questions were asked."""
        return sum(self.verdicts.values())

    @property
    def answered(self) -> int:
        """How many of them have an answer, an open question to somebody, or a stated gap."""
        return self.cells - self.verdicts.get(LawVerdict.NOT_ASSESSED, 0)

    @property
    def said(self) -> str:
        """The figures in words."""
        told = ", ".join(f"{self.verdicts.get(v, 0):,} {v.replace('_', ' ')}" for v in LawVerdict)
        return (
            f"of {self.cells:,} cells (act, picture, age under or from 14): {told}. Of {self.wordings} wordings "
            f"{self.read} hold the words of the law as they were read. Of {self.records} records {self.reviewed} were "
            "reviewed by a named lawyer."
        )


def figures_on(records: RecordSet, day: date, home: Jurisdiction | None = None) -> Figures:
    """The figures of one country, or of every one but the fictional one, on a day."""
    codes = home.codes if home is not None else records.codes
    verdicts = Counter(
        covered.answer.verdict
        for image in ImageClass
        for band in (AgeBand.UNDER_14, AgeBand.FROM_14_TO_17)
        for covered in coverage_on(records, day, image=image, age_band=band, codes=codes)
    )
    places = {code.split("-")[0] for code in codes}
    wordings = [v for v in records.versions if _known(v.knowledge) and _home(v.jurisdictions) in places]
    listed: tuple[Gap | PolicePower, ...] = (*records.gaps, *records.powers)
    others = [r for r in listed if _known(r.knowledge) and _home(r.jurisdictions) in places]
    reviewed = [r.knowledge.verified_by for r in wordings] + [r.knowledge.verified_by for r in others]
    return Figures(
        verdicts=verdicts,
        wordings=len(wordings),
        read=sum(v.wording is not None for v in wordings),
        records=len(wordings) + len(others),
        reviewed=sum(map(bool, reviewed)),
    )


def _known(knowledge: Knowledge) -> bool:
    return knowledge.superseded_on is None


def _home(jurisdictions: tuple[str, ...]) -> str:
    return jurisdictions[0].split("-")[0]
