"""All jurisdictions and acts side by side on one day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from fairlead.law.assessment import Answer
from fairlead.law.load import RecordSet
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
