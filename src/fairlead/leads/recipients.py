"""Keys that packages are encrypted to: checked when they are given, and told apart by a fingerprint that people compare."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Self

from fairlead.terms.errors import UsageError

_GROUP, _GROUPS = 4, 10


class AgeRecipient(str):
    """An age X25519 recipient (age1…). Made by ``parse``, which refuses every other text."""

    __slots__ = ()

    @classmethod
    def parse(cls, untrusted: str) -> Self:
        """The recipient a text is; UsageError when it is none, of another kind, or was mistyped (its check fails)."""
        import pyrage

        text = untrusted.strip()
        try:
            if str(pyrage.x25519.Recipient.from_str(text)) == text:
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


def fingerprints_of(recipients: Iterable[str]) -> tuple[str, ...]:
    """The fingerprints of recipients, in the order of the keys."""
    return tuple(AgeRecipient(text).fingerprint for text in sorted(recipients))
