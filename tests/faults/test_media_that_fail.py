"""Exhibits on a medium that gives read errors, and a disk without room: real ones, where the test may make them."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.evidence.exhibits import digest_exhibit
from fairlead.evidence.readers.entry import Stop
from fairlead.evidence.readers.file_system import FileSystem
from fairlead.evidence.readers.image import RawImage
from fairlead.evidence.readers.partitions import Partition
from fairlead.terms.errors import ItemError
from tests.end_to_end.conftest import fairlead
from tests.evidence.build import ext4_image
from tests.faults.operation import findings

pytestmark = pytest.mark.long

MIB = 1 << 20
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")


def command(*arguments: str | Path) -> str:
    return subprocess.run([*map(str, arguments)], check=True, capture_output=True, text=True).stdout.strip()


def operation(workspace: Path) -> tuple[str, Path]:
    fairlead("init", workspace)
    fairlead("operation", "new", "x", "--lead", "DK", "--workspace", workspace)
    return "--workspace", workspace


def sql(workspace: Path, statement: str) -> list[dict[str, object]]:
    catalogue = Catalogue(PartStore(workspace / "operations" / "x" / "tables"))
    try:
        return catalogue.rows(statement)
    finally:
        catalogue.close()


@contextlib.contextmanager
def failing_medium(folder: Path) -> Iterator[tuple[Path, Path]]:
    """A mounted file system, and the file behind it: what is cut off that file can no longer be read from the mount."""
    backing, mount = folder / "medium.img", folder / "medium"
    mount.mkdir()
    with backing.open("wb") as file:
        file.truncate(24 * MIB)
    command("mke2fs", "-q", "-t", "ext2", "-b", "4096", backing)
    try:
        device = command("losetup", "--find", "--show", backing)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine has no loop devices")
    try:
        command("mount", "-t", "ext2", device, mount)
        try:
            yield mount, backing
        finally:
            command("umount", mount)
    finally:
        command("losetup", "--detach", device)


@needs_root
def test_what_cannot_be_read_from_a_failing_medium_gets_that_verdict_and_everything_else_is_read(
    tmp_path: Path,
) -> None:
    with failing_medium(tmp_path) as (mount, backing):
        (mount / "first.txt").write_bytes(b"whole " * 1000)
        for number in range(20):
            (mount / f"large-{number:02d}.bin").write_bytes(os.urandom(MIB))
        here = operation(tmp_path / "ws")
        command("sync")
        fairlead("exhibit", "add", mount, "--exhibit", "AB/1", "--authority", "order", *here)
        device = command("findmnt", "--noheadings", "--output", "SOURCE", mount)
        command("umount", mount)
        command("blockdev", "--flushbufs", device)
        os.truncate(backing, 10 * MIB)
        command("mount", "-o", "ro", "-t", "ext2", device, mount)

        refused = fairlead("process", *here, check=False)
        assert refused.returncode == 2
        assert "CUSTODY-CHANGED" in refused.stderr, (
            "a medium that fails is noticed before anything is concluded"
        )

        fairlead("process", "--no-verify-exhibits", *here)
        rows = sql(tmp_path / "ws", "SELECT path, verdict, detail FROM files")
        told = {row["verdict"] for row in rows}
        assert len([r for r in rows if str(r["path"]).endswith((".txt", ".bin"))]) == 21, (
            "every file is listed"
        )
        assert told >= {"read", "unreadable"}, rows
        assert all("error" in str(r["detail"]) for r in rows if r["verdict"] == "unreadable")
        assert [r["verdict"] for r in rows if r["path"] == "first.txt"] == ["read"]
        assert findings(fairlead("doctor", "--json", *here).stdout) == []


def test_files_of_an_image_with_bad_sectors_are_all_listed_and_read_up_to_the_first_of_them(
    tmp_path: Path,
) -> None:
    names = [f"f{number:02d}" for number in range(12)]
    contents = {name: os.urandom(MIB) for name in names}
    path = ext4_image(tmp_path / "disk.dd", contents)
    bad_from = path.read_bytes().index(contents["f07"]) + MIB // 2

    class FailingImage(RawImage):
        def _fetch(self, offset: int, length: int) -> bytes:
            if offset + length > bad_from:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super()._fetch(offset, length)

    with path.open("rb") as handle:
        image = FailingImage([handle.fileno()])
        partition = Partition(number=0, start=0, size=path.stat().st_size, description="")
        system = FileSystem(image, partition)
        found = {bytes(e.path).decode()[1:]: e for e in system.entries() if e.size}
        assert set(names) <= set(found)
        got: dict[str, bytearray] = {name: bytearray() for name in names}
        broken = set()
        for name in names:
            try:
                system.copy({"kind": "inode", "inode": found[name].inode}, got[name].extend)
            except Stop:
                broken.add(name)
    assert "f07" in broken
    assert all(contents[name].startswith(got[name]) for name in names)
    assert all(got[name] == contents[name] for name in set(names) - broken)
    assert MIB // 2 - 4096 <= len(got["f07"]) <= MIB // 2


def test_an_image_whose_first_bytes_cannot_be_read_stops_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    image = tmp_path / "disk.dd"
    image.write_bytes(bytes(MIB))
    monkeypatch.setattr(os, "pread", failing)
    with pytest.raises(ItemError, match="EVIDENCE-004: the medium gave an error after 0 bytes"):
        digest_exhibit(image)


def test_a_read_error_in_one_file_costs_that_file_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with a reader that fails, for machines on which nobody may mount."""
    from fairlead.evidence.digests import digest_descriptor

    real = os.pread

    def failing(descriptor: int, count: int, offset: int) -> bytes:
        if offset >= MIB:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(descriptor, count, offset)

    file = tmp_path / "file"
    file.write_bytes(bytes(2 * MIB))
    monkeypatch.setattr(os, "pread", failing)
    with file.open("rb") as handle:
        digests = digest_descriptor(handle.fileno())
    assert digests.problem == f"the medium gave an error after {MIB} bytes: Input/output error"
    assert digests.size_bytes == MIB


@needs_root
def test_a_full_disk_stops_the_run_with_what_to_do_and_with_room_it_goes_on(tmp_path: Path) -> None:
    exhibit = tmp_path / "exhibit"
    exhibit.mkdir()
    for number in range(400):
        (exhibit / f"{number}.txt").write_text(f"a text, number {number}, unlike the others")
    here = operation(tmp_path / "ws")
    tables = tmp_path / "ws" / "operations" / "x" / "tables"
    fairlead("exhibit", "add", exhibit, "--exhibit", "AB/1", "--authority", "order", *here)
    before = {p.relative_to(tables): p.read_bytes() for p in tables.rglob("*") if p.is_file()}
    command("mount", "-t", "tmpfs", "-o", "size=100k", "none", tables)
    try:
        for name, data in before.items():
            (tables / name).parent.mkdir(parents=True, exist_ok=True)
            (tables / name).write_bytes(data)
        full = fairlead("process", *here, check=False)
        assert full.returncode == 2, full.stdout
        assert "RUN-DISK: the disk is full" in full.stderr
        command("mount", "-o", "remount,size=50m", tables)
        fairlead("process", *here)
        assert sql(tmp_path / "ws", "SELECT count(*) AS n FROM contents") == [{"n": 400}]
        assert findings(fairlead("doctor", "--json", *here).stdout) == []
    finally:
        command("umount", tables)
