"""One-time sign-in links: made by the owner, kept as a digest, used once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from fairlead.register.models import SignInLink, User

_OWNER = "owner"
_TOKEN_BYTES = 32
VALID_FOR = timedelta(minutes=30)


def create_link(user: User, *, at: datetime, valid_for: timedelta = VALID_FOR) -> str:
    """Make a link's token for a user; it is returned once and cannot be read again."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    SignInLink.objects.using(_OWNER).create(digest=_digest(token), user=user, expires_at=at + valid_for)
    return token


def use_link(untrusted_token: str, *, at: datetime) -> User | None:
    """The user whom an unused, unexpired token signs in, or None; the token is used up by asking."""
    rows = SignInLink.objects.filter(digest=_digest(untrusted_token), used_at=None, expires_at__gt=at)
    # One UPDATE decides: of two requests with the same link only one finds a row to change.
    if rows.update(used_at=at) != 1:
        return None
    link = SignInLink.objects.select_related("user").get(digest=_digest(untrusted_token))
    user: User = link.user
    return user if user.is_active else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
