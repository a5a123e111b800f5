"""Disks of virtual machines and images in several files give the sectors of the disk, or say what is missing."""

from __future__ import annotations

import bz2
import lzma
import os
import plistlib
import random
import struct
import subprocess
import tarfile
import zlib
from pathlib import Path

import pytest

from fairlead.evidence.readers.image import open_image
from fairlead.evidence.segments import find_segments, goes_on_from
from fairlead.evidence.sniff import Container, sniff_descriptor
from tests.evidence.build import MIB, ext4_image, note, process
from tests.evidence.volumes import needs, run, sha256


def disk(seed: int, size: int = 6 * MIB) -> bytes:
    """A table of partitions, noise, text and holes."""
    chance = random.Random(seed)
    data = bytearray(size)
    data[446:462] = bytes([0, 0, 0, 0, 0x83, 0, 0, 0]) + struct.pack("<II", 2048, 4096)
    data[510:512] = b"\x55\xaa"
    data[MIB : 2 * MIB] = chance.randbytes(MIB)
    data[3 * MIB : 4 * MIB] = (b"harbour log\n" * MIB)[:MIB]
    data[-4096:] = chance.randbytes(4096)
    return bytes(data)


def read(path: Path, *beside: Path) -> tuple[Container | None, bytes]:
    descriptors = [os.open(one, os.O_RDONLY) for one in (path, *beside)]
    try:
        container = sniff_descriptor(descriptors[0])
        assert container is not None
        image = open_image(container, descriptors, [one.name for one in (path, *beside)])
        pieces, at = [], 0
        while at < image.get_size():
            pieces.append(image.block.read(at, 1_000_003))
            at += len(pieces[-1])
        return container, b"".join(pieces)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("vdi", []),
        ("vdi", ["-o", "static=on"]),
        ("vmdk", ["-o", "subformat=monolithicFlat"]),
        ("vmdk", ["-o", "subformat=twoGbMaxExtentFlat"]),
        ("vmdk", ["-o", "subformat=twoGbMaxExtentSparse"]),
        ("vmdk", ["-o", "subformat=streamOptimized"]),
        ("vhdx", []),
        ("vhdx", ["-o", "subformat=fixed"]),
        ("vpc", []),
    ],
)
def test_a_disk_of_a_virtual_machine_gives_the_sectors_that_were_put_in(
    tmp_path: Path, form: str, options: list[str]
) -> None:
    raw = tmp_path / "disk.raw"
    raw.write_bytes(disk(3))
    made = tmp_path / "made.vmdk"
    run("qemu-img", "convert", "-f", "raw", "-O", form, *options, raw, made)
    back = tmp_path / "back.raw"
    run("qemu-img", "convert", "-f", form, "-O", "raw", made, back)
    extents = [path for path in sorted(tmp_path.iterdir()) if path.name.startswith("made-")]
    assert [made.name, *(path.name for path in extents)] == list(
        find_segments(made.name, lambda: [path.name for path in tmp_path.iterdir()]).names
    )
    _, found = read(made, *extents)
    assert found == back.read_bytes()


PACKINGS = {
    "zlib": (0x80000005, zlib.compress),
    "bzip2": (0x80000006, bz2.compress),
    "lzma": (0x80000008, lzma.compress),
    "raw": (0x00000001, bytes),
}


def dmg(path: Path, data: bytes, packing: str) -> Path:
    """A disk image of macOS in runs of 256 KiB, after the description of its trailer and tables."""
    kind, pack = PACKINGS[packing]
    body, runs = bytearray(), []
    for at in range(0, len(data), 1 << 18):
        piece = data[at : at + (1 << 18)]
        stored = b"" if not any(piece) else pack(piece)
        code = kind if stored else 0
        runs.append(struct.pack(">IIQQQQ", code, 0, at // 512, len(piece) // 512, len(body), len(stored)))
        body += stored
    runs.append(struct.pack(">IIQQQQ", 0xFFFFFFFF, 0, len(data) // 512, 0, len(body), 0))
    table = struct.pack(">4sIQQQII", b"mish", 1, 0, len(data) // 512, 0, 512, len(runs)) + bytes(24)
    table += struct.pack(">II", 2, 32) + bytes(128) + struct.pack(">I", len(runs)) + b"".join(runs)
    listed = plistlib.dumps(
        {"resource-fork": {"blkx": [{"Attributes": "0x0050", "Data": table, "ID": "0", "Name": "disk"}]}}
    )
    trailer = bytearray(512)
    struct.pack_into(">4sIIIQQQQQII", trailer, 0, b"koly", 4, 512, 1, 0, 0, len(body), 0, 0, 1, 1)
    struct.pack_into(">QQ", trailer, 216, len(body), len(listed))
    struct.pack_into(">IQ", trailer, 488, 1, len(data) // 512)
    path.write_bytes(bytes(body) + listed + bytes(trailer))
    return path


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_disk_image_of_macos_gives_its_sectors(tmp_path: Path, packing: str) -> None:
    data = disk(5)
    container, found = read(dmg(tmp_path / "d.dmg", data, packing))
    assert container is Container.DMG
    assert found == data


def test_a_disk_image_of_macos_made_here_is_one_to_qemu(tmp_path: Path) -> None:
    data = disk(6)
    made = dmg(tmp_path / "d.dmg", data, "zlib")
    done = subprocess.run(
        [needs("qemu-img")["qemu-img"], "convert", "-f", "dmg", "-O", "raw", str(made), str(tmp_path / "back")],
        check=False, capture_output=True,
    )  # fmt: skip
    if b"Unknown driver" in done.stderr:
        pytest.skip("this qemu-img reads no disk images of macOS")
    assert (tmp_path / "back").read_bytes()[: len(data)] == data


@pytest.mark.parametrize(("first", "name"), [(0, "disk.{:03d}"), (1, "disk.{:03d}"), (None, "disk.dd.a{}")])
def test_an_image_split_by_numbers_or_letters_is_one(tmp_path: Path, first: int | None, name: str) -> None:
    image = ext4_image(tmp_path / "whole.img", {"a.txt": note(1), "b.txt": note(2, 90_000)}, size="4M")
    data = image.read_bytes()
    parts = tmp_path / "parts"
    parts.mkdir()
    for place in range(4):
        label = "abcd"[place] if first is None else place + first
        (parts / name.format(label)).write_bytes(data[place * MIB : (place + 1) * MIB])
    start = parts / name.format("a" if first is None else first)
    assert {row["sha256"] for row in process(start)} == {sha256(note(1)), sha256(note(2, 90_000))}
    listed = [row["path"] for row in process(parts)]
    assert [path for path in listed if path.endswith("!/a.txt")] == [f"{start.name}!/a.txt"]


def test_a_missing_part_in_the_middle_or_at_the_end_is_told(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "whole.img", {"a.txt": note(1)}, size="4M")
    data = image.read_bytes()
    for place in (0, 1, 3):
        (tmp_path / f"disk.{place + 1:03d}").write_bytes(data[place * MIB : (place + 1) * MIB])
    details = [row["detail"] or "" for row in process(tmp_path / "disk.001")]
    assert any("parts missing: 003" in detail for detail in details)
    assert any(f"of them {2 * MIB} are missing" in detail for detail in details)
    (tmp_path / "disk.004").unlink()
    details = [row["detail"] or "" for row in process(tmp_path / "disk.001")]
    assert not any("parts missing" in detail for detail in details)
    assert any(f"of them {2 * MIB} are missing" in detail for detail in details)


def test_an_extent_that_is_not_beside_its_description_is_named(tmp_path: Path) -> None:
    raw, made = tmp_path / "disk.raw", tmp_path / "made.vmdk"
    raw.write_bytes(disk(7))
    run("qemu-img", "convert", "-O", "vmdk", "-o", "subformat=twoGbMaxExtentFlat", raw, made)
    (tmp_path / "made-f001.vmdk").unlink()
    rows = process(made)
    assert [row["verdict"] for row in rows] == ["unreadable"]
    assert "extent 1" in rows[0]["detail"]


def test_a_virtual_appliance_is_an_archive_whose_disk_is_opened(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {"a.txt": note(1)}, size="4M")
    run("qemu-img", "convert", "-O", "vmdk", "-o", "subformat=streamOptimized", image, tmp_path / "disk.vmdk")
    (tmp_path / "box.ovf").write_text("<Envelope/>")
    with tarfile.open(tmp_path / "box.ova", "w") as archive:
        for name in ("box.ovf", "disk.vmdk"):
            archive.add(tmp_path / name, arcname=name)
    found = {row["path"]: row["sha256"] for row in process(tmp_path / "box.ova")}
    assert found["disk.vmdk!/a.txt"] == sha256(note(1))


@pytest.mark.parametrize(
    ("name", "beside", "first"),
    [
        ("x.e02", ["x.e01"], "x.e01"),
        ("x.E02", ["x.e01"], "x.e01"),
        ("x.e01", ["x.e01"], ""),
        ("x.002", ["x.001"], "x.001"),
        ("x.001", ["x.000"], "x.000"),
        ("x.dd.ab", ["x.dd.aa"], "x.dd.aa"),
        ("readme.ab", ["readme.aa"], ""),
        ("report.002", [], ""),
        ("d-s001.vmdk", ["d.vmdk"], "d.vmdk"),
    ],
)
def test_a_later_part_is_told_by_its_name_and_its_first_part(
    name: str, beside: list[str], first: str
) -> None:
    assert goes_on_from(name, frozenset(beside)) == first
