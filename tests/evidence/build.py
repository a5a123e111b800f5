"""Builders of exhibits: benign, made on the spot."""

from __future__ import annotations

import gzip
import io
import os
import struct
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fairlead.evidence.exhibits import detect_kind
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.passwords import keep_passwords
from fairlead.evidence.stages import DigestStage, VolumesStage, WalkStage, source_of
from fairlead.tables.evidence import EXHIBITS

MIB = 1 << 20


def note(number: int, size: int = 3000) -> bytes:
    """Bytes that differ by number."""
    return (f"seaside note {number}\n".encode() * (size // 8))[:size]


def zip_of(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, method)
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


def behind_gpt(path: Path, file_system: bytes, *, start_sector: int = 2048) -> Path:
    """A GPT disk with one Linux partition that holds the given file system."""
    sectors = len(file_system) // 512
    last = start_sector + sectors + 33
    kind = bytes.fromhex("af3dc60f838472478e793d69d8477de4")
    entry = (
        kind + bytes(range(16)) + struct.pack("<QQQ", start_sector, start_sector + sectors - 1, 0) + bytes(72)
    )
    entries = entry + bytes(127 * 128)
    fields = (1, last, 34, last - 33, bytes(16), 2, 128, 128, zlib.crc32(entries))
    header = b"EFI PART" + struct.pack("<IIII", 0x10000, 92, 0, 0) + struct.pack("<QQQQ16sQIII", *fields)
    header = header[:16] + struct.pack("<I", zlib.crc32(header)) + header[20:]
    protective = bytes([0, 0, 2, 0, 0xEE, 255, 255, 255]) + struct.pack("<II", 1, last)
    table = bytes(446) + protective + bytes(48) + b"\x55\xaa" + header.ljust(512, b"\0") + entries
    path.write_bytes(table.ljust(start_sector * 512, b"\0") + file_system + bytes(34 * 512))
    return path


def fat16_image(path: Path, live: dict[bytes, bytes], deleted: dict[bytes, bytes]) -> Path:
    """A FAT16 file system with files of one cluster each in its root; names are 11 bytes, upper case."""
    sectors, per_cluster, reserved, fat_sectors, root_entries = 40_000, 4, 1, 64, 512
    boot = b"\xeb\x3c\x90EXAMPLE " + struct.pack(
        "<HBHBHHBHHHII", 512, per_cluster, reserved, 2, root_entries, sectors, 0xF8, fat_sectors, 32, 2, 0, 0
    )
    boot += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 7, b"NO NAME    ", b"FAT16   ")
    fat = bytearray(struct.pack("<HH", 0xFFF8, 0xFFFF))
    root, data = bytearray(), bytearray()
    for number, (name, body) in enumerate([*live.items(), *deleted.items()], 2):
        gone = name in deleted
        fat += struct.pack("<H", 0 if gone else 0xFFFF)
        stored = b"\xe5" + name[1:] if gone else name
        root += struct.pack("<11sB10xHHHI", stored, 0x20, 0, 0x5821, number, len(body))
        data += body.ljust(per_cluster * 512, b"\0")
    table = bytes(fat).ljust(fat_sectors * 512, b"\0")
    whole = (
        boot.ljust(510, b"\0") + b"\x55\xaa" + table * 2 + bytes(root).ljust(root_entries * 32, b"\0") + data
    )
    path.write_bytes(whole.ljust(sectors * 512, b"\0"))
    return path


def exhibit_row(
    path: Path, limits: EvidenceLimits, *, passwords: Iterable[str] = (), carve: bool = False
) -> dict[str, Any]:
    """A row of EXHIBITS for one exhibit, with its list of passwords kept."""
    row: dict[str, Any] = {
        "exhibit": "AB/1",
        "sequence": 1,
        "kind": detect_kind(path).value,
        "path": os.fspath(path),
        "carve": carve,
    }
    if passwords:
        given = path.with_name(path.name + ".passwords")
        given.write_text("\n".join(passwords) + "\n")
        kept, listed = keep_passwords(given, path.parent / ".kept", most=limits.passwords)
        given.unlink()
        row |= {"passwords_path": os.fspath(kept), "passwords_digest": listed.digest}
    return row


def volumes_of(path: Path, *, passwords: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Rows of VOLUMES for one exhibit, by the two stages."""
    row = exhibit_row(path, EvidenceLimits(), passwords=passwords)
    listing = WalkStage().run(iter([EXHIBITS.batch([row])]))
    return [row for batch in VolumesStage().run(listing) for row in batch.to_pylist()]


def process(
    path: Path,
    limits: EvidenceLimits | None = None,
    *,
    passwords: Iterable[str] = (),
    carve: bool = False,
    unexamined: bool = False,
) -> list[dict[str, Any]]:
    """Rows of FILES for one exhibit, by the two stages; rows for free space only if asked for."""
    limits = limits or EvidenceLimits()
    row = exhibit_row(path, limits, passwords=passwords, carve=carve)
    listing = WalkStage(limits=limits).run(iter([EXHIBITS.batch([row])]))
    digested = DigestStage(sources=(source_of(row),), limits=limits).run(listing)
    rows = [row for batch in digested for row in batch.to_pylist()]
    return [row for row in rows if unexamined or row["verdict"] != "not_examined"]
