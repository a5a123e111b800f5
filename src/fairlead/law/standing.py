"""What is asked in every case, whatever the act: answered by a record or left open, never absent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from fairlead.law.load import RecordSet
from fairlead.law.record import StandingAnswer
from fairlead.terms.law import Standing

_ASKED = {
    Standing.TERRITORIAL: "Was the act, or a part or an effect of it, inside the territory, as this law sees it?",
    Standing.PERSONAL: "Does this law follow its citizens or residents abroad for this offence?",
    Standing.UNIVERSAL: "Does this law reach this offence abroad whoever committed it?",
    Standing.ATTEMPT: "Is an attempt of this offence punishable, and where does it begin?",
    Standing.LIMITATION: "Until which day can the act be prosecuted?",
    Standing.DUAL_CRIMINALITY: "Must the act be punishable in both states for the co-operation that is asked for?",
    Standing.CONSENT: "Does a prosecution need the consent of an authority, or a complaint?",
    Standing.AGE: "How old must the person have been on the day of the act?",
    Standing.INTENT: "What must the person have known or wanted, and is negligence enough?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingPoint:
    """One of the questions of every case, with the answers that are recorded for a place; none leaves it open."""

    question: Standing
    text: str
    ask: str
    answers: tuple[StandingAnswer, ...]

    @property
    def said(self) -> str:
        """The point in one line: what a text that was read says, else the question and who answers it."""
        read = [a for a in self.answers if a.wording is not None]
        if read:
            told = " ".join(f"{a.says} ({a.citation})." for a in read)
            return f"{self.question.value.replace('_', ' ')}: {told}"
        return f"{self.question.value.replace('_', ' ')}, open, for {self.ask}: {self.text}"


@lru_cache(maxsize=4096)
def standing_of(records: RecordSet, code: str, as_of: date | None = None) -> tuple[StandingPoint, ...]:
    """The points of a jurisdiction in the order of the list; of a place that nobody recorded all are open."""
    home = records.home_of(code)
    places = {code, home.code} if home is not None else {code}
    ask = (home.ask if home is not None else "") or f"a public prosecutor in {home.name if home else code}"
    found = [a for a in records.standing if places & set(a.jurisdictions) and a.knowledge.known_on(as_of)]
    return tuple(
        StandingPoint(
            question=question,
            text=text,
            ask=ask,
            answers=tuple(a for a in found if a.question is question),
        )
        for question, text in _ASKED.items()
    )
