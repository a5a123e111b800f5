"""A session in the middle of an act, for tests of the parts that acts are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fairlead.case.place.session import Session
from fairlead.register.pending import Pending


@dataclass(frozen=True)
class AnyAct:
    """An act that may write every entry and finishes none that was cut short."""

    finishes: bool = False

    @property
    def before(self) -> dict[str, str | int]:
        return {}

    def keep(self, facts: dict[str, str | int]) -> dict[str, str | int]:
        return facts

    def writes(self, what: str) -> bool:
        return True

    def entered(self, pending: Pending, *, at: datetime) -> int:
        from fairlead.register.ledger_store import record_entries

        return record_entries([pending], at=at)[0]


def within_an_act(session: Session) -> Session:
    """The session as a verb hands it to the work."""
    return replace(session, doing=AnyAct())
