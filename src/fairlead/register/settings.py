"""Django settings of the register. The database comes from the workspace or from FAIRLEAD_DATABASE_URL."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, unquote, urlsplit

APP_ROLE = "fairlead_app"
_EMBEDDED = "fairlead-embedded"  # as the embedded server's URL has it


def _database(url: str, *, role: str | None) -> dict[str, object]:
    """A Django database entry for a PostgreSQL URL.

    To an embedded server ``role`` logs in itself, and has nothing to go back to; elsewhere it is taken on right after
    connecting.
    """
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = query.pop("host", None) or unquote(parts.hostname or "")
    options: dict[str, object] = dict(query)
    logs_in = role is not None and query.get("application_name") == _EMBEDDED
    options["options"] = "-c timezone=UTC" + (f" -c role={role}" if role and not logs_in else "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": role if logs_in else unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        # The owner's connection is for rare work; kept open by every thread it would double what the server holds.
        "CONN_MAX_AGE": 60 if role else 0,
    }


_URL = os.environ.get("FAIRLEAD_REGISTER_URL", "postgresql:///fairlead")

# `default` works as a role that owns nothing and is bound by row-level security; `owner` migrates.
DATABASES = {"default": _database(_URL, role=APP_ROLE), "owner": _database(_URL, role=None)}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "fairlead.register",
]
AUTH_USER_MODEL = "register.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = os.environ.get("FAIRLEAD_SECRET_KEY", "")
USE_TZ = True
TIME_ZONE = "UTC"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
