"""Builders of exhibits: benign, made on the spot."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fairlead.evidence.exhibits import ExhibitSource, detect_kind
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.stages import DigestStage, WalkStage
from fairlead.tables.evidence import EXHIBITS

MIB = 1 << 20


def note(number: int, size: int = 3000) -> bytes:
    """Bytes that differ by number."""
    return (f"seaside note {number}\n".encode() * (size // 8))[:size]


def zip_of(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


def tar_gz_of(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(target.getvalue(), mtime=0)


def ext4_image(
    path: Path, files: dict[str, bytes], *, size: str = "16M", deleted: Iterable[str] = ()
) -> Path:
    """An ext4 file system made without mounting; deleted files are removed with debugfs."""
    tree = path.with_suffix(".tree")
    for name, data in files.items():
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    command = ["/usr/sbin/mke2fs", "-q", "-t", "ext4", "-d", str(tree), "-b", "1024", str(path), size]
    subprocess.run(command, check=True)
    for name in deleted:
        subprocess.run(
            ["/usr/sbin/debugfs", "-w", "-R", f"rm /{name}", str(path)], check=True, capture_output=True
        )
    return path


def behind_partition_table(path: Path, file_system: bytes, *, start_sector: int = 2048) -> Path:
    """An MBR disk with one Linux partition that holds the given file system."""
    sectors = len(file_system) // 512
    entry = (
        bytes([0, 0, 0, 0, 0x83, 0, 0, 0])
        + start_sector.to_bytes(4, "little")
        + sectors.to_bytes(4, "little")
    )
    table = bytes(446) + entry + bytes(48) + b"\x55\xaa"
    path.write_bytes(table + bytes(start_sector * 512 - 512) + file_system)
    return path


def process(path: Path, limits: EvidenceLimits | None = None) -> list[dict[str, Any]]:
    """Rows of FILES for one exhibit, by the two stages."""
    limits = limits or EvidenceLimits()
    source = ExhibitSource(exhibit="AB/1", kind=detect_kind(path), path=path)
    row = {"exhibit": "AB/1", "sequence": 1, "kind": source.kind.value, "path": os.fspath(path)}
    listing = WalkStage(limits=limits).run(iter([EXHIBITS.batch([row])]))
    digested = DigestStage(sources=(source,), limits=limits).run(listing)
    return [row for batch in digested for row in batch.to_pylist()]
