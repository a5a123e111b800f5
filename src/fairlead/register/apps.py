"""The register as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    """Decisions of named people, in PostgreSQL."""

    name = "fairlead.register"
    label = "register"
    default_auto_field = "django.db.models.BigAutoField"
