"""The one check of everything that a country sends back, for command line and browser alike."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fairlead.case.place.keys import LeadKeys
from fairlead.case.place.session import Session
from fairlead.case.receiving.partners import partner_keys
from fairlead.case.sending.sent import get_sent_package
from fairlead.leads.dsse import CLOCKS_APART, open_envelope, refused
from fairlead.leads.outcome import OUTCOME_TYPE
from fairlead.leads.recall import ACKNOWLEDGEMENT_TYPE
from fairlead.leads.receipt import RECEIPT_TYPE
from fairlead.register.rows import PackageEntry
from fairlead.terms.errors import UsageError
from fairlead.terms.names import CountryCode, PackageName
from fairlead.terms.plain import is_plain

_BEFORE_IT_BEGAN = timedelta(days=1)
_LONGEST_TEXT = 2000


class Incoming(StrEnum):
    """What a file from a country is."""

    RECEIPT = "receipt"
    OUTCOMES = "outcomes"
    ACKNOWLEDGEMENT = "acknowledgement"


_KINDS = {
    RECEIPT_TYPE: Incoming.RECEIPT,
    OUTCOME_TYPE: Incoming.OUTCOMES,
    ACKNOWLEDGEMENT_TYPE: Incoming.ACKNOWLEDGEMENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a file that came in says it is from: which country, whose keys are kept here, and the file's digest.

    ``signed_sha256`` is the digest of what is signed in it: it stays the same however the envelope is written.
    """

    country: CountryCode
    keys: LeadKeys
    sha256: str
    signed_sha256: str


def kind_of(untrusted_text: str) -> tuple[Incoming, PackageName]:
    """What the file says it is, and its package: only to know which check to make."""
    try:
        statement = json.loads(base64.b64decode(json.loads(untrusted_text)["payload"], validate=True))
        kind, untrusted_name = _KINDS[str(statement["predicateType"])], statement["predicate"]["package"]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise UsageError(
            "the file is no receipt, no outcomes and no acknowledgement",
            "Give the file that `fairlead package accept`, `outcome report` or `package recalled` wrote.",
            code="USAGE-UPLOAD",
        ) from problem
    return kind, PackageName.parse(untrusted_name)


def origin_of(session: Session, country: str, untrusted_text: str) -> Origin:
    """Whose keys a file of a country is checked with: those that are kept here; UsageError when there are none."""
    return Origin(
        country=CountryCode.given(country),
        keys=partner_keys(session, country),
        sha256=hashlib.sha256(untrusted_text.encode(errors="surrogatepass")).hexdigest(),
        signed_sha256=hashlib.sha256(open_envelope(untrusted_text)[0]).hexdigest(),
    )


def get_answered(
    session: Session,
    origin: Origin,
    *,
    package: str,
    sha256: str,
    country: str,
    signer: str,
    at: datetime,
    code: str,
) -> PackageEntry:
    """The package that a verified file answers; ItemError when it cannot be an answer to it.

    The signature itself is verified before. What is checked here is the same for every kind of file: the package was
    sent, to the country whose keys verified the file, with exactly these bytes; the signer's key had not ended; the time
    has an offset and lies in the operation's span.
    """
    sent = get_sent_package(session, package, proved_by=origin.country, sha256=sha256)
    if country != origin.country or sent["country"] != origin.country:
        raise refused("the file comes from a country that was not sent that package", code)
    if sha256 != sent["sha256"]:
        raise refused("the file is about bytes that were never sent from here", code)
    require_in_span(session, at, code=code)
    require_valid_key(origin.keys, signer, at)
    return sent


def require_in_span(session: Session, at: datetime, *, code: str) -> None:
    """Stop with ItemError for a time without an offset, before the operation began, or in the future."""
    from fairlead.register.people import began_at

    if at.tzinfo is None:
        raise refused("the file's time has no offset from UTC", code)
    if at < began_at(session.operation) - _BEFORE_IT_BEGAN:
        raise refused("the file's time lies before the operation began", code)
    if at > session.clock() + CLOCKS_APART:
        raise refused("the file's time lies in the future: the clock where it was signed is wrong", code)


def require_valid_key(keys: LeadKeys, signer: str, at: datetime) -> None:
    """Stop with ItemError when an officer signed after the end of the key."""
    end = keys.valid_until.get(signer)
    if end is not None and at > end:
        raise refused(f"the key of {signer} had ended when the file was signed", "PACKAGE-EXPIRED")


def plain_text(untrusted: str, *, code: str) -> str:
    """A text that can be kept: without control characters, of a length that somebody reads. ItemError otherwise."""
    if not is_plain(untrusted, longest=_LONGEST_TEXT):
        raise refused("a text in the file is too long, or has characters that no text has", code)
    return untrusted
