"""Images that other programs wrote: NTFS by ntfs-3g, FAT32 by dosfstools, split E01 by libewf's ewfacquire."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from fairlead.evidence.copies import copy_at
from fairlead.evidence.exhibits import digest_exhibit
from fairlead.evidence.limits import EvidenceLimits
from tests.evidence.build import MIB, behind_partition_table, ext4_image, note, process, zip_of
from tests.evidence.hfs import hfs_of

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def program(name: str) -> str:
    """Where a program is; the test says so and does not run when it is absent."""
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.skip(f"{name} is not on this computer")
    return found


def ntfs_image(path: Path, files: dict[str, bytes], *, size: int = 16 * MIB) -> Path:
    """An NTFS file system with files in its root, made without mounting."""
    mkntfs, ntfscp = program("mkntfs"), program("ntfscp")
    path.write_bytes(b"")
    os.truncate(path, size)
    subprocess.run([mkntfs, "-F", "-Q", "-q", "-L", "seaside", str(path)], check=True, capture_output=True)
    for name, data in files.items():
        source = path.with_name("one-file")
        source.write_bytes(data)
        subprocess.run([ntfscp, "-f", str(path), str(source), f"/{name}"], check=True, capture_output=True)
    return path


def mark_deleted(path: Path, name: str) -> None:
    """What deleting does to the master file table: the entry of the file is no longer in use."""
    data = bytearray(path.read_bytes())
    wanted = name.encode("utf-16-le")
    place = 0
    found = 0
    while (place := data.find(b"FILE0", place)) >= 0:
        record = data[place : place + 1024]
        if wanted in record and record[22] & 1:
            data[place + 22] &= 0xFE
            found += 1
        place += 512
    assert found
    path.write_bytes(data)


def test_an_ntfs_image_gives_every_file_with_its_bytes(tmp_path: Path) -> None:
    files = {f"note {n}.txt": note(n, 200 if n % 2 else 90_000) for n in range(12)}
    image = behind_partition_table(tmp_path / "disk.dd", ntfs_image(tmp_path / "n", files).read_bytes())
    rows = {row["path"].rpartition("/")[2]: row for row in process(image)}
    for name, data in files.items():
        assert rows[name]["verdict"] == "read"
        assert rows[name]["read_bytes"] == len(data)


def test_a_file_deleted_from_ntfs_is_found_by_the_table_scan(tmp_path: Path) -> None:
    files = {f"note-{n}.txt": note(n, 90_000) for n in range(8)}
    volume = ntfs_image(tmp_path / "n", files)
    before = {row["path"].rpartition("/")[2]: row["sha256"] for row in process(volume)}
    changed = tmp_path / "changed"
    shutil.copy(volume, changed)
    for n in (2, 5):
        mark_deleted(changed, f"note-{n}.txt")
    rows = process(changed)
    gone = [row for row in rows if row["allocation"] == "deleted" and row["verdict"] == "read"]
    assert {before["note-2.txt"], before["note-5.txt"]} <= {row["sha256"] for row in gone}
    assert all(row["verdict"] for row in rows)


def test_a_damaged_ntfs_boot_sector_or_table_stops_nothing_else(tmp_path: Path) -> None:
    volume = ntfs_image(tmp_path / "n", {"a.txt": note(1)})
    data = bytearray(volume.read_bytes())
    data[3 : 3 + 8] = b"XXXXXXXX"
    volume.write_bytes(data)
    rows = process(volume)
    assert rows
    assert all(row["verdict"] for row in rows)


def test_a_fat32_image_by_dosfstools_gives_its_files(tmp_path: Path) -> None:
    mkfs, mcopy = program("mkfs.fat"), program("mcopy")
    volume = tmp_path / "fat"
    volume.write_bytes(b"")
    os.truncate(volume, 64 * MIB)
    subprocess.run([mkfs, "-F", "32", str(volume)], check=True, capture_output=True)
    (tmp_path / "A long name of a file.txt").write_bytes(note(7))
    subprocess.run(
        [mcopy, "-i", str(volume), str(tmp_path / "A long name of a file.txt"), "::"],
        check=True,
        capture_output=True,
    )
    rows = {row["path"].rpartition("/")[2]: row for row in process(volume)}
    assert rows["A long name of a file.txt"]["verdict"] == "read"


def test_an_e01_in_several_segments_by_ewfacquire_gives_the_files_of_the_raw_image(tmp_path: Path) -> None:
    acquire = program("ewfacquire")
    files = {f"f{n}.bin": os.urandom(400_000) for n in range(8)}
    raw = ext4_image(tmp_path / "raw.dd", files, size="8M")
    subprocess.run(
        [
            acquire,
            "-u",
            "-q",
            "-t",
            str(tmp_path / "image"),
            "-S",
            "1048576",
            "-c",
            "none",
            "-f",
            "encase6",
            str(raw),
        ],
        check=True,
        capture_output=True,
    )
    segments = sorted(tmp_path.glob("image.E*"))
    assert len(segments) > 3

    def digests(path: Path) -> dict[str, str]:
        return {row["path"]: row["sha256"] for row in process(path) if row["verdict"] == "read"}

    assert digests(segments[0]) == digests(raw)
    assert len([p for p in digests(raw) if p.endswith(".bin")]) == 8


def test_named_data_streams_of_ntfs_are_items_of_their_own(tmp_path: Path) -> None:
    volume = ntfs_image(tmp_path / "n", {"note.txt": note(1)})
    picture = tmp_path / "picture"
    picture.write_bytes(note(2, 50_000))
    subprocess.run(
        [program("ntfscp"), "-f", "-N", "hidden", str(volume), str(picture), "/note.txt"],
        check=True,
        capture_output=True,
    )
    rows = {row["path"]: row for row in process(volume, unexamined=True)}
    stream = rows["/note.txt:hidden"]
    assert (stream["verdict"], stream["read_bytes"]) == ("read", 50_000)
    assert stream["sha256"] == hashlib.sha256(note(2, 50_000)).hexdigest()
    assert stream["locator"].startswith("stream:0:")
    assert rows["/note.txt"]["sha256"] == hashlib.sha256(note(1)).hexdigest()
    assert rows["/$BadClus:$Bad"]["verdict"] == "not_examined"


@pytest.mark.parametrize("disk", ["qcow2", "vmdk", "vpc", "vhdx"])
def test_a_disk_of_a_virtual_machine_gives_the_files_of_the_raw_image(tmp_path: Path, disk: str) -> None:
    convert = program("qemu-img")
    image = ext4_image(tmp_path / "fs.img", {f"{n}.bin": note(n, 90_000) for n in range(9)})
    raw = behind_partition_table(tmp_path / "raw.dd", image.read_bytes())
    made = tmp_path / f"disk.{disk}"
    subprocess.run([convert, "convert", "-O", disk, str(raw), str(made)], check=True, capture_output=True)
    found, expected = process(made), process(raw)
    assert {(row["path"], row["sha256"]) for row in found} == {
        (row["path"], row["sha256"]) for row in expected
    }
    assert len([row for row in found if row["verdict"] == "read"]) == 9


@pytest.mark.parametrize("disk", ["qcow2", "vmdk"])
def test_a_disk_that_holds_differences_only_is_refused_with_the_reason(tmp_path: Path, disk: str) -> None:
    convert = program("qemu-img")
    raw = ext4_image(tmp_path / "fs.img", {"a.txt": note(1)})
    base, above = tmp_path / f"base.{disk}", tmp_path / f"above.{disk}"
    subprocess.run([convert, "convert", "-O", disk, str(raw), str(base)], check=True, capture_output=True)
    subprocess.run(
        [convert, "create", "-f", disk, "-b", str(base), "-F", disk, str(above)],
        check=True,
        capture_output=True,
    )
    (row,) = process(above)
    assert row["verdict"] == "unreadable"
    assert "differs from another disk" in row["detail"]


@pytest.mark.parametrize("disk", ["qcow2", "vmdk", "vpc", "vhdx"])
def test_a_changed_disk_of_a_virtual_machine_ends_with_verdicts(tmp_path: Path, disk: str) -> None:
    convert = program("qemu-img")
    raw = ext4_image(tmp_path / "fs.img", {f"{n}.txt": note(n) for n in range(3)}, size="2M")
    made = tmp_path / "disk"
    subprocess.run([convert, "convert", "-O", disk, str(raw), str(made)], check=True, capture_output=True)
    whole = made.read_bytes()
    for seed in range(12):
        chance = random.Random(seed)
        data = bytearray(whole)
        for _ in range(12):
            data[chance.randrange(min(len(data), 70_000))] = chance.randrange(256)
        made.write_bytes(data)
        rows = process(made, EvidenceLimits(deadline_s=5))
        assert rows
        assert all(row["verdict"] for row in rows)


def test_an_image_in_more_segments_than_one_message_carries(tmp_path: Path) -> None:
    acquire = program("ewfacquire")
    raw = ext4_image(tmp_path / "raw.dd", {f"f{n}.bin": os.urandom(900_000) for n in range(45)}, size="48M")
    command = [acquire, "-u", "-q", "-t", str(tmp_path / "image"), "-S", "1048576", "-f", "encase6", str(raw)]
    subprocess.run(command, check=True, capture_output=True)
    segments = sorted(tmp_path.glob("image.E*"))
    assert len(segments) > 35
    (tmp_path / "image.txt").write_text("notes of the examiner")
    assert copy_at(segments[0]).segments() == segments
    found = {row["path"]: row["sha256"] for row in process(segments[0]) if row["verdict"] == "read"}
    assert found == {row["path"]: row["sha256"] for row in process(raw) if row["verdict"] == "read"}
    assert len(found) == 45
    beside = {
        row["path"].partition("!")[2]: row["sha256"]
        for row in process(tmp_path)
        if "image.E01!" in row["path"]
    }
    assert beside == found


def test_images_and_archives_split_into_numbered_parts_are_one(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {f"{n}.bin": note(n, 9000) for n in range(9)}, size="2M")
    for name, data in (
        ("disk", image.read_bytes()),
        ("a.zip", zip_of({"a.bin": os.urandom(9000), "b.txt": note(2)})),
    ):
        size = len(data) // 3 + 1
        for part in range(3):
            (tmp_path / f"{name}.{part + 1:03d}").write_bytes(data[part * size : (part + 1) * size])
        (tmp_path / f"whole-{name}").write_bytes(data)
        split = {(row["path"], row["sha256"]) for row in process(tmp_path / f"{name}.001")}
        assert split == {(row["path"], row["sha256"]) for row in process(tmp_path / f"whole-{name}")}
        assert len(split) >= 2
    assert digest_exhibit(tmp_path / "a.zip.001").files == 3


def test_an_empty_apfs_container_is_opened(tmp_path: Path) -> None:
    volume = tmp_path / "apfs.img"
    with volume.open("wb") as target:
        target.truncate(600 * MIB)
    subprocess.run([program("mkapfs"), str(volume)], check=True, capture_output=True)
    rows = process(volume, unexamined=True)
    assert [row["verdict"] for row in rows] == ["not_examined"]
    assert "which bytes are free is not known" in rows[0]["detail"]
    with volume.open("rb") as source:
        clean = source.read(2 * MIB)
    for seed in range(10):
        chance = random.Random(seed)
        data = bytearray(clean)
        for _ in range(20):
            data[40 + chance.randrange(400_000)] = chance.randrange(256)
        with volume.open("r+b") as target:
            target.write(data)
        assert all(row["verdict"] for row in process(volume, EvidenceLimits(deadline_s=10), unexamined=True))


def test_an_hfs_volume_gives_files_resource_forks_and_its_free_space(tmp_path: Path) -> None:
    files = {"a.txt": note(1, 9000), "b.bin": note(2, 200), "c.bin": note(3, 50_000)}
    volume = tmp_path / "hfs.img"
    volume.write_bytes(hfs_of(files, {"b.bin": note(4, 300)}))
    rows = {row["path"]: row for row in process(volume, unexamined=True)}
    for name, data in files.items():
        assert rows[f"/{name}"]["sha256"] == hashlib.sha256(data).hexdigest()
    (fork,) = [row for path, row in rows.items() if path.startswith("/b.bin:")]
    assert fork["sha256"] == hashlib.sha256(note(4, 300)).hexdigest()
    assert rows["/a.txt"]["modified_at"].isoformat() == "2026-02-01T10:00:00+00:00"
    assert rows["/a.txt"]["time_source"].startswith("HFS+")
    assert rows["$FreeSpace"]["size_bytes"] == 4096 * (512 - 1 - 1 - 1 - 2 - 4 - (3 + 1 + 1 + 13))
