"""Another user of the computer, and the program's own role, at the embedded database: neither becomes its owner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from fairlead.case.place.session import Session

NOBODY, STRANGER = 65534, 54321
AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can be another user")

SERVE = """
import os, sys
from pathlib import Path
import encodings.idna, json, subprocess  # before the user changes, who may not be allowed to read them
from fairlead.register.embedded import start_embedded
if int(sys.argv[2]):
    os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
print(start_embedded(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""
ATTACK = """
import json, os, socket, sys
from pathlib import Path
import encodings.idna, psycopg
os.setgroups([]); os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[3]))
url, data = sys.argv[1], Path(sys.argv[2])
got = []
for user in ("postgres", "fairlead_app"):
    for where in (url, url.split("host=")[0] + "host=127.0.0.1", url.split("host=")[0] + "host=/tmp"):
        try:
            with psycopg.connect(where, user=user) as connection:
                connection.execute("COPY (SELECT 1) TO PROGRAM 'id'")
            got.append(f"{user} at {where}")
        except psycopg.OperationalError:
            pass
try:
    socket.create_connection(("127.0.0.1", 5432), timeout=5).close()
    got.append("port")
except OSError:
    pass
for name in (".", "pg_hba.conf", "PG_VERSION", "postmaster.pid", "log", "base"):
    path = data / name
    try:
        os.listdir(path) if name in (".", "base") else path.read_bytes()
        got.append(f"file {name}")
    except PermissionError:
        pass
print(json.dumps(got))
"""


def python(program: str, *arguments: object) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FAIRLEAD", "PG", "TMPDIR"))}
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


@needs_root
@pytest.mark.parametrize("name", ["short", "l" * 120])
@pytest.mark.parametrize(("owner", "attacker"), [(0, NOBODY), (NOBODY, STRANGER)])
def test_another_user_finds_no_socket_no_port_no_file_and_no_program(
    tmp_path_factory: pytest.TempPathFactory, name: str, owner: int, attacker: int
) -> None:
    top = tmp_path_factory.mktemp("shared")
    folder = top / name
    folder.mkdir()
    os.chown(folder, owner, owner)
    for above in (folder, *folder.parents):  # everybody may pass: what protects is the database's own
        if above.stat().st_uid == 0 and not above.stat().st_mode & 1:
            above.chmod(above.stat().st_mode | 0o011)
    before = {path: path.stat().st_mode for path in (folder, *folder.parents)}
    server = python(SERVE, folder, owner)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        assert url.startswith("postgresql://")
        answer, _ = python(ATTACK, url, folder / "postgres", attacker).communicate(timeout=120)
        assert json.loads(answer) == []
        assert {path: path.stat().st_mode for path in (folder, *folder.parents)} == before
        assert "trust" not in (folder / "postgres" / "pg_hba.conf").read_text()
        number = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(number)
        assert process.uids().real != 0
        assert process.gids().real != 0
        groups = next(
            line for line in Path(f"/proc/{number}/status").read_text().splitlines() if "Groups:" in line
        )
        assert groups.split()[1:] == []
    finally:
        server.communicate("", timeout=120)


@needs_root
def test_a_workspace_in_a_folder_closed_to_all_others_opens_no_folder_above_it(tmp_path: Path) -> None:
    folder = tmp_path / "closed" / "workspace"
    folder.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    server = python(SERVE, folder, 0)
    assert server.stdout is not None
    assert server.stdout.readline().startswith("postgresql://")
    server.communicate("", timeout=120)
    assert (tmp_path / "closed").stat().st_mode & 0o777 == 0o700


def test_a_server_that_trusted_everybody_does_so_no_more_when_it_is_joined(tmp_path: Path) -> None:
    server = python(SERVE, tmp_path, 0)
    assert server.stdout is not None
    server.stdout.readline()
    rules = tmp_path / "postgres" / "pg_hba.conf"
    rules.write_text("local all all trust\n")
    second = python(SERVE, tmp_path, 0)
    assert second.stdout is not None
    second.stdout.readline()
    assert "trust" not in rules.read_text()
    for process in (second, server):
        process.communicate("", timeout=120)


FORBIDDEN = [
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "ALTER ROLE fairlead_app SUPERUSER",
    "GRANT postgres TO fairlead_app",
    "UPDATE register_ledger SET what = 'x'",
    "DELETE FROM register_ledger",
    "UPDATE register_ledgerdetail SET detail = NULL",
    "DELETE FROM register_ledgerdetail",
    "UPDATE register_judgementrow SET reason = 'x'",
    "DELETE FROM register_judgementrow",
    "UPDATE register_custodyrow SET reason = 'x'",
    "DELETE FROM register_custodyrow",
    "UPDATE register_ledgersize SET entries = 9",
    "INSERT INTO register_ledger (index, leaf, operation_name, what, at) VALUES (9000000000000000000, '', 'x', 'x', now())",
    "UPDATE register_packagerow SET sha256 = 'x'",
    "DELETE FROM register_packagerow",
    "UPDATE register_outcomerow SET signer = 'x'",
    "UPDATE register_preparedrow SET purpose = 'x'",
    "UPDATE register_recallrow SET reason = 'x'",
    "DELETE FROM register_holdrow",
    "UPDATE register_user SET username = 'x'",
    "INSERT INTO register_user SELECT * FROM register_user",
    "INSERT INTO register_grant SELECT * FROM register_grant",
    "SELECT * FROM fairlead_session_key",
    "ALTER TABLE register_leadrow DISABLE ROW LEVEL SECURITY",
    "CREATE TEMP TABLE register_grant (user_id bigint)",
    "CREATE TEMP VIEW register_grant AS SELECT 1",
    "CREATE TABLE public.register_more (x int)",
    "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT $1 $$",
    "ALTER TABLE register_ledger DISABLE TRIGGER USER",
    "SET session_replication_role = replica",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_program_s_role_may_not(database: str, statement: str) -> None:
    from django.db import DatabaseError, connection, transaction

    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be|LEDGER"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_program_s_role_is_nobody_else_even_after_a_reset(database: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("RESET SESSION AUTHORIZATION")
        cursor.execute(
            "SELECT session_user, current_user, usesuper FROM pg_user WHERE usename = current_user"
        )
        assert cursor.fetchone() == ("fairlead_app", "fairlead_app", False)
        cursor.execute("SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member "
                       "WHERE r.rolname = current_user")  # fmt: skip
        assert cursor.fetchone() == (0,)


def test_the_database_erases_nothing_for_somebody_without_a_role_in_the_operation(database: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT fairlead_erase_detail(index, "case") FROM register_ledger WHERE "case" <> \'\''
        )
        assert not any(row[0] for row in cursor.fetchall())


def test_what_runs_as_the_owner_looks_at_nothing_that_another_one_made(database: str) -> None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE n.nspname = 'public' AND prosecdef"
        )
        found = dict(cursor.fetchall())
    assert {"fairlead_user", "fairlead_scopes", "fairlead_operations", "fairlead_erase_detail"} <= set(found)
    assert set(map(tuple, found.values())) == {("search_path=pg_catalog, public, pg_temp",)}


TRAP = """
CREATE FUNCTION pg_temp.owned() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN PERFORM set_config('trap.sprung', current_user, false); RETURN 1; END $$;
CREATE TEMP VIEW register_grant AS SELECT pg_temp.owned() AS user_id, 'x'::text AS operation_id, '*'::text AS country,
  'analyst'::text AS role, NULL::timestamptz AS expires_at;
SELECT fairlead_operations(), fairlead_scopes();
"""


def test_a_temporary_view_in_the_place_of_a_table_springs_no_trap_even_where_it_may_be_made(
    database: str,
) -> None:
    from django.db import connection, connections, transaction

    with connections["owner"].cursor() as owner:
        owner.execute("SELECT current_database()")
        here = owner.fetchone()[0]
        owner.execute(f'GRANT TEMPORARY ON DATABASE "{here}" TO fairlead_app')
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(TRAP)
                cursor.execute("SELECT current_setting('trap.sprung', true)")
                assert cursor.fetchone()[0] in (None, "")
                transaction.set_rollback(True)
        finally:
            owner.execute(f'REVOKE TEMPORARY ON DATABASE "{here}" FROM fairlead_app')


def asked(statement: str, *values: object) -> object:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def seen() -> tuple[object, object]:
    """How many operations and personal parts of the log the program's role is shown."""
    return asked("SELECT count(*) FROM register_operation"), asked(
        "SELECT count(*) FROM register_ledgerdetail"
    )


def test_sql_that_names_a_user_is_shown_nothing_of_that_user(make_session: Callable[..., Session]) -> None:
    from django.db import transaction

    from fairlead.register.gate import acting_as
    from fairlead.register.models import User

    session, other = make_session(), make_session()
    with acting_as(User(pk=session.user_id)):
        assert seen() != (0, 0)
        own = asked("SELECT current_setting('fairlead.user')")
    key = str(own).split(":")[1]
    for name in (
        str(other.user_id),
        f"{other.user_id}:{key}:",
        f"{other.user_id}:{key}:{'0' * 64}",
        f"{own}0",
        "x:y:z",
    ):
        with transaction.atomic():
            asked("SELECT set_config('fairlead.user', %s, true)", name)
            assert asked("SELECT fairlead_user()") is None
            assert seen() == (0, 0)


def test_what_was_proven_in_one_transaction_holds_in_no_other_and_for_no_other_user(
    make_session: Callable[..., Session],
) -> None:
    from django.db import transaction

    from fairlead.register.gate import acting_as
    from fairlead.register.models import User

    session, other = make_session(), make_session()
    with acting_as(User(pk=session.user_id)):
        own = str(asked("SELECT current_setting('fairlead.user')"))
        assert asked("SELECT fairlead_user()") == session.user_id
        asked(
            "SELECT set_config('fairlead.user', %s, true)",
            own.replace(str(session.user_id), str(other.user_id), 1),
        )
        assert asked("SELECT fairlead_user()") is None
    with transaction.atomic():
        asked("SELECT set_config('fairlead.user', %s, true)", own)
        assert asked("SELECT fairlead_user()") is None


def test_without_a_user_no_personal_part_of_the_log_is_shown_and_with_one_only_those_of_their_operations(
    make_session: Callable[..., Session],
) -> None:
    from fairlead.register.gate import acting_as
    from fairlead.register.models import LedgerDetail, User

    session, other = make_session(), make_session()
    assert seen() == (0, 0)
    with acting_as(User(pk=session.user_id)):
        cases = set(LedgerDetail.objects.values_list("entry__case", flat=True))
    assert session.operation in cases
    assert other.operation not in cases
