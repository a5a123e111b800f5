"""The recipient's answer: a signed receipt that says which bytes were opened, by whom, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairlead.leads.dsse import Officer, refused, sign_statement, verify_statement
from fairlead.leads.strict_json import text_in
from fairlead.terms.names import CountryCode, PackageName

RECEIPT_TYPE = "urn:fairlead:receipt:1"


class ReceiptState(StrEnum):
    """What the recipient did with a package."""

    OPENED = "opened"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a receipt says."""

    package: str
    version: int
    sha256: str
    country: str
    state: ReceiptState
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        if self.state is ReceiptState.REFUSED and not self.reason.strip():
            raise ValueError("whoever refuses says why")


def sign_receipt(receipt: Receipt, officer: Officer) -> str:
    """The receipt as a signed envelope."""
    predicate = {
        "package": receipt.package,
        "version": receipt.version,
        "country": receipt.country,
        "state": receipt.state.value,
        "reason": receipt.reason,
        "at": receipt.at.isoformat(),
    }
    return sign_statement({f"{receipt.package}.tar.age": receipt.sha256}, RECEIPT_TYPE, predicate, [officer])


def _version(untrusted: object, package: PackageName) -> int:
    if type(untrusted) is not int or untrusted != package.number:
        raise ValueError("a version is the number in the package's name")
    return untrusted


def _reason(untrusted: object) -> str:
    if not isinstance(untrusted, str):
        raise TypeError("a reason is a text")
    return untrusted


def verify_receipt(untrusted_text: str, keys: Mapping[str, Ed25519PublicKey]) -> tuple[Receipt, str]:
    """The receipt and its signer; raises ItemError when it is not to be believed."""
    statement = verify_statement(untrusted_text, keys, predicate_type=RECEIPT_TYPE)
    try:
        package = PackageName.parse(statement.predicate["package"])
        receipt = Receipt(
            package=package,
            version=_version(statement.predicate["version"], package),
            sha256=statement.digest_of(f"{package}.tar.age"),
            country=CountryCode.parse(statement.predicate["country"]),
            state=ReceiptState(text_in(statement.predicate["state"])),
            reason=_reason(statement.predicate["reason"]),
            at=datetime.fromisoformat(text_in(statement.predicate["at"])),
        )
    except (KeyError, ValueError, TypeError, OverflowError) as problem:
        raise refused("the receipt cannot be read", "PACKAGE-RECEIPT") from problem
    return receipt, statement.signers[0]
