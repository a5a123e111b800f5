"""Dead Simple Signing Envelope (secure-systems-lab DSSE v1) with Ed25519, and the in-toto statement in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairlead.leads.strict_json import read_json
from fairlead.terms.errors import ItemError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
CLOCKS_APART = timedelta(minutes=15)
"""So far ahead another country's clock may be: an answer from a later time would outlive every true one until then."""
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


class SigningKey(Protocol):
    """An Ed25519 key in a file or on a token."""

    def sign(self, message: bytes, /) -> bytes:
        """The 64 bytes of an Ed25519 signature."""

    def public_key(self) -> Ed25519PublicKey:
        """The public half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A signing officer: the name under which the public key is known, and the key."""

    name: str
    private: SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An officer's name, and the Ed25519 signature of a statement's bytes in base64."""

    officer: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedStatement:
    """An in-toto statement whose signatures hold, and who signed it."""

    subjects: dict[str, str]
    predicate_type: str
    predicate: Mapping[str, object]
    signers: tuple[str, ...]

    def digest_of(self, name: str) -> str:
        """The SHA-256 of the one thing the statement is about; ValueError when it is about anything else."""
        if list(self.subjects) != [name]:
            raise ValueError("the statement is about something else")
        return self.subjects[name]


def _pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """PAE of the DSSE protocol: type and body with their lengths, so that neither can pose as the other."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def statement_payload(
    subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]
) -> bytes:
    """The bytes of a statement over ``subjects`` (name → SHA-256, hex): the same for the same content, always."""
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects.items())
        ],
        "predicateType": predicate_type,
        "predicate": dict(predicate),
    }
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign_payload(payload: bytes, officer: Officer) -> Signature:
    """An officer's signature of a statement's bytes."""
    signed = officer.private.sign(_pre_authentication(PAYLOAD_TYPE, payload))
    return Signature(officer=officer.name, text=base64.b64encode(signed).decode())


def signature_holds(payload: bytes, signature: Signature, public: Ed25519PublicKey) -> bool:
    """Whether a signature of a statement's bytes was made with the key to ``public``."""
    try:
        public.verify(
            base64.b64decode(signature.text, validate=True), _pre_authentication(PAYLOAD_TYPE, payload)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def envelope_of(payload: bytes, signatures: Sequence[Signature]) -> str:
    """The envelope around a statement's bytes with the signatures that were made of them."""
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": one.officer, "sig": one.text} for one in signatures],
    }
    return json.dumps(envelope, indent=1) + "\n"


def open_envelope(text: str) -> tuple[bytes, list[Signature]]:
    """Payload and signatures of an envelope that this workspace wrote itself; nothing is verified. ItemError if odd."""
    try:
        envelope = json.loads(text)
        signatures = [Signature(officer=str(s["keyid"]), text=str(s["sig"])) for s in envelope["signatures"]]
        return base64.b64decode(envelope["payload"], validate=True), signatures
    except (KeyError, TypeError, ValueError, RecursionError) as problem:
        raise refused("the signed envelope cannot be read", "PACKAGE-ENVELOPE") from problem


def sign_statement(
    subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any], officers: list[Officer]
) -> str:
    """An envelope around a statement over ``subjects`` (name → SHA-256, hex), signed by every officer."""
    payload = statement_payload(subjects, predicate_type, predicate)
    return envelope_of(payload, [sign_payload(payload, officer) for officer in officers])


def refused(fact: str, code: str) -> ItemError:
    """The error for an envelope or package that is not to be believed."""
    return ItemError(
        fact, "Do not use it. Ask the sender to send it again and compare its digest.", code=code
    )


def verify_statement(
    untrusted_text: str, keys: Mapping[str, Ed25519PublicKey], *, predicate_type: str
) -> VerifiedStatement:
    """The statement in an envelope with every good signature by a known key.

    Signatures by unknown keys are passed over; one by a known key that does not hold refuses the whole.
    Raises ItemError when there is no good signature, or the form or predicate type is wrong.
    """
    try:
        envelope = read_json(untrusted_text.encode(errors="surrogatepass"))
        payload = base64.b64decode(envelope["payload"], validate=True)
        kind = str(envelope["payloadType"])
        signatures = [
            (str(s["keyid"]), base64.b64decode(s["sig"], validate=True)) for s in envelope["signatures"]
        ]
        message = _pre_authentication(kind, payload)
    except (KeyError, TypeError, ValueError) as problem:
        raise refused("the signed envelope cannot be read", "PACKAGE-ENVELOPE") from problem
    signers = []
    for name, signature in signatures:
        if name not in keys:
            continue
        try:
            keys[name].verify(signature, message)
        except InvalidSignature as problem:
            raise refused(f"the signature of {name} does not hold", "PACKAGE-SIGNATURE") from problem
        signers.append(name)
    if kind != PAYLOAD_TYPE or not signers:
        raise refused("no signature by a key known here", "PACKAGE-SIGNATURE")
    try:
        statement = read_json(payload)
        subjects = {str(s["name"]): str(s["digest"]["sha256"]) for s in statement["subject"]}
        verified = VerifiedStatement(
            subjects=subjects,
            predicate_type=str(statement["predicateType"]),
            predicate=dict(statement["predicate"]),
            signers=tuple(dict.fromkeys(signers)),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise refused("the signed statement cannot be read", "PACKAGE-ENVELOPE") from problem
    if verified.predicate_type != predicate_type:
        raise refused(
            f"the envelope holds {verified.predicate_type}, not {predicate_type}", "PACKAGE-ENVELOPE"
        )
    return verified
