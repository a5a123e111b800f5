"""The secrets that open officers' keys: asked for at each act, where the person is, and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from fairlead.terms.errors import UsageError

SHORTEST_PASSPHRASE = 12
_FEWEST_SIGNS = 5
"""Characters. It never stands alone: the file of the key is needed as well."""

Ask = Callable[[str], str | None]
_asks: ContextVar[Ask | None] = ContextVar("fairlead_asks_for_secrets", default=None)


@contextmanager
def asking(ask: Ask) -> Iterator[None]:
    """While it lasts, ``ask`` is given an officer's name and answers with the passphrase of that officer, or with None."""
    kept = _asks.set(ask)
    try:
        yield
    finally:
        _asks.reset(kept)


def asked(name: str) -> str | None:
    """What the person answers who is asked for the secret of an officer or token; None when nobody is there to ask."""
    ask = _asks.get()
    return ask(name) if ask else None


def secret_of(officer: str) -> str:
    """The passphrase that opens an officer's key; UsageError (USAGE-PASSPHRASE) when nobody gives one."""
    secret = asked(officer)
    if not secret:
        raise UsageError(
            f"the key of officer {officer} is locked",
            "Give its passphrase; only the officer knows it.",
            code="USAGE-PASSPHRASE",
        )
    return secret


def require_strong(secret: str) -> str:
    """A new passphrase as it was given; UsageError (USAGE-PASSPHRASE) when it is too short, or one sign over and over."""
    if len(secret.strip()) < SHORTEST_PASSPHRASE or len(set(secret) - {" "}) < _FEWEST_SIGNS:
        raise UsageError(
            f"a passphrase has {SHORTEST_PASSPHRASE} characters or more, and {_FEWEST_SIGNS} different ones",
            "Take several words that nobody would guess together.",
            code="USAGE-PASSPHRASE",
        )
    return secret
