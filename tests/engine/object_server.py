"""A real server of object storage for tests: moto's, a process of its own, on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyarrow import fs

from tests.engine.spark_cluster import LOOPBACK, ROOT

_SERVER = ROOT / ".venv-s3" / "bin" / "moto_server"
BUCKET = "lanternfish"

needs_s3 = pytest.mark.skipif(not _SERVER.exists(), reason="needs requirements/s3.txt: `make s3`")


@dataclass(frozen=True)
class ObjectServer:
    """Its address, and a bucket in it."""

    port: int
    filesystem: fs.S3FileSystem

    @property
    def environment(self) -> dict[str, str]:
        """What a program has to be told to reach it; the keys are made up."""
        return {
            "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{self.port}",
            "AWS_REGION": "eu-north-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }

    def put(self, key: str, data: bytes) -> None:
        with self.filesystem.open_output_stream(f"{BUCKET}/{key}") as sink:
            sink.write(data)

    def get(self, key: str) -> bytes:
        with self.filesystem.open_input_stream(f"{BUCKET}/{key}") as source:
            return bytes(source.read())

    def keys(self, prefix: str) -> list[str]:
        listed = self.filesystem.get_file_info(
            fs.FileSelector(f"{BUCKET}/{prefix}", recursive=True, allow_not_found=True)
        )
        return sorted(i.path.removeprefix(f"{BUCKET}/") for i in listed if i.type is fs.FileType.File)

    def put_folder(self, folder: Path, prefix: str) -> None:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                self.put(f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())


@contextmanager
def object_server(folder: Path) -> Iterator[ObjectServer]:
    """Start it, make a bucket, and end it afterwards."""
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "FAIRLEAD"))}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [str(_SERVER), "-H", LOOPBACK, "-p", str(port)], env=environment, stdout=log, stderr=log
        )
    try:
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            with suppress(OSError), socket.create_connection((LOOPBACK, port), 1):
                break
            time.sleep(0.1)
        server = ObjectServer(
            port,
            fs.S3FileSystem(
                access_key="testing", secret_key="testing", region="eu-north-1", scheme="http",
                endpoint_override=f"{LOOPBACK}:{port}", allow_bucket_creation=True,
            ),
        )  # fmt: skip
        server.filesystem.create_dir(BUCKET)
        yield server
    finally:
        process.kill()
        process.wait(30)
