"""Builds a package: bag, ledger proof, two signatures, encryption. Nothing but the named country's rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairlead.leads.bag import MANIFEST, Files, close_bag, make_bag, pack
from fairlead.leads.case_uco import render_case
from fairlead.leads.document import LeadDocument, lead_schema
from fairlead.leads.dsse import Signature, envelope_of, statement_payload
from fairlead.leads.egress.allowed import Allowed
from fairlead.leads.egress.check import check_egress
from fairlead.leads.exports import evidence_csv, hashes_csv, selectors_csv
from fairlead.leads.material import HashRow
from fairlead.leads.pdf import render_lead
from fairlead.leads.recipients import fingerprints_of
from fairlead.terms.errors import RunError, UsageError

PREDICATE_TYPE = "urn:fairlead:package:1"
STATEMENT_FILE = "statement.dsse.json"
LEDGER_FILE = "ledger.json"
FORMAT = "fairlead-package/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePlan:
    """What is to be sent to whom, and on what ground."""

    package: str
    version: int
    operation: str
    from_country: str
    to_country: str
    legal_basis: str
    purpose: str
    built_at: datetime
    recipients: tuple[str, ...]
    leads: tuple[LeadDocument, ...]
    material: Mapping[str, tuple[HashRow, ...]]
    h3_release: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltPackage:
    """The encrypted package, its digest, the manifest's that the ledger commits to, and the keys it is encrypted to."""

    name: str
    data: bytes
    sha256: str
    manifest_sha256: str
    files: int
    fingerprints: tuple[str, ...]


Prove = Callable[[str], Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPackage:
    """A package as both officers read and sign it: every file but the ledger's proof, and the statement over them.

    The statement names who sends what to whom on what ground, the recipient keys, and the digest of each file outside
    the payload, the payload's manifest among them. Drawn up again from the same plan it is the same, byte by byte.
    """

    plan: PackagePlan
    files: Files
    payload: bytes
    allowed: Allowed

    @property
    def manifest(self) -> str:
        """Digest and path of each file of the payload, a line each."""
        return self.files[MANIFEST].decode()

    @property
    def manifest_sha256(self) -> str:
        """The digest of the manifest: what the ledger's entry commits to."""
        return hashlib.sha256(self.files[MANIFEST]).hexdigest()


def draft_package(plan: PackagePlan, preparer: str, *, allowed: Allowed) -> DraftPackage:
    """Draw up a package, with the officer's name who prepares it; nothing is recorded, signed or encrypted.

    ``allowed`` is what the register lets this country be told; the finished files are held against it. Raises UsageError
    without recipients, and RunError when the egress check refuses.
    """
    if not plan.recipients:
        raise UsageError(
            f"there is no recipient key for {plan.to_country}",
            f"Ask the country for it and keep it with `fairlead key recipient {plan.to_country} age1…`.",
            code="PACKAGE-RECIPIENT",
        )
    files = make_bag(_payload(plan), _info(plan))
    _require_clean(files, allowed, plan.package)
    subjects = {
        path: hashlib.sha256(data).hexdigest() for path, data in files.items() if not path.startswith("data/")
    }
    payload = statement_payload(subjects, PREDICATE_TYPE, _predicate(plan, preparer))
    return DraftPackage(plan=plan, files=files, payload=payload, allowed=allowed)


def require_two(first: tuple[str, Ed25519PublicKey], second: tuple[str, Ed25519PublicKey]) -> None:
    """UsageError unless two officers, each with a name and a public key, differ in both."""
    if first[0] == second[0] or first[1].public_bytes_raw() == second[1].public_bytes_raw():
        raise UsageError(
            "a package is signed by two officers with keys of their own",
            "Name a preparer and another person who releases.",
            code="PACKAGE-OFFICERS",
        )


def finish_package(draft: DraftPackage, signatures: Sequence[Signature], prove: Prove) -> BuiltPackage:
    """Close and encrypt a package that two officers signed.

    ``prove`` is given the SHA-256 of the payload's manifest, records the disclosure in the ledger, and returns the content
    of `ledger.json`. Raises RunError when the egress check refuses the closed package: then nothing leaves.
    """
    plan = draft.plan
    files = dict(draft.files)
    files[STATEMENT_FILE] = envelope_of(draft.payload, signatures).encode()
    files[LEDGER_FILE] = (json.dumps(prove(draft.manifest_sha256), indent=1, sort_keys=True) + "\n").encode()
    closed = close_bag(files)
    signers = frozenset(one.officer for one in signatures)
    acting = draft.allowed.actors
    _require_clean(
        closed,
        replace(draft.allowed, actors=None if acting is None else acting | signers),
        plan.package,
    )
    data = encrypt(pack(closed, plan.package, at=plan.built_at), plan.recipients)
    return BuiltPackage(
        name=f"{plan.package}.tar.age",
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        manifest_sha256=draft.manifest_sha256,
        files=len(files),
        fingerprints=fingerprints_of(plan.recipients),
    )


def _require_clean(files: Files, allowed: Allowed, package: str) -> None:
    """Stop with PACKAGE-EGRESS when anything in the files is not allowed."""
    reasons = check_egress(files, allowed)
    if reasons:
        raise RunError(
            f"the egress check refuses package {package}: {'; '.join(reasons[:3])} ({len(reasons)} in all)",
            "Nothing was sent. Correct the cause; do not go round the check.",
            code="PACKAGE-EGRESS",
        )


def encrypt(data: bytes, recipients: Sequence[str]) -> bytes:
    """age encryption to all recipients (X25519); UsageError when one is not an age recipient."""
    import pyrage

    try:
        keys = [pyrage.x25519.Recipient.from_str(text) for text in recipients]
    except pyrage.RecipientError as problem:
        raise UsageError(
            "a recipient key is not an age recipient",
            "It begins with age1; ask for it again.",
            code="PACKAGE-RECIPIENT",
        ) from problem
    encrypted: bytes = pyrage.encrypt(data, keys)
    return encrypted


def _payload(plan: PackagePlan) -> Files:
    cover = {
        "format": FORMAT,
        "package": plan.package,
        "version": plan.version,
        "operation": plan.operation,
        "from": plan.from_country,
        "to": plan.to_country,
        "built_at": plan.built_at.isoformat(),
        "legal_basis": plan.legal_basis,
        "purpose": plan.purpose,
        "leads": [lead.lead for lead in plan.leads],
        "handling": sorted({code for lead in plan.leads for code in lead.handling.split("+")}),
        "never": "This package holds hashes and references, never pictures.",
    }
    payload: Files = {
        "package.json": (json.dumps(cover, indent=1) + "\n").encode(),
        "selectors.csv": selectors_csv(plan.leads),
        "hashes.csv": hashes_csv(plan.leads, plan.material),
        "evidence.csv": evidence_csv(plan.leads),
        "lead.schema.json": lead_schema().encode(),
        "cover.txt": _cover_text(plan, cover["handling"]).encode(),
    }
    for lead in plan.leads:
        payload[f"leads/{lead.lead}/lead.json"] = lead.to_json().encode()
        payload[f"leads/{lead.lead}/lead.pdf"] = render_lead(lead)
        payload[f"leads/{lead.lead}/lead.case.jsonld"] = render_case(lead).encode()
    return payload


def _cover_text(plan: PackagePlan, handling: object) -> str:
    """A short text for the covering SIENA message, which Europol asks for when another channel carries the data."""
    codes = "+".join(str(code) for code in handling) if isinstance(handling, list) else ""
    return (
        f"Operation {plan.operation}: package {plan.package}, version {plan.version}, from {plan.from_country} to "
        f"{plan.to_country}.\n"
        f"Leads: {len(plan.leads)}. Handling codes: {codes}. Legal basis: {plan.legal_basis}.\n"
        f"Purpose: {plan.purpose}.\n"
        "The package is signed by two officers, encrypted to your key, and holds hashes and references, never "
        "pictures.\nPlease answer with a receipt, and later with an outcome for every lead.\n"
    )


def _info(plan: PackagePlan) -> dict[str, str]:
    return {
        "External-Identifier": plan.package,
        "Source-Organization": plan.from_country,
        "Bagging-Date": plan.built_at.date().isoformat(),
        "Internal-Sender-Description": f"{len(plan.leads)} leads for {plan.to_country}",
    }


def _predicate(plan: PackagePlan, preparer: str) -> dict[str, object]:
    return {
        "format": FORMAT,
        "package": plan.package,
        "version": plan.version,
        "operation": plan.operation,
        "from": plan.from_country,
        "to": plan.to_country,
        "built_at": plan.built_at.isoformat(),
        "legal_basis": plan.legal_basis,
        "purpose": plan.purpose,
        "recipients": list(plan.recipients),
        "h3_release": plan.h3_release,
        "prepared_by": preparer,
    }
