"""What a country sends back, taken in from its page or at the command line: receipts, outcomes, acknowledgements."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.case.place.session import Session
from fairlead.case.receiving.acknowledgements import take_acknowledgement
from fairlead.case.receiving.foreign import Incoming, kind_of
from fairlead.case.receiving.outcomes import take_outcomes
from fairlead.case.receiving.receipts import take_receipt
from fairlead.register.actions import Action
from fairlead.terms.errors import UsageError
from fairlead.terms.names import PackageName


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A file that was taken in: what it was, which package it is about, and what to tell who brought it.

    ``again``: the same was here before. ``older``: a newer answer of the country holds. ``said``: the state of a receipt,
    or how many outcomes or recalls it was about. ``replaced``: what earlier reports of outcomes said, and this one, which
    takes their place, does not.
    """

    kind: Incoming
    package: PackageName
    again: bool
    older: bool
    said: str
    replaced: tuple[str, ...] = ()


def take_in(
    session: Session, untrusted_text: str, *, country: str | None = None, kind: Incoming | None = None
) -> Taken:
    """Check a signed file of a country with the keys that are kept of it, and keep what it says.

    ``country`` and ``kind`` are what it is given as; without them it is taken as what it says it is. It may be given by
    the country's own liaison officer or by who may release to it: the signature decides what is believed, not who brings
    it. UsageError when the country's keys are not known; ItemError when it is refused.
    """
    given_for = country
    if country is not None:
        _require(session, country)
    found, package = kind_of(untrusted_text)
    country = country or package.country
    if (package.operation, package.country) != (session.operation, country):
        raise UsageError(
            "the file is about another country's package, or none",
            "Open the page of the country whose package it is about.",
            code="USAGE-UPLOAD",
        )
    if kind not in (None, found):
        raise UsageError(
            f"the file is of another kind: {found.value}",
            "Take it in as what it is.",
            code="USAGE-UPLOAD",
        )
    if given_for is None:
        _require(session, country)
    match found:
        case Incoming.RECEIPT:
            receipt = take_receipt(session, country, untrusted_text)
            return Taken(
                kind=found,
                package=package,
                again=receipt.again,
                older=receipt.older,
                said=receipt.receipt.state.value,
            )
        case Incoming.OUTCOMES:
            outcomes = take_outcomes(session, country, untrusted_text)
            return Taken(
                kind=found,
                package=package,
                again=outcomes.again,
                older=outcomes.older,
                said=f"{outcomes.new} of {outcomes.outcomes} new",
                replaced=outcomes.replaced,
            )
        case Incoming.ACKNOWLEDGEMENT:
            answer = take_acknowledgement(session, country, untrusted_text)
            return Taken(
                kind=found, package=package, again=answer.again, older=False, said=f"{answer.closed} closed"
            )


def _require(session: Session, country: str) -> None:
    session.require(Action.ANSWER, Action.RELEASE, country=country)
