"""Recall notices (Directive (EU) 2016/680, art. 7(3)): signed, about a package or some of its leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairlead.leads.dsse import Officer, refused, sign_statement, verify_statement
from fairlead.terms.names import CountryCode, LeadName, PackageName

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


def verify_recall(untrusted_text: str, keys: Mapping[str, Ed25519PublicKey]) -> Recall:
    """The notice, once a known officer's signature holds; raises ItemError otherwise."""
    return _read(untrusted_text, keys, RECALL_TYPE)[0]


def acknowledge_recall(recall: Recall, officer: Officer, *, at: datetime) -> str:
    """The recipient's signed answer to a notice."""
    predicate = {
        "package": recall.package,
        "country": recall.country,
        "leads": list(recall.leads),
        "reason": "acknowledged",
        "at": at.isoformat(),
    }
    subjects = {f"{recall.package}.tar.age": recall.sha256}
    return sign_statement(subjects, ACKNOWLEDGEMENT_TYPE, predicate, [officer])


def verify_acknowledgement(untrusted_text: str, keys: Mapping[str, Ed25519PublicKey]) -> tuple[Recall, str]:
    """What was acknowledged and by whom; raises ItemError when it is not to be believed."""
    return _read(untrusted_text, keys, ACKNOWLEDGEMENT_TYPE)


def _read(text: str, keys: Mapping[str, Ed25519PublicKey], kind: str) -> tuple[Recall, str]:
    statement = verify_statement(text, keys, predicate_type=kind)
    try:
        (sha256,) = statement.subjects.values()
        recall = Recall(
            package=PackageName.parse(statement.predicate["package"]),
            sha256=sha256,
            country=CountryCode.parse(statement.predicate["country"]),
            leads=tuple(LeadName.parse(lead) for lead in statement.predicate["leads"]),
            reason=str(statement.predicate["reason"]),
            at=datetime.fromisoformat(statement.predicate["at"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise refused("the recall notice cannot be read", "PACKAGE-RECALL") from problem
    return recall, statement.signers[0]
