"""Django settings of the workbench: those of the register, and everything a browser needs to be kept safe."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from fairlead.register.settings import *  # noqa: F403  # one register, one set of settings
from fairlead.register.settings import INSTALLED_APPS as _REGISTER_APPS
from fairlead.terms.errors import UsageError


def _proxies(text: str) -> int:
    """How many proxies are declared; UsageError when that is no number."""
    if text.strip() and not (text.strip().isascii() and text.strip().isdigit()):
        raise UsageError(
            "FAIRLEAD_PROXIES is no number",
            "Say how many proxies stand in front, or leave it out.",
            code="USAGE-PROXIES",
        )
    return int(text.strip() or 0)


DEMO = os.environ.get("FAIRLEAD_DEMO") == "1"
"""A made-up operation is being shown: the sign-in link is enough, no second factor is asked."""
SERVED_OVER_TLS = os.environ.get("FAIRLEAD_TLS") == "1"
"""A proxy in front ends TLS: cookies are sent over TLS only, and the proxy's header is believed."""
WORKSPACE = os.environ.get("FAIRLEAD_WORKSPACE", "")

DEBUG = False
ALLOWED_HOSTS = [
    name.strip() for name in os.environ.get("FAIRLEAD_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if SERVED_OVER_TLS else []
ROOT_URLCONF = "fairlead.workbench.urls"
WSGI_APPLICATION = "fairlead.workbench.wsgi.application"

INSTALLED_APPS = [
    "procrastinate.contrib.django",
    "fairlead.workbench",
    *_REGISTER_APPS,
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "fairlead.workbench.middleware.NeverStored",
    "fairlead.workbench.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "fairlead.workbench.languages.Language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "fairlead.workbench.middleware.SecondFactor",
    "fairlead.workbench.middleware.Secrets",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fairlead.workbench.context.everywhere",
            ]
        },
    }
]

# Nothing but this origin, no inline script or style, and no request to anybody else: what the documents
# promise about third parties is what the browser is told to enforce.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SERVED_OVER_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if SERVED_OVER_TLS else 0

STREAMS_IN_A_PROCESS = 8
STREAMS_FOR_ONE = 3
"""Streams of server-sent events hold a thread each; a process serves with 16 threads or more."""

SESSION_COOKIE_NAME = "fairlead_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SERVED_OVER_TLS
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "fairlead_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = SERVED_OVER_TLS
CSRF_FAILURE_VIEW = "fairlead.workbench.views.errors.forged"

DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20

AUTHENTICATION_BACKENDS = [
    "fairlead.workbench.signin.LinkBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_ADAPTER = "fairlead.workbench.signin.Adapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
# Attempts are counted by the address of whoever connects; behind proxies that are declared, by the one that the outermost
# of them saw. What a client writes into X-Forwarded-For itself stands before that and counts nothing.
ALLAUTH_TRUSTED_PROXY_COUNT = _proxies(os.environ.get("FAIRLEAD_PROXIES", ""))
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "link": "20/m/ip",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Fairlead"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SERVED_OVER_TLS
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "workbench_cache"}
}


def _oidc() -> tuple[str, dict[str, object]]:
    """The provider's origin and allauth's settings for it, from the environment; empty without FAIRLEAD_OIDC_ISSUER."""
    issuer = os.environ.get("FAIRLEAD_OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return "", {}
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise UsageError(
            "FAIRLEAD_OIDC_ISSUER is not an https address", "Name the provider's issuer.", code="USAGE-OIDC"
        )
    app = {
        "provider_id": "agency",
        "name": os.environ.get("FAIRLEAD_OIDC_NAME", "OpenID Connect"),
        "client_id": os.environ.get("FAIRLEAD_OIDC_CLIENT_ID", ""),
        "secret": os.environ.get("FAIRLEAD_OIDC_SECRET", ""),
        "settings": {"server_url": issuer, "fetch_userinfo": False, "oauth_pkce_enabled": True},
    }
    return f"{parts.scheme}://{parts.netloc}", {"openid_connect": {"APPS": [app]}}


_OIDC_ORIGIN, SOCIALACCOUNT_PROVIDERS = _oidc()
OIDC_NAME_CLAIM = os.environ.get("FAIRLEAD_OIDC_NAME_CLAIM", "preferred_username")
OIDC_SECOND_FACTOR = frozenset(filter(None, os.environ.get("FAIRLEAD_OIDC_SECOND_FACTOR", "").split(",")))
"""Values of ``acr`` or ``amr`` that count as a second factor; none unless set."""
if _OIDC_ORIGIN:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(_OIDC_ORIGIN)
SOCIALACCOUNT_ADAPTER = "fairlead.workbench.oidc.KnownPeople"
SOCIALACCOUNT_STORE_TOKENS = False
MFA_ADAPTER = "fairlead.workbench.oidc.SecondFactors"

STATIC_URL = "/static/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
USE_I18N = True
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("da", "Dansk"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["console"], "level": "ERROR", "propagate": False}},
}
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]
