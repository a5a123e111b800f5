"""What a country did with its leads: a signed file back, also when nothing was done, and why."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairlead.leads.dsse import Officer, refused, sign_statement, verify_statement
from fairlead.leads.strict_json import objects_in, text_in, texts_in
from fairlead.terms.names import CountryCode, ExhibitNumber, LeadName, PackageName

_MOST = 10_000  # devices or victims of one lead: more is a mistake or a lie
_MOST_OUTCOMES = 100_000
_MOST_EXHIBITS = 1_000
_SUBJECT = "outcomes"
OUTCOME_TYPE = "urn:fairlead:outcome:1"


class OutcomeState(StrEnum):
    """What can have come of a lead; several may hold at once."""

    NOT_RESIDENT = "not_resident"
    IDENTIFIED = "identified"
    INTERVIEWED = "interviewed"
    WARNED = "warned"
    SEARCHED = "searched"
    ARRESTED = "arrested"
    CHARGED = "charged"
    NO_ACTION = "no_action"


_DONE_THERE = frozenset(
    {OutcomeState.WARNED, OutcomeState.SEARCHED, OutcomeState.ARRESTED, OutcomeState.CHARGED}
)
"""What is done to a person in the country: not where the person does not live there, nor where nothing was done."""


class NoActionReason(StrEnum):
    """Why nothing was done."""

    NO_OFFENCE_IN_NATIONAL_LAW = "no_offence_in_national_law"
    NOT_IDENTIFIED = "not_identified"
    NOT_PROPORTIONATE = "not_proportionate"
    ALREADY_KNOWN = "already_known"
    TIME_BARRED = "time_barred"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one lead. ``released`` says whether the country lets its numbers be published."""

    lead: str
    states: tuple[OutcomeState, ...]
    reason: NoActionReason | None = None
    devices_seized: int = 0
    victims_safeguarded: int = 0
    new_exhibits: tuple[str, ...] = ()
    released: bool = False

    def __post_init__(self) -> None:
        if not self.states:
            raise ValueError("an outcome has at least one state")
        if (OutcomeState.NO_ACTION in self.states) != (self.reason is not None):
            raise ValueError("no_action and its reason go together")
        none_there = {OutcomeState.NO_ACTION, OutcomeState.NOT_RESIDENT} & set(self.states)
        if none_there and (_DONE_THERE & set(self.states) or self.devices_seized):
            raise ValueError(f"{min(none_there)} does not go with what was done to a person or seized there")
        if self.reason is NoActionReason.NOT_IDENTIFIED and OutcomeState.IDENTIFIED in self.states:
            raise ValueError("not_identified does not go with identified")
        if not all(map(ExhibitNumber.fits, self.new_exhibits)):
            raise ValueError(f"a new exhibit has a number of another form than {ExhibitNumber.wanted}")
        if not (0 <= self.devices_seized <= _MOST and 0 <= self.victims_safeguarded <= _MOST):
            raise ValueError(f"counts are from 0 to {_MOST}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeFile:
    """Outcomes of leads of one package, told by the SHA-256 of its file, as one country reports them at one time."""

    package: str
    sha256: str
    country: str
    at: datetime
    outcomes: tuple[Outcome, ...]

    def __post_init__(self) -> None:
        if not self.outcomes:
            raise ValueError("a report is about one lead or more")
        for of in ("devices_seized", "victims_safeguarded"):
            counted: Counter[str] = Counter()
            for outcome in self.outcomes:
                counted[outcome.lead] += getattr(outcome, of)
            if max(counted.values()) > _MOST:
                raise ValueError(
                    f"counts of one lead are from 0 to {_MOST}, however many outcomes they stand in"
                )

    def digest(self) -> str:
        """SHA-256 over what is reported, however the envelope around it is written."""
        return hashlib.sha256(json.dumps(_value(self), sort_keys=True).encode()).hexdigest()


def sign_outcomes(file: OutcomeFile, officer: Officer) -> str:
    """The outcomes as a signed envelope over their canonical JSON and the package's digest."""
    subjects = {_SUBJECT: file.digest(), f"{file.package}.tar.age": file.sha256}
    return sign_statement(subjects, OUTCOME_TYPE, _value(file), [officer])


def _value(file: OutcomeFile) -> dict[str, object]:
    return {
        "package": file.package,
        "country": file.country,
        "at": file.at.isoformat(),
        "outcomes": [
            {
                "lead": o.lead,
                "states": [s.value for s in o.states],
                "reason": o.reason.value if o.reason else "",
                "devices_seized": o.devices_seized,
                "victims_safeguarded": o.victims_safeguarded,
                "new_exhibits": list(o.new_exhibits),
                "released": o.released,
            }
            for o in file.outcomes
        ],
    }


def verify_outcomes(
    untrusted_text: str, keys: Mapping[str, Ed25519PublicKey], *, known_leads: Sequence[str] | None = None
) -> tuple[OutcomeFile, str]:
    """The outcomes and their signer. Raises ItemError when they are not to be believed or about other leads."""
    statement = verify_statement(untrusted_text, keys, predicate_type=OUTCOME_TYPE)
    value = statement.predicate
    try:
        file = OutcomeFile(
            package=PackageName.parse(value["package"]),
            sha256=statement.subjects[f"{value['package']}.tar.age"],
            country=CountryCode.parse(value["country"]),
            at=datetime.fromisoformat(text_in(value["at"])),
            outcomes=tuple(
                Outcome(
                    lead=LeadName.parse(o["lead"]),
                    states=tuple(dict.fromkeys(OutcomeState(s) for s in texts_in(o["states"]))),
                    reason=NoActionReason(text_in(o["reason"])) if o["reason"] else None,
                    devices_seized=_count(o["devices_seized"]),
                    victims_safeguarded=_count(o["victims_safeguarded"]),
                    new_exhibits=_exhibits(o["new_exhibits"]),
                    released=_yes_or_no(o["released"]),
                )
                for o in objects_in(value["outcomes"], most=_MOST_OUTCOMES)
            ),
        )
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as problem:
        raise refused("the outcomes cannot be read, or say what cannot be", "PACKAGE-OUTCOME") from problem
    strange = [o.lead for o in file.outcomes if known_leads is not None and o.lead not in known_leads]
    if strange:
        raise refused(
            f"the outcomes are about {len(strange)} leads that were not in that package", "PACKAGE-OUTCOME"
        )
    return file, statement.signers[0]


def _exhibits(untrusted: object) -> tuple[ExhibitNumber, ...]:
    if not isinstance(untrusted, list) or len(untrusted) > _MOST_EXHIBITS:
        raise TypeError("exhibits are a list, and not without end")
    return tuple(ExhibitNumber.parse(e) for e in untrusted)


def _yes_or_no(untrusted: object) -> bool:
    if not isinstance(untrusted, bool):
        raise TypeError("whether numbers may be published is true or false")
    return untrusted


def _count(untrusted: object) -> int:
    if type(untrusted) is not int:
        raise TypeError("a count is a whole number")
    return untrusted
