"""Keys that packages are encrypted to: checked when they are given, and told apart by a fingerprint that people compare."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from fairlead.terms.errors import UsageError

_GROUP, _GROUPS = 4, 10
_BECH32, _CHECK, _POINT_BITS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", 6, 256


class AgeRecipient(str):
    """An age X25519 recipient (age1…). Made by ``parse``, which refuses every other text."""

    __slots__ = ()

    @classmethod
    def parse(cls, untrusted: str) -> Self:
        """The recipient a text is; UsageError when it is none, of another kind, or was mistyped (its check fails)."""
        import pyrage

        text = untrusted.strip()
        try:
            if str(pyrage.x25519.Recipient.from_str(text)) == text and _takes_part(_point_of(text)):
                return cls(text)
        except pyrage.RecipientError:
            pass
        raise UsageError(
            "a recipient key is not an age X25519 recipient",
            "It begins with age1 and is in the file `fairlead key identity` wrote beside the identity; ask for it again.",
            code="PACKAGE-RECIPIENT",
        )

    @property
    def fingerprint(self) -> str:
        """The first 160 bits of its SHA-256, in groups of four to read aloud."""
        digest = hashlib.sha256(self.encode()).hexdigest()
        return " ".join(digest[n * _GROUP : (n + 1) * _GROUP] for n in range(_GROUPS))


def _point_of(text: str) -> bytes:
    """The 32 bytes of a recipient whose Bech32 (BIP 173) was checked: five bits a character, six of check at the end."""
    data = text.removeprefix("age1")[:-_CHECK]
    value = 0
    for character in data:
        value = value << 5 | _BECH32.index(character)
    return (value >> (len(data) * 5 - _POINT_BITS)).to_bytes(_POINT_BITS // 8, "big")


def _takes_part(point: bytes) -> bool:
    """Whether a point agrees on a secret at all: one of small order gives zero to everybody (RFC 7748, 6.1)."""
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError:
        return False
    return True


def fingerprints_of(recipients: Iterable[str]) -> tuple[str, ...]:
    """The fingerprints of recipients, in the order of the keys."""
    return tuple(AgeRecipient(text).fingerprint for text in sorted(recipients))
