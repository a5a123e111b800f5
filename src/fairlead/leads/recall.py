"""Recall notices (Directive (EU) 2016/680, art. 7(3)): signed, about a package or some of its leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairlead.leads.dsse import CLOCKS_APART, Officer, refused, sign_statement, verify_statement
from fairlead.leads.strict_json import text_in
from fairlead.terms.names import CountryCode, LeadName, PackageName

_MOST_LEADS, _LONGEST_REASON = 10_000, 2_000
RECALL_TYPE = "urn:fairlead:recall:1"
ACKNOWLEDGEMENT_TYPE = "urn:fairlead:recall-acknowledgement:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What is taken back, and why. ``leads`` empty means the whole package."""

    package: str
    sha256: str
    country: str
    leads: tuple[str, ...]
    reason: str
    at: datetime


def sign_recall(recall: Recall, officer: Officer) -> str:
    """The notice as a signed envelope over the package's digest."""
    predicate = {
        "package": recall.package,
        "country": recall.country,
        "leads": list(recall.leads),
        "reason": recall.reason,
        "at": recall.at.isoformat(),
        "asks": "Stop using what is named, erase or restrict it (LED art. 16), and acknowledge.",
    }
    return sign_statement({f"{recall.package}.tar.age": recall.sha256}, RECALL_TYPE, predicate, [officer])


def verify_recall(untrusted_text: str, keys: Mapping[str, Ed25519PublicKey]) -> tuple[Recall, str]:
    """The notice and its signer, once a known officer's signature holds; raises ItemError otherwise."""
    recall, signer, _ = _read(untrusted_text, keys, RECALL_TYPE)
    return recall, signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A recipient's answer to one notice; ``notice`` is its SHA-256, empty in answers of older versions."""

    package: str
    sha256: str
    country: str
    leads: tuple[str, ...]
    notice: str
    at: datetime

    def answers(self, *, notice: str, leads: tuple[str, ...], at: datetime) -> bool:
        """Whether it answers the notice of this digest, about these leads, and was signed after it (``at``).

        Where either side kept no digest, one about the same leads that was signed before it was acknowledged.
        """
        named = bool(self.notice and notice)
        if named and self.notice != notice:
            return False
        return sorted(self.leads) == sorted(leads) and at <= self.at + (
            CLOCKS_APART if named else timedelta()
        )


def acknowledge_recall(recall: Recall, officer: Officer, *, notice: str, at: datetime) -> str:
    """The recipient's signed answer to a notice, which is told by its SHA-256."""
    predicate = {
        "package": recall.package,
        "country": recall.country,
        "leads": list(recall.leads),
        "reason": "acknowledged",
        "notice": notice,
        "at": at.isoformat(),
    }
    subjects = {f"{recall.package}.tar.age": recall.sha256}
    return sign_statement(subjects, ACKNOWLEDGEMENT_TYPE, predicate, [officer])


def verify_acknowledgement(
    untrusted_text: str, keys: Mapping[str, Ed25519PublicKey]
) -> tuple[Acknowledgement, str]:
    """What was acknowledged and by whom; raises ItemError when it is not to be believed."""
    recall, signer, notice = _read(untrusted_text, keys, ACKNOWLEDGEMENT_TYPE)
    answer = Acknowledgement(
        package=recall.package,
        sha256=recall.sha256,
        country=recall.country,
        leads=recall.leads,
        notice=notice,
        at=recall.at,
    )
    return answer, signer


def _leads(untrusted: object) -> tuple[LeadName, ...]:
    if not isinstance(untrusted, list) or len(untrusted) > _MOST_LEADS:
        raise TypeError("leads are a list, and not without end")
    return tuple(LeadName.parse(lead) for lead in untrusted)


def _reason(untrusted: object) -> str:
    if not isinstance(untrusted, str) or len(untrusted) > _LONGEST_REASON:
        raise TypeError("a reason is a text that somebody reads")
    return untrusted


def _read(text: str, keys: Mapping[str, Ed25519PublicKey], kind: str) -> tuple[Recall, str, str]:
    statement = verify_statement(text, keys, predicate_type=kind)
    try:
        package = PackageName.parse(statement.predicate["package"])
        recall = Recall(
            package=package,
            sha256=statement.digest_of(f"{package}.tar.age"),
            country=CountryCode.parse(statement.predicate["country"]),
            leads=_leads(statement.predicate["leads"]),
            reason=_reason(statement.predicate["reason"]),
            at=datetime.fromisoformat(text_in(statement.predicate["at"])),
        )
        notice = str(statement.predicate.get("notice", ""))
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise refused("the recall notice cannot be read", "PACKAGE-RECALL") from problem
    return recall, statement.signers[0], notice
