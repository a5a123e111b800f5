"""Brings the register up: the embedded PostgreSQL of a workspace, or the server that is named."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings as django_settings
from django.db import InterfaceError, OperationalError, connections

from fairlead.terms.errors import RunError


def open_register(folder: Path, *, settings: str = "fairlead.register.settings") -> str:
    """Start or join the database kept in ``folder`` and bring its tables up to date; returns its URL.

    ``FAIRLEAD_DATABASE_URL`` names a server instead of the embedded one. A process opens one register:
    a second, different one is a RunError. The embedded server ends with the last process that uses it.
    """
    url = server_url(folder)
    if apps.ready:
        if os.environ.get("FAIRLEAD_REGISTER_URL") != url:
            raise RunError(
                "this process already works with another register",
                "Run commands for different workspaces in different processes.",
                code="RUN-REGISTER",
            )
        return url
    os.environ["FAIRLEAD_REGISTER_URL"] = url
    os.environ["FAIRLEAD_SECRET_KEY"] = _secret(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    django.setup()
    _migrate()
    return url


def server_url(folder: Path) -> str:
    """The URL of the server that ``FAIRLEAD_DATABASE_URL`` names, or of the embedded one of a folder, which runs then."""
    if named := os.environ.get("FAIRLEAD_DATABASE_URL"):
        return named
    from fairlead.register.embedded import start_embedded

    return start_embedded(folder)


def close_register() -> None:
    """Close this process's connections."""
    if django_settings.configured:
        connections.close_all()


def end_register(folder: Path) -> None:
    """Close this process's connections, and end the embedded server of a folder if this process is its last user."""
    close_register()
    if os.environ.get("FAIRLEAD_DATABASE_URL") is None:
        from fairlead.register.embedded import end_embedded

        end_embedded(folder)


def runs_embedded(folder: Path) -> bool:
    """Whether somebody uses the embedded server of a folder now."""
    from fairlead.register.embedded import is_running

    return is_running(folder)


def is_outage(problem: BaseException) -> bool:
    """Whether the database went away, or could not write, while it was asked."""
    return isinstance(problem, OperationalError | InterfaceError)


def _secret(folder: Path) -> str:
    path = folder / "secret"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(48))
    return path.read_text()


_MIGRATING = 0x66616D  # any number will do, as long as all processes use the same


def _migrate() -> None:
    """Bring the tables up to date. Of several processes that start at once, one does it and the others wait."""
    from django.core.management import call_command

    owner = connections["owner"]
    if _is_behind():
        with owner.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
        try:
            if _is_behind():
                call_command("migrate", database="owner", verbosity=0, interactive=False)
        finally:
            with owner.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATING])
    _let_app_log_in()
    owner.close()


def _let_app_log_in() -> None:
    """On an embedded server the program logs in as a role of its own, which is a member of nothing."""
    from fairlead.register.settings import APP_ROLE

    if connections["default"].settings_dict["USER"] != APP_ROLE:
        return
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", [APP_ROLE])
        if not cursor.fetchone()[0]:
            cursor.execute(f"ALTER ROLE {APP_ROLE} LOGIN")


def _is_behind() -> bool:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
