"""Servers of the real programs, started for tests and gone with them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class MariaDb:
    """A running server: how it is asked, and how it is dumped."""

    client: list[str]
    dumper: list[str]

    def run(self, sql: str) -> bytes:
        return subprocess.run(self.client, input=sql.encode(), check=True, capture_output=True).stdout

    def dump(self, *options: str) -> bytes:
        return subprocess.run([*self.dumper, *options], check=True, capture_output=True).stdout


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDb]:
    """A server whose own zone is two hours east of Greenwich; it listens on nothing but a socket of its own."""
    server = shutil.which("mariadbd") or shutil.which("mysqld") or shutil.which("/usr/sbin/mariadbd")
    dumper = shutil.which("mariadb-dump") or shutil.which("mysqldump")
    installer = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
    client = shutil.which("mariadb") or shutil.which("mysql")
    if not (server and dumper and installer and client):
        pytest.skip("mariadb-server is not installed here; CI installs it")
    with tempfile.TemporaryDirectory(prefix="fl") as folder:
        Path(folder).chmod(0o755)
        user = ["--user=root"] if os.geteuid() == 0 else []
        data, socket = f"{folder}/data", f"{folder}/s"
        subprocess.run(
            [installer, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db", *user],
            check=True, capture_output=True,
        )  # fmt: skip
        running = subprocess.Popen(
            [server, "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking", f"--pid-file={folder}/p", "--innodb-buffer-pool-size=32M", "--max-allowed-packet=64M", "--default-time-zone=+02:00", *user],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        where = ["--no-defaults", f"--socket={socket}", "-uroot", "--max-allowed-packet=64M"]
        base = [client, *where, "--default-character-set=utf8mb4"]
        try:
            for _ in range(150):
                if (
                    subprocess.run([*base, "-e", "SELECT 1"], capture_output=True, check=False).returncode
                    == 0
                ):
                    break
                time.sleep(0.1)
            yield MariaDb(client=base, dumper=[dumper, *where])
        finally:
            running.terminate()
            running.wait()
