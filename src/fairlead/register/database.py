"""Brings the register up: the embedded PostgreSQL of a workspace, or the server that is named."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings as django_settings
from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError, connections

from fairlead.terms.errors import RunError

_SECRET = "secret"  # noqa: S105 - the name of a file
_AGAIN = "then run the same command again: finished parts are kept."
# By PostgreSQL's error codes (its documentation, appendix A), which no language of messages changes.
_TOLD = {
    "53100": ("the database's disk is full", f"Make room on the server's disk, {_AGAIN}"),
    "53200": ("the database is out of memory", f"Give the server memory, {_AGAIN}"),
    "53300": (
        "the database takes no more connections",
        f"Raise max_connections or end other programs, {_AGAIN}",
    ),
    "25006": ("the database may only be read now", f"Name the primary server and not a standby, {_AGAIN}"),
    "57P01": ("the database was shut down", f"Start it, {_AGAIN}"),
    "57P02": ("the database broke down", f"See its log and that it runs again, {_AGAIN}"),
    "57P03": ("the database is starting or stopping", f"Wait for it, {_AGAIN}"),
}
_NOT_ALLOWED = "42501"
_UNREACHED = (
    "connection failed",
    "connection is bad",
    "connection timeout",
    "failed to resolve",
)  # as psycopg begins
_LONGEST_REASON = 300


def open_register(folder: Path, *, settings: str = "fairlead.register.settings") -> str:
    """Start or join the database kept in ``folder`` and bring its tables up to date; returns its URL.

    ``FAIRLEAD_DATABASE_URL`` names a server instead of the embedded one. A process opens one register:
    a second, different one is a RunError. The embedded server ends with the last process that uses it.
    """
    _require_own_place(folder)
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
    _require_filled(folder)
    try:
        _migrate()
    except DatabaseError as problem:
        if _NOT_ALLOWED not in _states_of(problem):
            raise
        words = " ".join(str(problem).split())[:_LONGEST_REASON]
        raise RunError(
            f"the database's user lacks a right: {words}",
            "Let the user that FAIRLEAD_DATABASE_URL names own the database.",
            code="RUN-DATABASE-ROLE",
        ) from problem
    return url


def _states_of(problem: BaseException | None) -> set[str]:
    """PostgreSQL's codes of an error and of those that it came from."""
    states = set()
    while problem is not None:
        states.add(str(getattr(problem, "sqlstate", "")))
        problem = problem.__cause__ or problem.__context__
    return states


def _require_own_place(folder: Path) -> None:
    """RunError when a workspace that was kept on a server would get an empty register of its own beside it."""
    known = (folder / _SECRET).is_file()
    if known and not os.environ.get("FAIRLEAD_DATABASE_URL") and not (folder / "postgres").is_dir():
        raise RunError(
            "the register of this workspace lies on a server, which is not named",
            "Set FAIRLEAD_DATABASE_URL to the server and database that it was made with.",
            code="RUN-REGISTER-PLACE",
        )


def _require_filled(folder: Path) -> None:
    """RunError when the database of a workspace that has operations holds no register."""
    operations = folder.parent / "operations"
    if not operations.is_dir() or not any(operations.iterdir()):
        return  # fresh, or killed while it was made
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('register_operation') IS NULL")
        empty = cursor.fetchone()[0]
    if empty:
        connections["owner"].close()
        raise RunError(
            "this database holds no register, and this workspace has one",
            "Name the database that the workspace was made with in FAIRLEAD_DATABASE_URL, or restore a backup of it.",
            code="RUN-REGISTER-EMPTY",
        )


def server_url(folder: Path) -> str:
    """The URL of the server that ``FAIRLEAD_DATABASE_URL`` names, or of the embedded one of a folder, which runs then."""
    if named := os.environ.get("FAIRLEAD_DATABASE_URL"):
        return named
    from fairlead.register.embedded import start_embedded

    return start_embedded(folder)


def runs_elsewhere() -> bool:
    """Whether the register lies on a server that is named, and not in a workspace."""
    return bool(os.environ.get("FAIRLEAD_DATABASE_URL"))


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


def outage_of(problem: BaseException) -> RunError | None:
    """What to tell when the database went away, could not be reached or could not write; None for anything else.

    The server's own words go with what cannot be reached: they name user, database and address, and no row.
    """
    state = getattr(problem.__cause__, "sqlstate", None)
    if not isinstance(problem, OperationalError | InterfaceError):
        return None
    if state in _TOLD:
        fact, remedy = _TOLD[state]
        return RunError(fact, remedy, code="RUN-DATABASE")
    if state is None and str(problem).startswith(_UNREACHED):
        reason = " ".join(str(problem).rpartition("failed: ")[2].split())[:_LONGEST_REASON]
        return RunError(
            f"the database cannot be reached: {reason}",
            "See that the server runs, and that FAIRLEAD_DATABASE_URL names the right address, database, user and "
            "password; pg_hba.conf of the server says who may come from where.",
            code="RUN-DATABASE-REACH",
        )
    return RunError(
        "the database broke off",
        "See that PostgreSQL runs and that its disk has room, then run the same command again: finished parts are kept.",
        code="RUN-DATABASE",
    )


def _secret(folder: Path) -> str:
    path = folder / _SECRET
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(48))
    secret = path.read_text()
    if not secret.strip():
        raise RunError(
            "register/secret is empty",
            "Bring the file back from a backup of the workspace.",
            code="RUN-SECRET",
        )
    return secret


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
    _require_own_database()  # before anything is given: a database of another workspace gives nothing
    _let_app_log_in()
    _close_to_others()
    _claim()
    owner.close()


def _let_app_log_in() -> None:
    """The program logs in as a role that can become nobody else: nothing to take back leads to the owner."""
    from fairlead.register.proof import login_of
    from fairlead.register.settings import APP_ROLE

    user = connections["default"].settings_dict["USER"]
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", [user])
        found = cursor.fetchone()
        if user == APP_ROLE and not found[0]:
            cursor.execute(f"ALTER ROLE {APP_ROLE} LOGIN")
        login = login_of(django_settings.SECRET_KEY)
        if found is not None or user != login.name:
            return
        # As a verifier: a server that keeps its statements must not keep a password.
        server = cursor.connection.pgconn
        verifier = server.encrypt_password(
            login.password.encode(), login.name.encode(), b"scram-sha-256"
        ).decode()
        try:
            cursor.execute(f"CREATE ROLE {login.name} LOGIN PASSWORD '{verifier}' IN ROLE {APP_ROLE}")
        except ProgrammingError as problem:
            raise RunError(
                "the database's user may not make the role as which the program works",
                f"Give it CREATEROLE; or make a role that is in {APP_ROLE} and in nothing else, and name it in "
                "FAIRLEAD_APP_DATABASE_URL.",
                code="RUN-DATABASE-ROLE",
            ) from problem


def _close_to_others() -> None:
    """Nobody but the owner and the program's role connects to this database, and nobody makes temporary tables in it."""
    user = connections["default"].settings_dict["USER"]
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT current_database(), EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) "
            "WHERE grantee = 0), has_database_privilege(%s, current_database(), 'CONNECT') "
            "FROM pg_database WHERE datname = current_database()",
            [user],
        )
        name, is_open, connects = cursor.fetchone()
        here, who = (connections["owner"].ops.quote_name(text) for text in (name, user))
        if is_open or not connects:
            cursor.execute(f"GRANT CONNECT ON DATABASE {here} TO {who}")
        if is_open:
            cursor.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {here} FROM PUBLIC")


def _require_own_database() -> None:
    """RunError when another workspace works with this database: one has one."""
    from fairlead.register.proof import session_key

    key = session_key(django_settings.SECRET_KEY)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id FROM fairlead_session_key")
        found = {row[0] for row in cursor.fetchall()}
        if found and key.id not in found:
            raise RunError(
                "this database is the register of another workspace, or this workspace's secret is another one now",
                "Name this workspace's own database in FAIRLEAD_DATABASE_URL, or bring register/secret back from a backup. "
                "Where it is lost for good, the database's owner deletes the row of fairlead_session_key.",
                code="RUN-REGISTER-OTHER",
            )


def _claim() -> None:
    """Let the database know with what this workspace proves for whom it asks; the last step, so that none goes on alone."""
    from fairlead.register.proof import session_key

    key = session_key(django_settings.SECRET_KEY)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT FROM fairlead_session_key WHERE id = %s", [key.id])
        if cursor.fetchone() is None:
            cursor.execute(
                "INSERT INTO fairlead_session_key VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [key.id, key.outer, key.inner],
            )


def _is_behind() -> bool:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
