"""Lays files out as exhibits: a folder, a zip archive, and a raw disk image with an ext4 file system."""

from __future__ import annotations

import os
import struct
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from shutil import which

from fairlead.terms.errors import RunError

_SECTOR = 512
_PARTITION_START = 2048  # sectors
_BLOCK = 4096
_LINUX_PARTITION = 0x83


def write_folder(root: Path, files: Mapping[bytes, bytes], *, at: datetime) -> None:
    """Write files (raw path bytes below ``root`` → data), all with one modification time."""
    base = os.fsencode(root)
    for path, data in files.items():
        target = os.path.join(base, path)  # noqa: PTH118 - pathlib cannot hold names that are not UTF-8
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        with open(target, "wb") as handle:  # noqa: PTH123
            handle.write(data)
        os.utime(target, (at.timestamp(), at.timestamp()))


def zip_bytes(files: Mapping[str, bytes], *, at: datetime) -> bytes:
    """A zip archive of files, deflated, with one modification time."""
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def write_image(
    path: Path, files: Mapping[bytes, bytes], deleted: list[str], *, at: datetime, seed: int
) -> None:
    """A raw disk image: MBR, one partition, ext4 with the files; those named in ``deleted`` are removed again.

    Uses mke2fs and debugfs of e2fsprogs, which every Debian has; nothing is mounted.
    """
    programs = {
        name: which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        for name in ("mke2fs", "debugfs")
    }
    if not all(programs.values()):
        raise RunError(
            "mke2fs and debugfs are not on this computer",
            "Install the package e2fsprogs.",
            code="RUN-E2FSPROGS",
        )
    size = sum(-(-len(data) // _BLOCK) * _BLOCK for data in files.values())
    blocks = max(4096, (size * 5 // 4) // _BLOCK + 2048)
    environment = {"E2FSPROGS_FAKE_TIME": str(int(at.timestamp())), "PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
    with tempfile.TemporaryDirectory(prefix="fairlead-image-") as scratch:
        tree = Path(scratch) / "tree"
        tree.mkdir()
        write_folder(tree, files, at=at)
        for folder, _, _ in os.walk(tree):
            os.utime(folder, (at.timestamp(), at.timestamp()))
        volume = Path(scratch) / "volume"
        identity = f"00000000-0000-4000-8000-{seed:012x}"
        subprocess.run(
            [str(programs["mke2fs"]), "-q", "-t", "ext4", "-b", str(_BLOCK), "-U", identity, "-d", str(tree),
             "-E", f"hash_seed={identity},lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0",
             "-O", "^has_journal", str(volume), str(blocks)],
            check=True, env=environment, capture_output=True,
        )  # fmt: skip
        # mke2fs takes the change time from the source files, which cannot be set there: set it in the volume.
        seconds = int(at.timestamp())
        paths = ["/", "/lost+found"]
        for parent, folders, names in os.walk(tree):
            below = parent[len(str(tree)) :]
            paths += [f"{below}/{name}" for name in (*folders, *names)]
        script = Path(scratch) / "times"
        script.write_text(
            "".join(
                f'sif "{p}" {field} @{seconds}\n' for p in sorted(set(paths)) for field in ("ctime", "atime")
            )
        )
        subprocess.run(
            [str(programs["debugfs"]), "-w", "-f", str(script), str(volume)],
            check=True, env=environment, capture_output=True,
        )  # fmt: skip
        for name in deleted:
            subprocess.run(
                [str(programs["debugfs"]), "-w", "-R", f"rm {name}", str(volume)],
                check=True, env=environment, capture_output=True,
            )  # fmt: skip
        with path.open("wb") as image, volume.open("rb") as source:
            image.write(_boot_record(blocks * _BLOCK // _SECTOR))
            image.seek(_PARTITION_START * _SECTOR)
            while chunk := source.read(1 << 20):
                image.write(chunk)


def _boot_record(sectors: int) -> bytes:
    """A master boot record with one Linux partition."""
    entry = struct.pack("<B3sB3sII", 0, b"\0\0\0", _LINUX_PARTITION, b"\0\0\0", _PARTITION_START, sectors)
    return (b"\0" * 446 + entry).ljust(510, b"\0") + b"\x55\xaa"
