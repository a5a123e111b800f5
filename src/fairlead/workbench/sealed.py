"""Seals short secrets that stand in the database, so that whoever reads the database alone does not have them."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from fairlead.terms.errors import RunError

_MARK = "sealed:"


def is_sealed(text: str) -> bool:
    """Whether a text is what ``seal`` gives."""
    return text.startswith(_MARK)


def seal(text: str, secret: str) -> str:
    """A text under a key from the workspace's secret (Fernet: AES-128-CBC with HMAC-SHA-256)."""
    return _MARK + _cipher(secret).encrypt(text.encode()).decode()


def unseal(sealed: str, secret: str) -> str:
    """The text again; RunError when the secret is another one or a bit of it changed."""
    try:
        if not is_sealed(sealed):
            raise InvalidToken
        return _cipher(secret).decrypt(sealed.removeprefix(_MARK).encode()).decode()
    except InvalidToken as problem:
        raise RunError(
            "a second factor cannot be opened with this workspace's secret",
            "Bring back register/secret from a backup, or remove the person's second factor and set up a new one.",
            code="RUN-SECRET",
        ) from problem


def _cipher(secret: str) -> Fernet:
    return Fernet(
        base64.urlsafe_b64encode(hashlib.sha256(f"fairlead second factors\0{secret}".encode()).digest())
    )
