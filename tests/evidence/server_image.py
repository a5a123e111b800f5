"""A disk of 2 GB with NTFS, ext4 and FAT32, live and deleted files, as an E01 in segments; made without mounting.

The file systems are those of mkntfs and ntfscp, mke2fs and debugfs, mkfs.fat and mtools; the image is ewfacquire's.
A file is deleted from NTFS as Windows marks it in its table, from ext4 by debugfs, which unlike a kernel leaves
the block pointers, from FAT by mdel.
"""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import py7zr

from tests.evidence.build import MIB, zip_of
from tests.evidence.test_real_images import program
from tests.media.pictures import encode, scene

SIZE = 2048 * MIB
PARTS = (("ntfs", 0x07, 1, 900), ("ext4", 0x83, 901, 700), ("fat32", 0x0C, 1601, 300))
"""Name, type, first MiB and size in MiB; behind the last one lies a gap."""
PASSWORD = "grey plover 40"


@dataclass(kw_only=True)
class Server:
    """Where the image lies, and what is in it: contents by partition and name."""

    image: Path
    live: dict[str, dict[str, bytes]] = field(default_factory=dict)
    deleted: dict[str, dict[str, bytes]] = field(default_factory=dict)
    special: dict[str, bytes] = field(default_factory=dict)
    in_gap: bytes = b""


def picture(seed: int, size: tuple[int, int] = (90, 120)) -> bytes:
    return encode(scene(*size, seed), "JPEG" if seed % 3 else "PNG")


def files_of(chance: random.Random, first: int, count: int) -> dict[str, bytes]:
    """Pictures and other files, of some bytes to some hundred thousand."""
    made = {}
    for number in range(first, first + count):
        data = picture(number) if number % 2 else chance.randbytes(chance.choice([40, 900, 5000, 120_000]))
        made[f"item-{number}.{'jpg' if number % 2 else 'bin'}"] = data
    return made


def make_server(folder: Path, *, count: int = 40, deleted: int = 12) -> Server:
    """The image `server.E01` and its segments in a folder; needs about 2 GB of sparse space for a moment."""
    chance = random.Random(11)
    server = Server(image=folder / "server.E01")
    raw = folder / "server.dd"
    with raw.open("wb") as target:
        target.truncate(SIZE)
    makers = {"ntfs": _ntfs, "ext4": _ext4, "fat32": _fat32}
    for place, (name, _, start, size) in enumerate(PARTS):
        live = files_of(chance, 1000 * place, count)
        gone = files_of(chance, 1000 * place + 500, deleted)
        special = {"mail.eml": _mail(), "closed.7z": _closed()} if name == "ext4" else {}
        volume = folder / f"{name}.volume"
        makers[name](volume, size * MIB, live | special | gone, gone)
        _lay(volume, raw, start * MIB)
        volume.unlink()
        server.live[name], server.deleted[name] = live, gone
        server.special |= special
    server.special["pier.jpg"], server.special["quay.jpg"] = picture(7001), picture(7003)
    server.in_gap = picture(7005)
    with raw.open("r+b") as target:
        target.seek(446)
        for _, kind, start, size in PARTS:
            target.write(bytes([0, 0, 0, 0, kind, 0, 0, 0]) + struct.pack("<II", start * 2048, size * 2048))
        target.seek(510)
        target.write(b"\x55\xaa")
        target.seek(1950 * MIB)
        target.write(server.in_gap)
    details = ["-C", "12-345", "-e", "officer 17", "-E", "NSK/1", "-D", "server of the platform"]
    command = [
        program("ewfacquire"),
        "-u",
        "-q",
        "-t",
        str(folder / "server"),
        "-f",
        "encase6",
        "-c",
        "empty-block",
    ]
    subprocess.run(
        [*command, "-d", "sha1", "-S", str(2 * MIB), *details, str(raw)], check=True, capture_output=True
    )
    raw.unlink()
    return server


def _mail() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "harbour@example.org", "pier@example.net", "The old pier"
    mail["Date"] = "Tue, 03 Feb 2026 10:00:00 +0100"
    mail.set_content("See the picture.\n")
    archive = zip_of({"pier.jpg": picture(7001)})
    mail.add_attachment(archive, maintype="application", subtype="zip", filename="views.zip")
    return mail.as_bytes()


def _closed() -> bytes:
    target = io.BytesIO()
    with py7zr.SevenZipFile(target, "w", password=PASSWORD, header_encryption=True) as archive:
        archive.writestr(picture(7003), "quay.jpg")
    return target.getvalue()


def _lay(volume: Path, disk: Path, at: int) -> None:
    """Write what of a sparse volume is there."""
    with volume.open("rb") as source, disk.open("r+b") as target:
        for start, end in _written_ranges(source.fileno()):
            os.pwrite(target.fileno(), os.pread(source.fileno(), end - start, start), at + start)


def _written(folder: Path, files: dict[str, bytes]) -> Path:
    tree = folder.with_suffix(".tree")
    tree.mkdir()
    for name, data in files.items():
        (tree / name).write_bytes(data)
    return tree


def _ntfs(volume: Path, size: int, files: dict[str, bytes], gone: Iterable[str]) -> None:
    volume.write_bytes(b"")
    os.truncate(volume, size)
    subprocess.run([program("mkntfs"), "-F", "-Q", "-q", str(volume)], check=True, capture_output=True)
    tree = _written(volume, files)
    for name in files:
        command = [program("ntfscp"), "-f", str(volume), str(tree / name), f"/{name}"]
        subprocess.run(command, check=True, capture_output=True)
    _mark_deleted(volume, set(gone))


def _mark_deleted(volume: Path, names: set[str]) -> None:
    """Clear the flag "in use" of the records of files, as deleting does; a name is preceded by its length."""
    wanted = {bytes([len(name)]): [] for name in names}
    for name in names:
        wanted[bytes([len(name)])].append(name.encode("utf-16-le"))
    found = set()
    with volume.open("r+b") as target:
        for start, end in _written_ranges(target.fileno()):
            data = os.pread(target.fileno(), end - start, start)
            for at in range(-start % 1024, len(data), 1024):
                if data[at : at + 5] != b"FILE0" or not data[at + 22] & 1:
                    continue
                record = data[at : at + 1024]
                for length, stored in wanted.items():
                    for name in stored:
                        place = record.find(name)
                        if place >= 2 and record[place - 2 : place - 1] == length:
                            os.pwrite(target.fileno(), bytes([record[22] & 0xFE]), start + at + 22)
                            found.add(name)
    assert len(found) == len(names)


def _written_ranges(descriptor: int) -> Iterator[tuple[int, int]]:
    """Ranges of a sparse file that are no holes, in pieces of at most 16 MiB."""
    place, end = 0, os.fstat(descriptor).st_size
    while place < end:
        try:
            place = os.lseek(descriptor, place, os.SEEK_DATA)
        except OSError:
            return
        hole = os.lseek(descriptor, place, os.SEEK_HOLE)
        while place < hole:
            yield place, min(place + 16 * MIB, hole)
            place = min(place + 16 * MIB, hole)


def _ext4(volume: Path, size: int, files: dict[str, bytes], gone: Iterable[str]) -> None:
    tree = _written(volume, files)
    command = [program("mke2fs"), "-q", "-t", "ext4", "-d", str(tree), str(volume), f"{size // 1024}k"]
    subprocess.run(command, check=True, capture_output=True)
    for name in gone:
        command = [program("debugfs"), "-w", "-R", f"rm /{name}", str(volume)]
        subprocess.run(command, check=True, capture_output=True)


def _fat32(volume: Path, size: int, files: dict[str, bytes], gone: Iterable[str]) -> None:
    volume.write_bytes(b"")
    os.truncate(volume, size)
    subprocess.run([program("mkfs.fat"), "-F", "32", str(volume)], check=True, capture_output=True)
    tree = _written(volume, files)
    sources = [str(tree / name) for name in files]
    subprocess.run([program("mcopy"), "-i", str(volume), *sources, "::"], check=True, capture_output=True)
    names = [f"::{name}" for name in gone]
    subprocess.run([program("mdel"), "-i", str(volume), *names], check=True, capture_output=True)
