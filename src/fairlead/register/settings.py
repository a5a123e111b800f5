"""Django settings of the register. The database comes from the workspace or from FAIRLEAD_DATABASE_URL.

The program works as a role that owns nothing and can become nobody else: on an embedded server ``fairlead_app`` itself,
on another one a role of the workspace's own in it, or the one that FAIRLEAD_APP_DATABASE_URL names.
"""

from __future__ import annotations

import os
from urllib.parse import parse_qs, unquote, urlsplit

from fairlead.register.proof import Login, login_of

APP_ROLE = "fairlead_app"
_EMBEDDED = "fairlead-embedded"  # as the embedded server's URL has it
_KEPT_S = 60


def is_embedded(url: str) -> bool:
    """Whether a URL is that of a workspace's embedded server."""
    return parse_qs(urlsplit(url).query).get("application_name", [""])[-1] == _EMBEDDED


def _database(url: str, *, login: Login | None = None, kept_s: int = 0) -> dict[str, object]:
    """A Django database entry for a PostgreSQL URL, as the user it names or as another one."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = query.pop("host", None) or unquote(parts.hostname or "")
    options: dict[str, object] = dict(query)
    options["options"] = "-c timezone=UTC"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": login.name if login else unquote(parts.username or ""),
        "PASSWORD": login.password if login else unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": kept_s,
        "CONN_HEALTH_CHECKS": bool(kept_s),  # a server that was started anew has closed what is kept
    }


_URL = os.environ.get("FAIRLEAD_REGISTER_URL", "postgresql:///fairlead")

SECRET_KEY = os.environ.get("FAIRLEAD_SECRET_KEY", "")


def _app_database() -> dict[str, object]:
    if is_embedded(_URL):
        return _database(_URL, login=Login(name=APP_ROLE, password=""), kept_s=_KEPT_S)
    if named := os.environ.get("FAIRLEAD_APP_DATABASE_URL"):
        return _database(named, kept_s=_KEPT_S)
    return _database(_URL, login=login_of(SECRET_KEY), kept_s=_KEPT_S)


# `default` is bound by row-level security; `owner` migrates. The owner's connection is for rare work: kept open by every
# thread it would double what the server holds.
DATABASES = {"default": _app_database(), "owner": _database(_URL)}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "fairlead.register",
]
AUTH_USER_MODEL = "register.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
