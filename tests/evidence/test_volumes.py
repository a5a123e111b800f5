"""Volumes of seized servers: what they hold comes out with its bytes, whatever lies between it and the disk."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import zlib
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from fairlead.evidence.readers.blocks.block import Block, Slice
from fairlead.evidence.readers.blocks.raid import Geometry, open_raid
from tests.evidence.build import MIB, behind_gpt, behind_partition_table, process, volumes_of
from tests.evidence.volumes import (
    EXTENT,
    RAID5,
    RAID6,
    btrfs,
    dashed,
    encrypted,
    ext4,
    lv,
    lvm_text,
    md_member,
    md_old_superblock,
    needs,
    parity_members,
    physical_volume,
    pv_number,
    rounded,
    run,
    sha256,
    striped,
    tree,
    xfs,
)

Rows = list[dict[str, Any]]


class Bytes:
    """A block over bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def digests(rows: Rows, *, below: str = "") -> dict[str, str]:
    """SHA-256 by path of what was read; ``below`` is cut from the front of paths."""
    return {
        str(row["path"]).removeprefix(below): row["sha256"]
        for row in rows
        if row["verdict"] == "read" and str(row["path"]).startswith(below + "/")
    }


def expected(files: dict[str, bytes]) -> dict[str, str]:
    return {path: sha256(data) for path, data in files.items()}


def problems(rows: Rows) -> list[tuple[str, str]]:
    return [(row["verdict"], row["detail"]) for row in rows if row["verdict"] not in {"read", "not_a_file"}]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("source")
    return folder, tree(folder)


Source = tuple[Path, dict[str, bytes]]


# File systems


def test_an_xfs_gives_the_files_that_were_put_in(tmp_path: Path, source: Source) -> None:
    xfs(tmp_path / "x.img", source[0])
    rows = process(tmp_path / "x.img")
    assert digests(rows) == expected(source[1])
    assert problems(rows) == []
    assert [row["detail"] for row in rows if row["path"] == "/link"] == ["symbolic link"]


def test_a_btrfs_gives_the_files_that_were_put_in_and_their_times(tmp_path: Path, source: Source) -> None:
    rows = process(btrfs(tmp_path / "b.img", source[0]))
    assert digests(rows) == expected(source[1])
    assert problems(rows) == []
    times = {row["path"]: row["modified_at"].timestamp() for row in rows if row["path"] in source[1]}
    assert times == {path: (source[0] / path[1:]).stat().st_mtime for path in source[1]}


def crc32c(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def lzo_of_literals(data: bytes) -> bytes:
    """An extent as Btrfs packs it by LZO, of sectors that hold literals only."""
    out = bytearray(4)
    for at in range(0, len(data), 4096):
        piece = data[at : at + 4096]
        zeros, last = divmod(len(piece) - 18 - 1, 255)
        stored = bytes(1 + zeros) + bytes([last + 1]) + piece + b"\x11\0\0"
        if 4096 - len(out) % 4096 < 4:
            out += bytes(4096 - len(out) % 4096)
        out += struct.pack("<I", len(stored)) + stored
    struct.pack_into("<I", out, 0, len(out))
    return bytes(out)


PACKERS = {1: zlib.compress, 2: lzo_of_literals, 3: zstd.compress}


@pytest.mark.parametrize("packing", PACKERS)
def test_a_packed_extent_of_btrfs_is_read_as_btrfs_restore_reads_it(tmp_path: Path, packing: int) -> None:
    """mkfs.btrfs of this age packs nothing: one extent is packed here, its item changed and its leaf signed anew."""
    size = 30 * 4096
    data = (b"the tide is out at the old pier\n" * size)[:size]
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "packed.txt").write_bytes(data)
    image = btrfs(tmp_path / "b.img", tmp_path / "tree")
    whole = bytearray(image.read_bytes())
    place = whole.index(data)
    packed = PACKERS[packing](data)
    stored = -(-len(packed) // 4096) * 4096
    mark = struct.pack("<QBBHB", size, 0, 0, 0, 1)
    at = whole.find(mark)
    while at >= 0:
        struct.pack_into("<QBBHB", whole, at, size, packing, 0, 0, 1)
        struct.pack_into("<Q", whole, at + 13 + 8, stored)
        leaf = at // 16384 * 16384
        struct.pack_into("<I", whole, leaf, crc32c(bytes(whole[leaf + 32 : leaf + 16384])))
        at = whole.find(mark, at + 1)
    if stored > size:  # literals take more room than they did; what lies behind the extent is free
        assert not any(whole[place + size : place + stored])
    whole[place : place + max(stored, size)] = packed.ljust(max(stored, size), b"\0")
    image.write_bytes(whole)
    assert digests(process(image)) == {"/packed.txt": sha256(data)}
    (tmp_path / "out").mkdir()
    run("btrfs", "restore", image, tmp_path / "out")
    assert (tmp_path / "out" / "packed.txt").read_bytes() == data


@pytest.mark.parametrize(("profile", "count"), [("raid0", 2), ("raid1", 2), ("raid10", 4), ("raid1c3", 3)])
def test_a_btrfs_on_several_devices_is_read_once(tmp_path: Path, profile: str, count: int) -> None:
    """Made empty: mkfs.btrfs fills one device only. Its trees lie by the profile, and every node names its place."""
    (tmp_path / "d").mkdir()
    devices = [tmp_path / "d" / f"{place}.img" for place in range(count)]
    for device in devices:
        device.write_bytes(b"")
        os.truncate(device, 300 * MIB)
    run("mkfs.btrfs", "-q", "-m", profile, "-d", profile, *devices)
    rows = process(tmp_path / "d")
    assert problems(rows) == []
    read_elsewhere = [row["path"] for row in rows if "several devices" in str(row["detail"])]
    assert len(read_elsewhere) == count - 1
    if profile == "raid1":
        devices[1].unlink()
        (tmp_path / "d").rename(tmp_path / "half")
        assert [detail for _, detail in problems(process(tmp_path / "half"))] == [
            "Btrfs: 1 of 2 devices are not here; what lies on them alone is not read"
        ]


@pytest.mark.parametrize("packing", ["gzip", "xz", "zstd", "lzo", "lz4", "lzma"])
def test_a_squashfs_gives_the_files_that_were_put_in(tmp_path: Path, source: Source, packing: str) -> None:
    image = tmp_path / "s.img"
    run("mksquashfs", source[0], image, "-comp", packing, "-noappend", "-quiet", "-no-progress")
    rows = process(image)
    assert digests(rows) == expected(source[1])
    assert problems(rows) == []


def test_an_iso_and_the_same_disc_with_udf_alone_give_the_files(tmp_path: Path, source: Source) -> None:
    image = tmp_path / "disc.iso"
    run("genisoimage", "-quiet", "-udf", "-R", "-J", "-o", image, source[0])
    found = digests(process(image))
    found.pop("/link")  # The Sleuth Kit gives a link of Rock Ridge as an empty file
    assert found == expected(source[1])
    data = bytearray(image.read_bytes())
    for sector in range(16, 32):
        if data[sector * 2048 + 1 : sector * 2048 + 6] == b"CD001":
            data[sector * 2048 : (sector + 1) * 2048] = bytes(2048)
    extended = next(s for s in range(16, 40) if data[s * 2048 + 1 : s * 2048 + 6] == b"BEA01")
    data[16 * 2048 : 19 * 2048] = data[extended * 2048 : (extended + 3) * 2048]
    (tmp_path / "udf.img").write_bytes(data)
    found = digests(process(tmp_path / "udf.img"))
    found.pop("/link")  # without Rock Ridge a link is an empty file
    assert found == expected(source[1])
    assert [row["form"] for row in volumes_of(tmp_path / "udf.img")] == ["UDF"]


# Encryption


def test_a_volume_encrypted_by_cryptsetup_opens_with_a_line_of_the_list(
    tmp_path: Path, source: Source
) -> None:
    ext4(tmp_path / "e.img", source[0])
    image = encrypted(tmp_path / "e.img", b"salt marsh")
    rows = process(image, passwords=["wrong", "", "salt marsh"])
    assert digests(rows) == expected(source[1])
    stack = {row["number"]: row for row in volumes_of(image, passwords=["wrong", "salt marsh"])}
    assert stack[1001]["parent"] == 0
    assert stack[1001]["encrypted"]
    assert "line 2" in stack[0]["detail"]
    assert "salt" not in repr(stack)


def test_an_encrypted_volume_without_its_password_says_so_and_is_not_called_damaged(
    tmp_path: Path, source: Source
) -> None:
    ext4(tmp_path / "e.img", source[0])
    image = encrypted(tmp_path / "e.img", b"salt marsh")
    assert [verdict for verdict, _ in problems(process(image))] == ["encrypted"]
    (verdict, detail), *_ = problems(process(image, passwords=["wrong"]))
    assert verdict == "encrypted"
    assert "no password of the list" in detail
    assert [row["opened"] for row in volumes_of(image)] == [False]


def test_argon2_and_sectors_of_4096_bytes_and_a_key_file_are_read(tmp_path: Path, source: Source) -> None:
    import base64

    key = bytes(range(256)) * 8
    run("mke2fs", "-q", "-b", "4096", "-t", "ext4", "-d", source[0], tmp_path / "e.img", "8M")
    options = [
        "--pbkdf",
        "argon2id",
        "--pbkdf-memory",
        "65536",
        "--pbkdf-parallel",
        "2",
        "--sector-size",
        "4096",
    ]
    encrypted(tmp_path / "e.img", key, options=options)
    rows = process(tmp_path / "e.img", passwords=["base64:" + base64.b64encode(key).decode()])
    assert digests(rows) == expected(source[1])


@pytest.mark.parametrize("cipher", ["aes-xts-plain64", "aes-cbc-essiv:sha256", "aes-cbc-plain"])
def test_luks1_gives_what_was_encrypted_under_the_key_that_cryptsetup_made(
    tmp_path: Path, source: Source, cipher: str
) -> None:
    """Header and key are cryptsetup's; the sectors are encrypted here, by the modes of another library."""
    plain = rounded(ext4(tmp_path / "e.img", source[0]), 512)
    image = tmp_path / "l.img"
    image.write_bytes(b"")
    os.truncate(image, 4 * MIB)
    options = ["--type", "luks1", "--cipher", cipher, "--pbkdf-force-iterations", "1000"]
    run("cryptsetup", "luksFormat", "-q", *options, image, "-", input=b"salt marsh")
    told = run(
        "cryptsetup", "luksDump", "-q", "--dump-volume-key", "-d", "-", image, input=b"salt marsh"
    ).decode()
    key = bytes.fromhex("".join(told.partition("MK dump:")[2].split()))
    payload = int(told.partition("Payload offset:")[2].split()[0]) * 512
    with image.open("r+b") as target:
        target.seek(payload)
        for number in range(len(plain) // 512):
            target.write(encrypt_sector(cipher, key, number, plain[number * 512 : (number + 1) * 512]))
    assert digests(process(image, passwords=["salt marsh"])) == expected(source[1])


def encrypt_sector(cipher: str, key: bytes, number: int, data: bytes) -> bytes:
    import hashlib

    start = struct.pack("<QQ", number, 0)
    if "xts" in cipher:
        return Cipher(algorithms.AES(key), modes.XTS(start)).encryptor().update(data)
    if "essiv" in cipher:
        salt = algorithms.AES(hashlib.sha256(key).digest())
        start = Cipher(salt, modes.ECB()).encryptor().update(start)  # noqa: S305 - ESSIV is defined by it
    return Cipher(algorithms.AES(key), modes.CBC(start)).encryptor().update(data)


# Arrays


def whole_of(block: Block) -> bytes:
    """All bytes in pieces of an odd size, so that every seam is crossed."""
    pieces, at = [], 0
    while at < block.size:
        pieces.append(block.read(at, 70_001))
        at += len(pieces[-1])
    return b"".join(pieces)


CHUNK = 4096


@pytest.mark.parametrize("layout", RAID5)
def test_raid_5_gives_its_bytes_with_any_one_member_missing(layout: int) -> None:
    data = random.Random(layout).randbytes(24 * CHUNK * 3)
    members = parity_members(data, CHUNK, RAID5[layout])
    geometry = Geometry(level=5, layout=layout, chunk=CHUNK, used=len(members[0]))
    for missing in (None, 0, 1, 2, 3):
        there = [None if place == missing else Bytes(member) for place, member in enumerate(members)]
        assert whole_of(open_raid(geometry, there)) == data, missing
    with pytest.raises(OSError, match="2 of 4"):
        open_raid(geometry, [None, None, *map(Bytes, members[2:])])


def test_raid_4_has_its_parity_on_the_last_member() -> None:
    data = random.Random(4).randbytes(24 * CHUNK * 3)
    members = parity_members(data, CHUNK, RAID5[5])
    geometry = Geometry(level=4, layout=0, chunk=CHUNK, used=len(members[0]))
    for missing in (None, 0, 3):
        there = [None if place == missing else Bytes(member) for place, member in enumerate(members)]
        assert whole_of(open_raid(geometry, there)) == data


@pytest.mark.parametrize("layout", RAID6)
def test_raid_6_gives_its_bytes_with_any_two_members_missing(layout: int) -> None:
    data = random.Random(layout).randbytes(24 * CHUNK * 2)
    members = parity_members(data, CHUNK, RAID6[layout], from_zero=layout in (8, 9, 10))
    geometry = Geometry(level=6, layout=layout, chunk=CHUNK, used=len(members[0]))
    for missing in [(), (0,), *combinations(range(4), 2)]:
        there = [None if place in missing else Bytes(member) for place, member in enumerate(members)]
        assert whole_of(open_raid(geometry, there)) == data, missing


# Copies of chunks on members as `man 4 md` draws them, for four members unless said otherwise.
RAID10 = {
    (0x102, 4): ["0 2 4 6", "0 2 4 6", "1 3 5 7", "1 3 5 7"],
    (0x102, 3): ["0 1 3 4", "0 2 3 5", "1 2 4 5"],
    (0x201, 2): ["0 2 1 3", "1 3 0 2"],
    (0x201, 4): ["0 4 3 7", "1 5 0 4", "2 6 1 5", "3 7 2 6"],
    (0x10201, 3): ["0 2 3 5", "1 0 4 3", "2 1 5 4"],
    (0x10201, 4): ["0 3 4 7", "1 0 5 4", "2 1 6 5", "3 2 7 6"],
}


@pytest.mark.parametrize(("layout", "count"), RAID10)
def test_raid_10_gives_its_bytes_with_a_member_missing(layout: int, count: int) -> None:
    rows = [row.split() for row in RAID10[layout, count]]
    chunks = [random.Random(number).randbytes(CHUNK) for number in range(8)]
    members = [b"".join(chunks[int(cell)] for cell in row) for row in rows]
    total = len({cell for row in rows for cell in row})
    geometry = Geometry(level=10, layout=layout, chunk=CHUNK, used=len(members[0]))
    for missing in range(-1, count):
        there = [None if place == missing else Bytes(member) for place, member in enumerate(members)]
        assert whole_of(open_raid(geometry, there)) == b"".join(chunks[:total]), missing


def test_raid_0_of_unequal_members_goes_on_over_the_larger_ones() -> None:
    """Three chunks, one chunk, two chunks: zones over three, two and one member; the original layout."""
    chunks = [bytes([number]) * CHUNK for number in range(6)]
    members = [chunks[0] + chunks[4] + chunks[5], chunks[1], chunks[2] + chunks[3]]
    geometry = Geometry(level=0, layout=1, chunk=CHUNK, used=0)
    # In the second zone chunk 3 is the first, and 3 modulo two members is 1: the second of them.
    assert whole_of(open_raid(geometry, [Bytes(m) for m in members])) == b"".join(chunks)
    other = [chunks[0] + chunks[3] + chunks[5], chunks[1], chunks[2] + chunks[4]]
    alternate = Geometry(level=0, layout=2, chunk=CHUNK, used=0)
    assert whole_of(open_raid(alternate, [Bytes(m) for m in other])) == b"".join(chunks)


def raid_folder(folder: Path, payloads: list[bytes], *, skip: tuple[int, ...] = (), **options: Any) -> Path:
    """Images of members in an order of names that is not theirs."""
    folder.mkdir()
    for role, payload in enumerate(payloads):
        if role not in skip:
            md_member(
                folder / f"{len(payloads) - role}.dd", payload, role=role, count=len(payloads), **options
            )
    return folder


def test_members_in_one_folder_are_one_array_also_when_one_is_missing(tmp_path: Path, source: Source) -> None:
    data = rounded(ext4(tmp_path / "e.img", source[0]), 65536 * 12)
    members = parity_members(data, 65536, RAID5[2])
    folder = raid_folder(tmp_path / "md", members, skip=(1,), level=5, layout=2)
    rows = process(folder)
    assert digests(rows, below="1.dd!") == expected(source[1])
    read_elsewhere = [row["detail"] for row in rows if "read with another disk" in str(row["detail"])]
    assert len(read_elsewhere) == 2
    arrays = [row for row in volumes_of(folder) if row["kind"] == "array"]
    assert len(arrays) == 1
    assert "RAID 5" in arrays[0]["name"]
    assert "1 missing" in arrays[0]["name"]


def test_an_array_with_too_few_members_says_how_many_are_missing(tmp_path: Path) -> None:
    members = parity_members(bytes(65536 * 12), 65536, RAID5[2])
    folder = raid_folder(tmp_path / "md", members, skip=(0, 1), level=5, layout=2)
    verdicts = problems(process(folder))
    assert {verdict for verdict, _ in verdicts} == {"unreadable"}
    assert all("2 of 4 members are missing" in detail for _, detail in verdicts)


def test_a_member_that_missed_writes_is_left_out(tmp_path: Path, source: Source) -> None:
    data = rounded(ext4(tmp_path / "e.img", source[0]), 65536 * 12)
    members = parity_members(data, 65536, RAID5[2])
    (tmp_path / "md").mkdir()
    for role, payload in enumerate(members):
        stale = role == 2
        md_member(tmp_path / "md" / f"{role}.dd", bytes(len(payload)) if stale else payload, role=role, count=4,
                  level=5, layout=2, events=3 if stale else 90)  # fmt: skip
    assert digests(process(tmp_path / "md"), below="0.dd!") == expected(source[1])


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_one_half_of_a_mirror_is_enough(tmp_path: Path, source: Source, version: str) -> None:
    payload = ext4(tmp_path / "e.img", source[0])
    image = md_member(tmp_path / "half.dd", payload, role=1, count=2, level=1, version=version)
    assert digests(process(image)) == expected(source[1])


def test_a_superblock_of_the_old_kind_is_read(tmp_path: Path, source: Source) -> None:
    payload = rounded(ext4(tmp_path / "e.img", source[0]), 65536)
    superblock = md_old_superblock(level=1, layout=0, chunk=0, used=len(payload), count=2, role=0)
    image = tmp_path / "old.dd"
    image.write_bytes(payload + rounded(superblock, 65536))
    assert digests(process(image)) == expected(source[1])
    assert [row["kind"] for row in volumes_of(image)] == ["disk", "array"]


def test_superblocks_made_here_are_read_by_mdadm(tmp_path: Path) -> None:
    mdadm = needs("mdadm")["mdadm"]
    for version in ("1.0", "1.1", "1.2"):
        image = md_member(
            tmp_path / f"{version}.dd", bytes(4 * MIB), role=2, count=4, level=6, layout=2, version=version
        )
        told = subprocess.run(
            [mdadm, "--examine", str(image)], check=False, capture_output=True
        ).stdout.decode()
        assert "Raid Level : raid6" in told
        assert "correct" in told
        assert "Active device 2" in told
    old = tmp_path / "old.dd"
    superblock = md_old_superblock(level=5, layout=2, chunk=65536, used=1 << 20, count=3, role=1)
    old.write_bytes(bytes(1 << 20) + rounded(superblock, 65536))
    told = subprocess.run([mdadm, "--examine", str(old)], check=False, capture_output=True).stdout.decode()
    assert "Raid Level : raid5" in told
    assert "correct" in told


# Logical volumes


def test_logical_volumes_over_two_physical_ones_with_stripes_and_pieces(
    tmp_path: Path, source: Source
) -> None:
    first = rounded(ext4(tmp_path / "e.img", source[0], size="8M"), EXTENT)
    second = rounded(xfs(tmp_path / "x.img", source[0]), EXTENT)
    halves = [
        b"".join(first[at : at + 65536] for at in range(65536 * place, len(first), 131072))
        for place in (0, 1)
    ]
    each = len(halves[0]) // EXTENT
    cut = 10 * EXTENT
    text = lvm_text(
        [each * EXTENT + cut + EXTENT, each * EXTENT + len(second) - cut + EXTENT],
        lv("root", striped(0, 2 * each, [("pv0", 0), ("pv1", 0)]))
        + lv(
            "srv", striped(0, 10, [("pv0", each)]), striped(10, len(second) // EXTENT - 10, [("pv1", each)])
        ),
    )
    (tmp_path / "vg").mkdir()
    physical_volume(tmp_path / "vg" / "b.img", 0, halves[0] + second[:cut], text)
    physical_volume(tmp_path / "vg" / "a.img", 1, halves[1] + second[cut:], text)
    rows = process(tmp_path / "vg")
    found = [row for row in rows if row["verdict"] == "read" and row["path"].startswith("a.img!/")]
    by_volume: dict[str, dict[str, str]] = {}
    for row in found:
        number = row["locator"].partition("!inode:")[2].split(":")[0]
        by_volume.setdefault(number, {})[row["path"].removeprefix("a.img!")] = row["sha256"]
    assert by_volume == {"1001": expected(source[1]), "1002": expected(source[1])}
    names = {row["name"] for row in volumes_of(tmp_path / "vg") if row["kind"] == "logical volume"}
    assert names == {"vg0/root", "vg0/srv"}


def test_a_group_whose_other_disk_is_missing_names_what_is_missing(tmp_path: Path, source: Source) -> None:
    data = rounded(ext4(tmp_path / "e.img", source[0], size="8M"), EXTENT)
    text = lvm_text(
        [20 * MIB, 20 * MIB],
        lv("here", striped(0, 8, [("pv0", 0)])) + lv("gone", striped(0, 8, [("pv1", 0)])),
    )
    image = physical_volume(tmp_path / "a.img", 0, data, text)
    rows = process(image)
    assert digests(rows) == expected(source[1])
    assert any(
        "1 physical volumes" in str(row["name"]) or "1 physical" in str(row["detail"])
        for row in volumes_of(image)
    )
    assert problems(rows)


def test_a_mirror_of_lvm_is_read_from_the_half_that_is_there(tmp_path: Path, source: Source) -> None:
    data = rounded(ext4(tmp_path / "e.img", source[0], size="8M"), EXTENT)
    mirror = (
        'start_extent = 0\nextent_count = 8\ntype = "mirror"\nmirror_count = 2\n'
        'mirrors = ["m_mimage_0", 0, "m_mimage_1", 0]'
    )
    text = lvm_text(
        [20 * MIB, 20 * MIB],
        lv("m", mirror)
        + lv("m_mimage_0", striped(0, 8, [("pv1", 0)]), visible=False)
        + lv("m_mimage_1", striped(0, 8, [("pv0", 0)]), visible=False),
    )
    assert digests(process(physical_volume(tmp_path / "a.img", 0, data, text))) == expected(source[1])


def test_a_raid_5_of_lvm_is_read_with_a_physical_volume_missing(tmp_path: Path, source: Source) -> None:
    data = rounded(ext4(tmp_path / "e.img", source[0], size="8M"), 12 * EXTENT)
    members = [rounded(member, EXTENT) for member in parity_members(data, 65536, RAID5[2])]
    each = len(members[0]) // EXTENT
    parts = "".join(
        lv(f"r_rimage_{place}", striped(0, each, [(f"pv{place}", 0)]), visible=False) for place in range(4)
    )
    names = ", ".join(f'"r_rmeta_{place}", "r_rimage_{place}"' for place in range(4))
    raid = (
        f'start_extent = 0\nextent_count = {3 * each}\ntype = "raid5_ls"\ndevice_count = 4\nstripe_size = 128\n'
        f"region_size = 4096\nraids = [{names}]"
    )
    text = lvm_text([20 * MIB] * 4, lv("r", raid) + parts)
    (tmp_path / "vg").mkdir()
    for place in (0, 1, 3):
        physical_volume(tmp_path / "vg" / f"{place}.img", place, members[place], text)
    assert digests(process(tmp_path / "vg"), below="0.img!") == expected(source[1])


def test_a_snapshot_gives_the_files_as_they_were(tmp_path: Path, source: Source) -> None:
    before = rounded(ext4(tmp_path / "e.img", source[0], size="8M"), EXTENT)
    now = bytearray(before)
    at = now.index(source[1]["/file-0.bin"] or b"seaside note 9\n")
    chunk = 65536
    first = at // chunk * chunk
    now[at : at + 15] = b"OVERWRITTEN NOW"
    store = bytearray(2 * EXTENT)
    struct.pack_into("<4I", store, 0, 0x70416E53, 1, 1, chunk // 512)
    struct.pack_into("<QQ", store, chunk, first // chunk, 2)
    store[2 * chunk : 3 * chunk] = before[first : first + chunk]
    relation = 'start_extent = 0\nextent_count = 8\ntype = "snapshot"\nchunk_size = 128\norigin = "root"\ncow_store = "snap"'
    text = lvm_text(
        [20 * MIB],
        lv("root", striped(0, 8, [("pv0", 0)]))
        + lv("snap", striped(0, 2, [("pv0", 8)]))
        + lv("snapshot0", relation, visible=False),
    )
    image = physical_volume(tmp_path / "a.img", 0, bytes(now) + bytes(store), text)
    rows = process(image)
    then = {
        row["path"]: row["sha256"]
        for row in rows
        if row["locator"].startswith("inode:1002:") and row["sha256"]
    }
    assert {path: digest for path, digest in then.items() if path in source[1]} == expected(source[1])
    later = {row["path"]: row["sha256"] for row in rows if row["locator"].startswith("inode:1001:")}
    assert later != then


def test_thin_volumes_are_read_by_the_metadata_that_thin_restore_writes(
    tmp_path: Path, source: Source
) -> None:
    chunk = 65536
    plain = ext4(tmp_path / "e.img", source[0], size="8M")
    blocks = {
        at // chunk: plain[at : at + chunk]
        for at in range(0, len(plain), chunk)
        if any(plain[at : at + chunk])
    }
    order = sorted(blocks, key=lambda number: number * 7919 % 1013)
    mappings = "".join(
        f'<single_mapping origin_block="{block}" data_block="{order.index(block)}" time="0"/>'
        for block in sorted(blocks)
    )
    (tmp_path / "thin.xml").write_text(
        f'<superblock uuid="" time="0" transaction="1" flags="0" version="2" data_block_size="{chunk // 512}" '
        f'nr_data_blocks="{len(order)}"><device dev_id="5" mapped_blocks="{len(order)}" transaction="0" '
        f'creation_time="0" snap_time="0">{mappings}</device></superblock>'
    )
    metadata = tmp_path / "metadata"
    metadata.write_bytes(bytes(4 * MIB))
    run("thin_restore", "-i", tmp_path / "thin.xml", "-o", metadata)
    data = rounded(b"".join(blocks[block] for block in order), EXTENT)
    pool = (
        'start_extent = 0\nextent_count = 8\ntype = "thin-pool"\nmetadata = "pool_tmeta"\npool = "pool_tdata"\n'
        "transaction_id = 1\nchunk_size = 128"
    )
    thin = 'start_extent = 0\nextent_count = 8\ntype = "thin"\nthin_pool = "pool"\ntransaction_id = 0\ndevice_id = 5'
    each = len(data) // EXTENT
    text = lvm_text(
        [40 * MIB],
        lv("pool", pool)
        + lv("pool_tmeta", striped(0, 4, [("pv0", 0)]), visible=False)
        + lv("pool_tdata", striped(0, each, [("pv0", 4)]), visible=False)
        + lv("vm-100", thin),
    )
    rows = process(physical_volume(tmp_path / "a.img", 0, metadata.read_bytes() + data, text))
    assert digests(rows) == expected(source[1])


def test_metadata_made_here_are_read_by_lvm(tmp_path: Path) -> None:
    pvck = needs("pvck")["pvck"]
    text = lvm_text([4 * MIB], lv("root", striped(0, 2, [("pv0", 0)])))
    image = physical_volume(tmp_path / "a.img", 0, bytes(3 * MIB), text)
    done = subprocess.run([pvck, "--dump", "headers", str(image)], check=False, capture_output=True)
    told = (done.stdout + done.stderr).decode()
    if "Failed to use" in told or "not found" in told or "Cannot" in told:
        pytest.skip("pvck does not open a file that is no device here")
    assert "label_header.magic LABELONE" in told.replace('"', "") or "LABELONE" in told
    assert "metadata text at" in told
    assert "crc" in told
    assert "error" not in told.lower()


# Volumes in volumes


def test_an_array_an_encrypted_volume_logical_volumes_and_two_file_systems_in_each_other(
    tmp_path: Path, source: Source
) -> None:
    """GPT, half of an md mirror, LUKS2, LVM2, and XFS beside ext4, as a server has them."""
    first, second = (
        rounded(data, EXTENT) for data in (xfs(tmp_path / "x", source[0]), ext4(tmp_path / "e", source[0]))
    )
    text = lvm_text(
        [len(first) + len(second) + EXTENT],
        lv("root", striped(0, len(second) // EXTENT, [("pv0", len(first) // EXTENT)]))
        + lv("srv", striped(0, len(first) // EXTENT, [("pv0", 0)])),
    )
    volume = encrypted(physical_volume(tmp_path / "pv.img", 0, first + second, text), b"salt marsh")
    member = md_member(tmp_path / "half.dd", volume.read_bytes(), role=0, count=2, level=1)
    disk = behind_gpt(tmp_path / "server.dd", member.read_bytes())
    rows = process(disk, passwords=["salt marsh"])
    kinds = [
        (row["number"], row["parent"], row["kind"]) for row in volumes_of(disk, passwords=["salt marsh"])
    ]
    partition = kinds[1][0]
    array = 1000 * (partition + 1) + 1
    crypt = 1000 * (array + 1) + 1
    assert kinds == [
        (0, None, "disk"),
        (partition, 0, "partition"),
        (array, partition, "array"),
        (crypt, array, "encrypted volume"),
        (1000 * (crypt + 1) + 1, crypt, "logical volume"),
        (1000 * (crypt + 1) + 2, crypt, "logical volume"),
    ]
    for place in (1, 2):
        front = f"inode:{1000 * (crypt + 1) + place}:"
        found = {
            row["path"]: row["sha256"] for row in rows if row["locator"].startswith(front) and row["sha256"]
        }
        assert {path: found.get(path) for path in source[1]} == expected(source[1])
    assert [verdict for verdict, _ in problems(rows)] == []


# What is not read is named


def named(path: Path) -> list[tuple[str, str]]:
    return problems(process(path))


@pytest.mark.parametrize(
    ("at", "mark", "name"),
    [
        (0x20000, b"\x0c\xb1\xba\0\0\0\0\0", "ZFS"),
        (3, b"-FVE-FS-", "BitLocker"),
        (66908, b"\x19\x01\x54\x19", "UFS2"),
        (4086, b"SWAPSPACE2", "swap space"),
        (65588, b"ReIsEr2Fs", "ReiserFS"),
        (3, b"ReFS\0\0\0\0", "ReFS"),
    ],
)
def test_a_form_that_is_not_read_is_named_and_never_called_damaged(
    tmp_path: Path, at: int, mark: bytes, name: str
) -> None:
    image = tmp_path / "x.img"
    with image.open("wb") as target:
        target.truncate(64 * MIB)
        target.seek(at)
        target.write(mark)
    assert named(image) == [("unsupported", f"not opened: {name}")]
    behind_partition_table(tmp_path / "disk.dd", image.read_bytes())
    assert named(tmp_path / "disk.dd") == [("unsupported", f"not opened: {name}")]


def test_an_f2fs_made_by_its_tool_is_named(tmp_path: Path) -> None:
    image = tmp_path / "f.img"
    image.write_bytes(b"")
    os.truncate(image, 64 * MIB)
    run("mkfs.f2fs", "-q", image)
    assert named(image) == [("unsupported", "not opened: F2FS")]


@pytest.mark.parametrize("features", ["bigalloc", "inline_data", "encrypt"])
def test_an_ext4_with_a_feature_that_is_not_read_names_the_feature(
    tmp_path: Path, source: Source, features: str
) -> None:
    image = tmp_path / "e.img"
    run("mke2fs", "-q", "-t", "ext4", "-O", features, "-d", source[0], image, "16M")
    (told,) = named(image)
    assert told[0] == "unsupported"
    assert {"bigalloc": "bigalloc", "inline_data": "inline data", "encrypt": "encryption"}[features] in told[
        1
    ]


@pytest.mark.parametrize("make", ["ext4", "xfs"])
def test_an_image_that_is_cut_says_how_much_is_missing(tmp_path: Path, source: Source, make: str) -> None:
    image = tmp_path / "x.img"
    whole = ext4(image, source[0], size="16M") if make == "ext4" else xfs(image, source[0])
    os.truncate(image, len(whole) - 5 * MIB)
    details = [detail for verdict, detail in named(image) if "missing" in detail]
    assert details == [
        f"the file system takes {len(whole)} bytes; of them {5 * MIB} are missing: the image is cut or short"
    ]


def test_a_partition_behind_the_end_of_the_image_says_so(tmp_path: Path, source: Source) -> None:
    whole = ext4(tmp_path / "e.img", source[0], size="16M")
    disk = behind_partition_table(tmp_path / "disk.dd", whole)
    os.truncate(disk, disk.stat().st_size - 6 * MIB)
    assert any(str(6 * MIB) in detail for _, detail in named(disk))


def test_pictures_of_a_deleted_folder_of_fat_are_listed_with_their_way(tmp_path: Path) -> None:
    image = tmp_path / "f.img"
    image.write_bytes(b"")
    os.truncate(image, 40 * MIB)
    run("mkfs.fat", "-F", "32", image)
    names = {f"picture-{number}.jpg": random.Random(number).randbytes(20_000 + number) for number in range(5)}
    for name, data in names.items():
        (tmp_path / name).write_bytes(data)
    run("mmd", "-i", image, "::DCIM", "::DCIM/A")
    run("mcopy", "-i", image, *[tmp_path / name for name in names], "::DCIM/A")
    run("mdeltree", "-i", image, "::DCIM")
    gone = {row["path"]: row["sha256"] for row in process(image) if row["allocation"] == "deleted"}
    assert {sha256(data) for data in names.values()} <= set(gone.values())
    assert all("/" in path[1:] for path in gone)


def exfat(image: Path, files: dict[str, tuple[bytes, bool]]) -> Path:
    """An exFAT by mkfs.exfat, into whose root entries are written here; True marks a deleted one."""
    image.write_bytes(b"")
    os.truncate(image, 16 * MIB)
    run("mkfs.exfat", "-c", "4096", image)
    data = bytearray(image.read_bytes())
    heap, root = struct.unpack_from("<I", data, 88)[0] * 512, struct.unpack_from("<I", data, 96)[0]
    at = heap + (root - 2) * 4096
    bitmap = next(place for place in range(at, at + 4096, 32) if data[place] == 0x81)
    bits = heap + (struct.unpack_from("<I", data, bitmap + 20)[0] - 2) * 4096
    end = next(place for place in range(at, at + 4096, 32) if data[place] == 0)
    cluster = root + 8
    for name, (body, gone) in files.items():
        stored = name.encode("utf-16-le")
        parts = [stored[place : place + 30].ljust(30, b"\0") for place in range(0, len(stored), 30)]
        stamp = 0x5B210000
        first = bytearray(
            struct.pack("<BBHHHIII", 0x85, 1 + len(parts), 0, 0x20, 0, stamp, stamp, stamp).ljust(32, b"\0")
        )
        stream = struct.pack("<BBBBHHQIIQ", 0xC0, 3, 0, len(name), 0, 0, len(body), 0, cluster, len(body))
        entries = bytes(first) + stream + b"".join(b"\xc1\0" + part for part in parts)
        total = 0
        for place, byte in enumerate(entries):
            if place not in (2, 3):
                total = ((total << 15 | total >> 1) & 0xFFFF) + byte & 0xFFFF
        made = bytearray(entries)
        struct.pack_into("<H", made, 2, total)
        clusters = -(-len(body) // 4096)
        if gone:
            for place in range(0, len(made), 32):
                made[place] &= 0x7F
        else:
            for number in range(cluster - 2, cluster - 2 + clusters):
                data[bits + number // 8] |= 1 << number % 8
        data[heap + (cluster - 2) * 4096 : heap + (cluster - 2) * 4096 + len(body)] = body
        data[end : end + len(made)] = made
        end += len(made)
        cluster += clusters
    image.write_bytes(data)
    return image


def test_an_exfat_gives_live_files_and_deleted_ones(tmp_path: Path) -> None:
    chance = random.Random(9)
    files = {"live.bin": (chance.randbytes(9000), False), "A long name of a picture.jpg": (chance.randbytes(70_000), False),
             "gone.bin": (chance.randbytes(5000), True)}  # fmt: skip
    rows = process(exfat(tmp_path / "x.img", files))
    for name, (body, gone) in files.items():
        found = [row for row in rows if row["sha256"] == sha256(body)]
        assert [row["allocation"] for row in found] == ["deleted" if gone else "live"], (name, rows)


def test_trees_that_go_in_circles_end() -> None:
    from fairlead.evidence.readers.blocks.thin import ThinPool

    metadata = bytearray(4 * 4096)
    struct.pack_into("<Q", metadata, 32, 27022010)
    struct.pack_into("<QQI", metadata, 320, 1, 1, 128)
    node = struct.pack("<IIQIIII", 0, 1, 1, 2, 100, 8, 0) + struct.pack("<2Q", 0, 1).ljust(800, b"\0")
    metadata[4096 : 4096 + len(node)] = node
    struct.pack_into("<2Q", metadata, 4096 + 32 + 800, 1, 1)
    with pytest.raises(OSError, match="circles"):
        ThinPool(Bytes(bytes(metadata)), Bytes(bytes(65536)), 65536)


def test_a_text_of_lvm_in_itself_ends() -> None:
    from fairlead.evidence.readers.blocks.lvm import VolumeGroup
    from fairlead.evidence.readers.blocks.lvm_text import parse_text

    group = VolumeGroup(lvm_text([4 * MIB], lv("a", striped(0, 2, [("a", 0)]))), {})
    with pytest.raises(ValueError, match="without end"):
        group.open("a")
    with pytest.raises(ValueError, match="too deep"):
        parse_text("a {" * 10_000)


def test_helpers_of_this_file_agree() -> None:
    assert len(dashed(pv_number(0))) == 38
    assert Slice(Bytes(b"abcdef"), 1, 3).read(1, 9) == b"cd"
