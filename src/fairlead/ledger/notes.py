"""Signed notes and cosignatures as C2SP writes them (signed-note, tlog-checkpoint, tlog-cosignature)."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fairlead.terms.errors import ItemError

_DASH = "— "
_KEY_ID_BYTES = 4
_TIME_BYTES = 8


class NoteKind(IntEnum):
    """Signature types of the C2SP signed-note registry that are used here."""

    ED25519 = 0x01
    COSIGNATURE_V1 = 0x04


def invalid(fact: str) -> ItemError:
    """The error for a note that cannot be believed."""
    return ItemError(fact, "Ask the sender for the note again over another channel.", code="LEDGER-NOTE")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKey:
    """A name and an Ed25519 public key that may sign notes in one of two ways."""

    name: str
    public: Ed25519PublicKey
    kind: NoteKind

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256 over name, newline, type and public key (signed-note)."""
        return hashlib.sha256(
            self.name.encode() + b"\n" + bytes([self.kind]) + self.public.public_bytes_raw()
        ).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        tail = base64.b64encode(bytes([self.kind]) + self.public.public_bytes_raw()).decode()
        return f"{self.name}+{self.key_id.hex()}+{tail}"


def parse_note_key(text: str) -> NoteKey:
    """Read ``name+keyid+base64``; raises ItemError when it is not a verifier key."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
        key = NoteKey(name=name, public=Ed25519PublicKey.from_public_bytes(raw[1:]), kind=NoteKind(raw[0]))
    except (ValueError, IndexError) as problem:
        raise invalid("the text is not a verifier key") from problem
    if key.key_id.hex() != key_id:
        raise invalid("the verifier key does not carry its own key id")
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line: name, key id, and the signature bytes that follow it."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNote:
    """A text that ends in a newline, and its signature lines."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{signature}\n" for signature in self.signatures)

    def with_signature(self, signature: NoteSignature) -> SignedNote:
        """The note with one more signature; a second one by the same key replaces the first."""
        others = tuple(s for s in self.signatures if (s.name, s.key_id) != (signature.name, signature.key_id))
        return SignedNote(text=self.text, signatures=(*others, signature))


def parse_note(untrusted_text: str) -> SignedNote:
    """Read a signed note without believing it; raises ItemError when the form is wrong."""
    text, marker, tail = untrusted_text.rpartition("\n\n")
    if not marker or not tail.endswith("\n"):
        raise invalid("the text is not a signed note")
    signatures = []
    for line in tail[:-1].split("\n"):
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as problem:
            raise invalid("a signature line is not base64") from problem
        if not line.startswith(_DASH) or not name or len(raw) <= _KEY_ID_BYTES:
            raise invalid("a signature line has the wrong form")
        signatures.append(NoteSignature(name=name, key_id=raw[:_KEY_ID_BYTES], value=raw[_KEY_ID_BYTES:]))
    return SignedNote(text=text + "\n", signatures=tuple(signatures))


def sign_note(text: str, name: str, private: Ed25519PrivateKey) -> NoteSignature:
    """Sign a note's text as its author."""
    key = NoteKey(name=name, public=private.public_key(), kind=NoteKind.ED25519)
    return NoteSignature(name=name, key_id=key.key_id, value=private.sign(text.encode()))


def cosign_note(text: str, name: str, private: Ed25519PrivateKey, *, at: datetime) -> NoteSignature:
    """Sign a checkpoint as a witness who has checked its consistency (tlog-cosignature, v1)."""
    key = NoteKey(name=name, public=private.public_key(), kind=NoteKind.COSIGNATURE_V1)
    seconds = int(at.timestamp())
    return NoteSignature(
        name=name,
        key_id=key.key_id,
        value=struct.pack(">Q", seconds) + private.sign(_cosigned(text, seconds)),
    )


def verify_signature(note: SignedNote, key: NoteKey) -> bool:
    """Whether one of the note's signatures was made with the key over this text."""
    for signature in note.signatures:
        if signature.name != key.name or signature.key_id != key.key_id:
            continue
        message, value = note.text.encode(), signature.value
        if key.kind is NoteKind.COSIGNATURE_V1:
            if len(value) <= _TIME_BYTES:
                return False
            message = _cosigned(note.text, struct.unpack(">Q", value[:_TIME_BYTES])[0])
            value = value[_TIME_BYTES:]
        try:
            key.public.verify(value, message)
        except InvalidSignature:
            return False
        return True
    return False


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
