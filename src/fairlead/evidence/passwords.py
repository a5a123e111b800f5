"""Lists of passwords: read from a file, kept apart from everything that leaves, named by line and digest only."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fairlead.terms.errors import ItemError, UsageError

_MOST_BYTES = 1 << 18
_MOST_LINE_BYTES, _MOST_KEY_FILE = 1024, 1 << 14
KEY_FILE = "base64:"
"""How a line begins that stands for the bytes of a key file."""
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordList:
    """Passwords by line, an empty line included, and the digest that stands for the list everywhere else.

    The digest is HMAC-SHA-256 of the file under a random salt that is kept beside it: whoever holds both can
    check it, whoever has the digest alone cannot try words against it.
    """

    passwords: tuple[str, ...]
    digest: str

    def __repr__(self) -> str:
        return f"PasswordList({len(self.passwords)} lines, {self.digest[:12]})"


def keep_passwords(given: Path, folder: Path, *, most: int) -> tuple[Path, PasswordList]:
    """Copy a list to where the owner of the workspace alone can read it.

    One password a line, UTF-8 or raw bytes; a key file as ``base64:`` and its bytes.

    Raises UsageError for what is no such list, or too long a one.
    """
    try:
        data = given.read_bytes()[: _MOST_BYTES + 1]
    except OSError as problem:
        raise UsageError(
            f"the list of passwords cannot be read ({problem.strerror})",
            "Check the path and the rights on it.",
            code="EVIDENCE-PASSWORDS",
        ) from problem
    lines = _lines(data)
    if not any(lines) or len(lines) > most or len(data) > _MOST_BYTES or b"\0" in data:
        raise UsageError(
            f"the list of passwords has {len(lines)} lines; it may have 1 to {most}, of text",
            "Put one password on a line. To allow more lines see `fairlead exhibit limits`.",
            code="EVIDENCE-PASSWORDS",
        )
    if any(len(line) > (_MOST_KEY_FILE if line.startswith(KEY_FILE) else _MOST_LINE_BYTES) for line in lines):
        raise UsageError(
            f"a line of the list of passwords is longer than {_MOST_LINE_BYTES} characters",
            "Put one password on a line.",
            code="EVIDENCE-PASSWORDS",
        )
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hmac.digest(salt, data, hashlib.sha256).hex()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = folder / f"{digest[:24]}.passwords"
    descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(salt.hex().encode() + b"\n" + data)
    return kept, PasswordList(passwords=lines, digest=digest)


@lru_cache(maxsize=64)
def load_passwords(kept: Path) -> PasswordList:
    """A list that was kept. Raises ItemError when it is gone."""
    try:
        salt, _, data = kept.read_bytes().partition(b"\n")
        digest = hmac.digest(bytes.fromhex(salt.decode()), data, hashlib.sha256).hex()
    except (OSError, ValueError) as problem:
        raise ItemError(
            "the list of passwords of an exhibit is not in place",
            "Give it again with `fairlead exhibit change --passwords`.",
            code="EVIDENCE-009",
        ) from problem
    return PasswordList(passwords=_lines(data), digest=digest)


def _lines(data: bytes) -> tuple[str, ...]:
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return tuple(line.removesuffix("\r") for line in text.removesuffix("\n").split("\n"))
