"""What a country sends back, taken in from its page: receipts, outcomes, and acknowledgements of recalls."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fairlead.case.place.keys import LeadKeys, parse_lead_keys
from fairlead.case.place.session import Session
from fairlead.case.sending.followup import take_acknowledgement, take_outcomes
from fairlead.case.sending.packages import take_receipt
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.leads.outcome import OUTCOME_TYPE
from fairlead.leads.recall import ACKNOWLEDGEMENT_TYPE
from fairlead.leads.receipt import RECEIPT_TYPE
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import CountryCode, PackageName


class Incoming(StrEnum):
    """What a file from a country is."""

    RECEIPT = "receipt"
    OUTCOMES = "outcomes"
    ACKNOWLEDGEMENT = "acknowledgement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A file that was taken in: what it was, and which package it is about."""

    kind: Incoming
    package: PackageName


_KINDS = {
    RECEIPT_TYPE: Incoming.RECEIPT,
    OUTCOME_TYPE: Incoming.OUTCOMES,
    ACKNOWLEDGEMENT_TYPE: Incoming.ACKNOWLEDGEMENT,
}


def take_in(session: Session, country: str, untrusted_text: str) -> Taken:
    """Check a signed file of a country and keep what it says.

    It may be given by the country's own liaison officer or by who may release to it: the signature decides what is
    believed, not who brings it. UsageError when the country's keys are not known; ItemError when it is refused.
    """
    _require(session, country)
    keys = partner_keys(session, country)
    kind, package = _read_kind(untrusted_text)
    if (package.operation, package.country) != (session.operation, country):
        raise UsageError(
            "the file is about another country's package, or none",
            "Open the page of the country whose package it is about.",
            code="USAGE-UPLOAD",
        )
    take: dict[Incoming, Callable[[Session, Path, LeadKeys], object]] = {
        Incoming.RECEIPT: take_receipt,
        Incoming.OUTCOMES: take_outcomes,
        Incoming.ACKNOWLEDGEMENT: take_acknowledgement,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "incoming.json"
        path.write_text(untrusted_text)
        take[kind](session, path, keys)
    return Taken(kind=kind, package=package)


def _require(session: Session, country: str) -> None:
    from fairlead.register.gate import acting_as, can
    from fairlead.register.models import User

    user = User(pk=session.user_id)
    with acting_as(user):
        own = can(user, Action.ANSWER, operation=session.operation, country=country, at=session.clock())
    if not own:
        session.require(Action.RELEASE, country=country)


def _read_kind(untrusted_text: str) -> tuple[Incoming, PackageName]:
    """What the file says it is, and its package: only to know which check to make."""
    try:
        statement = json.loads(base64.b64decode(json.loads(untrusted_text)["payload"], validate=True))
        kind, untrusted_name = _KINDS[str(statement["predicateType"])], statement["predicate"]["package"]
    except (KeyError, TypeError, ValueError, RecursionError) as problem:
        raise UsageError(
            "the file is no receipt, no outcomes and no acknowledgement",
            "Give the file that `fairlead package accept`, `outcome report` or `package recalled` wrote.",
            code="USAGE-UPLOAD",
        ) from problem
    return kind, PackageName.parse(untrusted_name)


def _keys_file(session: Session, country: str) -> Path:
    return session.workspace.keys / f"partner-{session.operation}-{CountryCode.given(country)}.json"


def partner_keys(session: Session, country: str) -> LeadKeys:
    """The public keys of a country's officers, as an administrator has kept them; UsageError when there are none."""
    path = _keys_file(session, country)
    if not path.is_file():
        raise UsageError(
            f"the keys of {country}'s officers are not known here",
            "An administrator takes in the file that the country's `fairlead key export` wrote.",
            code="USAGE-KEY",
        )
    return parse_lead_keys(path.read_text())


def partner_officers(session: Session, country: str) -> tuple[str, ...]:
    """Names of a country's officers whose keys are known here."""
    if not _keys_file(session, country).is_file():
        return ()
    return tuple(sorted(partner_keys(session, country).officers))


@verb(
    "partner.keys",
    Action.ADMINISTER,
    becomes=Operation.ALTERATION,
    command="none: keys of partners are kept on the page of people",
    page="workbench:administration",
    about=("country",),
    of=in_country("country"),
)
def keep_partner_keys(session: Session, country: str, untrusted_text: str) -> None:
    """Keep the public keys of a country's officers. Compare them by another channel first: they decide what is believed."""
    keys = parse_lead_keys(untrusted_text)
    if keys.country != country:
        raise UsageError(
            f"the file holds keys of {keys.country}, not of {country}",
            "Choose the country the file came from.",
            code="USAGE-KEY",
        )
    path = _keys_file(session, country)
    fresh = path.with_suffix(".new")
    fresh.write_text(keys.to_json())
    fresh.replace(path)
    session.record(
        Operation.ALTERATION, "partner.keys", (country, *sorted(keys.officers)), "keys of a country kept"
    )
