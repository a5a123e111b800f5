"""Proves to the database for whom the program asks: what SQL alone can say is believed of nobody.

Row-level security asks who the user is. Whoever can run SQL of their own as the program's role can set any variable of a
session; they do not know the workspace's secret, and the database keeps its keys where that role cannot read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKey:
    """Two keys of 64 octets, a block of SHA-256 each, drawn from a workspace's secret; ``id`` names them."""

    id: str
    outer: bytes
    inner: bytes

    def prove(self, user_id: int, *, process: int, moment: int) -> str:
        """What the session says of its user: it holds for one server process and one transaction.

        ``process`` is the server's process of this connection, ``moment`` when the transaction began, in microseconds.
        A nested keyed digest over SHA-256 (Bellare, Canetti, Krawczyk: Keying Hash Functions for Message
        Authentication, 1996, NMAC).
        """
        told = f"{user_id}/{process}/{moment}".encode()
        digest = hashlib.sha256(self.outer + hashlib.sha256(self.inner + told).digest()).hexdigest()
        return f"{user_id}:{self.id}:{digest}"


@lru_cache(maxsize=4)
def session_key(secret: str) -> SessionKey:
    """The keys that belong to a secret."""
    outer, inner = (
        hashlib.sha512(f"fairlead {name}\0{secret}".encode()).digest() for name in ("outer", "inner")
    )
    return SessionKey(id=hashlib.sha256(outer + inner).hexdigest()[:16], outer=outer, inner=inner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The role as which a workspace's program logs in to a server of the agency's own."""

    name: str
    password: str


def login_of(secret: str) -> Login:
    """A role and a password of the workspace's own, so that several may work with one server."""
    name, password = (
        hashlib.sha512(f"fairlead login {part}\0{secret}".encode()).hexdigest() for part in ("name", "word")
    )
    return Login(name=f"fairlead_{name[:12]}", password=password[:48])
