"""Builders of volumes for tests, without a kernel that mounts: file systems by their own tools, layers written here.

Made by the tools of others: XFS (`mkfs.xfs -p`), Btrfs (`mkfs.btrfs --rootdir`), ext4 (`mke2fs -d`), squashfs
(`mksquashfs`), ISO 9660 and UDF (`genisoimage`), LUKS (`cryptsetup reencrypt --encrypt`), metadata of thin pools
(`thin_restore`). Written here from the published formats, since the tools need device mapper: superblocks and data
of md arrays (md(4), md_p.h; `mdadm --examine` reads them in a test), labels and metadata of LVM2 (its text is read
by `pvck` in a test), VDI and DMG (`qemu-img` reads them in a test).
"""

from __future__ import annotations

import hashlib
import os
import random
import struct
import subprocess
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from tests.evidence.build import MIB

SECTOR = 512


def needs(*names: str) -> dict[str, str]:
    """Paths of programs; skips the test with the name of the first that is missing."""
    found = {}
    places = [Path(place) for place in (*os.get_exec_path(), "/usr/sbin", "/sbin")]
    for name in names:
        path = next((place / name for place in places if (place / name).is_file()), None)
        if path is None:
            pytest.skip(f"the program {name} is not installed")
        found[name] = str(path)
    return found


def run(*command: str | Path, **options: object) -> bytes:
    names = needs(Path(str(command[0])).name)
    done = subprocess.run(  # type: ignore[call-overload]
        [names[Path(str(command[0])).name], *map(str, command[1:])],
        check=True,
        capture_output=True,
        timeout=60,
        **options,
    )
    return bytes(done.stdout)


def tree(folder: Path, *, seed: int = 1, large: int = 300_000) -> dict[str, bytes]:
    """Files of many sizes in folders; returns contents by path."""
    chance = random.Random(seed)
    sizes = [0, 1, 59, 60, 61, 511, 512, 1000, 4095, 4096, 4097, 8192, 65_537, 131_072, large]
    files = {}
    for number, size in enumerate(sizes):
        where = ("", "var/", "var/www/", "var/www/html/")[number % 4]
        data = chance.randbytes(size) if number % 3 else (b"seaside note %d\n" % number * size)[:size]
        files[f"/{where}file-{number}.bin"] = data
    for path, data in files.items():
        target = folder / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        os.utime(target, (1_750_000_000, 1_750_000_000 + len(data) % 1000))
    (folder / "link").symlink_to("file-0.bin")
    return files


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def ext4(path: Path, source: Path, *, size: str = "8M") -> bytes:
    run("mke2fs", "-q", "-t", "ext4", "-d", source, path, size)
    return path.read_bytes()


def xfs(path: Path, source: Path, *, size: str = "32m") -> bytes:
    """An XFS filled by a prototype; the variables let mkfs.xfs make one smaller than 300 MB, as its own tests do."""
    lines = ["/dev/null", "0 0", "d--755 0 0"]

    def add(folder: Path) -> None:
        for below in sorted(folder.iterdir()):
            if below.is_symlink():
                lines.append(f"{below.name} l--777 0 0 {below.readlink()}")
            elif below.is_dir():
                lines.append(f"{below.name} d--755 0 0")
                add(below)
            else:
                lines.append(f"{below.name} ---644 0 0 {below}")
        lines.append("$")

    add(source)
    prototype = path.with_suffix(".proto")
    prototype.write_text("\n".join(lines) + "\n")
    environment = {**os.environ, "TEST_DIR": "/x", "TEST_DEV": "/y", "QA_CHECK_FS": "1"}
    path.unlink(missing_ok=True)
    run("mkfs.xfs", "-q", "-p", prototype, "-d", f"file,name={path},size={size}", env=environment)
    return path.read_bytes()


def btrfs(path: Path, source: Path, *, size: int = 120 * MIB) -> Path:
    path.write_bytes(b"")
    os.truncate(path, size)
    run("mkfs.btrfs", "-q", "--rootdir", source, path)
    return path


# md


def md_superblock(
    *, level: int, layout: int, chunk: int, used: int, count: int, role: int, size: int, version: str = "1.2",
    events: int = 7, start: int = 1 * MIB, place: int | None = None, name: bytes = b"host:0", features: int = 0,
) -> tuple[int, bytes]:  # fmt: skip
    """Where a superblock of version 1 lies in a member of so many bytes, and its bytes."""
    at = {"1.2": 4096, "1.1": 0, "1.0": (size // SECTOR - 16 & ~7) * SECTOR}[version]
    number = role if place is None else place
    roles = [0xFFFF] * 128
    roles[number] = role
    data = bytearray(256)
    struct.pack_into("<III", data, 0, 0xA92B4EFC, 1, features)
    data[16:32] = bytes(range(16))
    data[32 : 32 + len(name)] = name
    struct.pack_into("<Q", data, 64, 1_750_000_000)
    struct.pack_into("<iIQII", data, 72, level, layout, used // SECTOR, chunk // SECTOR, count)
    length = (size - start) // SECTOR if version != "1.0" else at // SECTOR
    struct.pack_into("<QQQ", data, 128, start // SECTOR if version != "1.0" else 0, length, at // SECTOR)
    struct.pack_into("<I", data, 160, number)
    data[168:184] = bytes([role] * 16)
    struct.pack_into("<QQQ", data, 192, 1_750_000_000, events, 0xFFFFFFFFFFFFFFFF)
    struct.pack_into("<I", data, 220, len(roles))
    whole = data + struct.pack(f"<{len(roles)}H", *roles)
    total = sum(struct.unpack(f"<{len(whole) // 4}I", bytes(whole)))
    struct.pack_into("<I", whole, 216, (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF)
    return at, bytes(whole)


def md_old_superblock(*, level: int, layout: int, chunk: int, used: int, count: int, role: int) -> bytes:
    """A superblock of version 0.90."""
    words = [0] * 1024
    words[0:3] = [0xA92B4EFC, 0, 90]
    words[5], words[13], words[14], words[15] = 11, 12, 13, 14
    words[7], words[8], words[9], words[10] = level & 0xFFFFFFFF, used // 1024, count, count
    words[34], words[35], words[39] = count, count, 7
    words[64], words[65] = layout, chunk
    words[992:997] = [role, 9, role, role, 6]
    total = sum(words)
    words[38] = (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF
    return struct.pack("<1024I", *words)


def multiply(left: int, right: int) -> int:
    result = 0
    for bit in range(8):
        if right >> bit & 1:
            result ^= left << bit
    for bit in range(14, 7, -1):
        if result >> bit & 1:
            result ^= 0x11D << bit - 8
    return result


def scaled(data: bytes, factor: int) -> bytes:
    return data.translate(bytes(multiply(factor, value) for value in range(256)))


def added(pieces: Sequence[bytes]) -> bytes:
    total = 0
    for piece in pieces:
        total ^= int.from_bytes(piece)
    return total.to_bytes(len(pieces[0]))


# The order of members in the first stripes, as `man 4 md` and the kernel's comments draw them: D data, P and Q parity.
RAID5 = {
    0: ["0 1 2 P", "3 4 P 5", "6 P 7 8", "P 9 10 11"],
    1: ["P 0 1 2", "3 P 4 5", "6 7 P 8", "9 10 11 P"],
    2: ["0 1 2 P", "4 5 P 3", "8 P 6 7", "P 9 10 11"],
    3: ["P 0 1 2", "5 P 3 4", "7 8 P 6", "9 10 11 P"],
    4: ["P 0 1 2", "P 3 4 5"],
    5: ["0 1 2 P", "3 4 5 P"],
}
RAID6 = {
    0: ["Q 0 1 P", "2 3 P Q", "4 P Q 5", "P Q 6 7"],
    1: ["P Q 0 1", "2 P Q 3", "4 5 P Q", "Q 6 7 P"],
    2: ["Q 0 1 P", "2 3 P Q", "5 P Q 4", "P Q 6 7"],
    3: ["P Q 0 1", "3 P Q 2", "4 5 P Q", "Q 6 7 P"],
    8: ["P Q 0 1", "2 P Q 3", "4 5 P Q", "Q 6 7 P"],
    9: ["0 1 P Q", "2 P Q 3", "P Q 4 5", "Q 6 7 P"],
    10: ["0 1 Q P", "3 Q P 2", "Q P 4 5", "P 6 7 Q"],
    16: ["0 1 P Q", "2 P 3 Q", "P 4 5 Q"],
    18: ["0 1 P Q", "3 P 2 Q", "P 4 5 Q"],
    20: ["P 0 1 Q", "P 2 3 Q"],
}


def parity_members(data: bytes, chunk: int, table: Sequence[str], *, from_zero: bool = False) -> list[bytes]:
    """Members of an array of parity; its stripes follow the table again and again."""
    rows = [row.split() for row in table]
    count = len(rows[0])
    each = sum(cell.isdigit() for cell in rows[0])
    per_cycle = each * len(rows)
    chunks = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    assert len(chunks) % each == 0
    members: list[list[bytes]] = [[] for _ in range(count)]
    for stripe in range(len(chunks) // each):
        cycle, row = divmod(stripe, len(rows))
        placed = {
            place: chunks[cycle * per_cycle + int(cell)]
            for place, cell in enumerate(rows[row])
            if cell.isdigit()
        }
        if "Q" in rows[row]:
            begin = 0 if from_zero else rows[row].index("Q") + 1
            order = [place for step in range(count) if (place := (begin + step) % count) in placed]
            factor, parts = 1, []
            for place in order:
                parts.append(scaled(placed[place], factor))
                factor = multiply(factor, 2)
            placed[rows[row].index("Q")] = added(parts)
        data_only = [chunk for place, chunk in placed.items() if rows[row][place].isdigit()]
        placed[rows[row].index("P")] = added(data_only)
        for place in range(count):
            members[place].append(placed[place])
    return [b"".join(member) for member in members]


def md_member(path: Path, payload: bytes, *, role: int, count: int, level: int, layout: int = 0, chunk: int = 65536,
              version: str = "1.2", events: int = 7, place: int | None = None, used: int | None = None) -> Path:  # fmt: skip
    """A member with its superblock around a payload."""
    start = MIB if version != "1.0" else 0
    size = start + len(payload) + (64 * 1024 if version == "1.0" else 0)
    at, superblock = md_superblock(
        level=level, layout=layout, chunk=chunk, used=len(payload) if used is None else used, count=count,
        role=role, size=size, version=version, events=events, start=start, place=place,
    )  # fmt: skip
    data = bytearray(bytes(start) + payload.ljust(size - start, b"\0"))
    data[at : at + len(superblock)] = superblock
    path.write_bytes(data)
    return path


# LVM2

PV_START = MIB
EXTENT = 1 * MIB


def crc(data: bytes) -> int:
    """The checksum of LVM2: CRC-32 without its last inversion, begun with a number of its own."""
    value = 0xF597A6CF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
    return value


def pv_number(place: int) -> str:
    return (f"pv{place}" + "abcdefghijklmnopqrstuvwxyzABCDEF")[:32]


def dashed(number: str) -> str:
    cuts = [0, 6, 10, 14, 18, 22, 26, 32]
    return "-".join(number[a:b] for a, b in pairwise(cuts))


def lvm_text(sizes: Sequence[int], volumes: str, *, sequence: int = 3) -> str:
    """Metadata of a group of physical volumes of so many bytes; ``volumes`` is the text of the logical ones."""
    physical = "".join(
        f'pv{place} {{ id = "{dashed(pv_number(place))}" device = "/dev/sd{place}" status = ["ALLOCATABLE"] '
        f"flags = [] dev_size = {size // SECTOR} pe_start = {PV_START // SECTOR} "
        f"pe_count = {(size - PV_START) // EXTENT} }}\n"
        for place, size in enumerate(sizes)
    )
    return (
        f'vg0 {{\nid = "{dashed("vg" + pv_number(7)[2:])}"\nseqno = {sequence}\nformat = "lvm2"\n'
        f'status = ["RESIZEABLE", "READ", "WRITE"]\nflags = []\nextent_size = {EXTENT // SECTOR}\nmax_lv = 0\n'
        f"max_pv = 0\nmetadata_copies = 0\nphysical_volumes {{\n{physical}}}\nlogical_volumes {{\n{volumes}}}\n}}\n"
        'contents = "Text Format Volume Group"\nversion = 1\ndescription = ""\ncreation_host = "host"\n'
        "creation_time = 1750000000\n"
    )


def lv(name: str, *segments: str, visible: bool = True) -> str:
    """A logical volume of segments, each the text behind ``start_extent``."""
    status = '["READ", "WRITE", "VISIBLE"]' if visible else '["READ", "WRITE"]'
    number = hashlib.sha256(name.encode()).hexdigest()[:32]
    body = "".join(f"segment{place} {{\n{segment}\n}}\n" for place, segment in enumerate(segments, 1))
    return (
        f'{name} {{\nid = "{dashed(number)}"\nstatus = {status}\nflags = []\ncreation_time = 1750000000\n'
        f'creation_host = "host"\nsegment_count = {len(segments)}\n{body}}}\n'
    )


def striped(start: int, extents: int, stripes: Sequence[tuple[str, int]], *, stripe: int = 65536) -> str:
    listed = ", ".join(f'"{name}", {extent}' for name, extent in stripes)
    size = f"stripe_size = {stripe // SECTOR}\n" if len(stripes) > 1 else ""
    return (
        f'start_extent = {start}\nextent_count = {extents}\ntype = "striped"\nstripe_count = {len(stripes)}\n{size}'
        f"stripes = [{listed}]"
    )


def physical_volume(path: Path, place: int, payload: bytes, text: str) -> Path:
    """A physical volume: label in the second sector, a metadata area from 4 KiB on, extents from 1 MiB on."""
    size = PV_START + len(payload)
    area_at, area_size = 4096, PV_START - 4096
    label = bytearray(SECTOR)
    label[0:8], label[24:32] = b"LABELONE", b"LVM2 001"
    struct.pack_into("<Q", label, 8, 1)
    struct.pack_into("<I", label, 20, 32)
    label[32:64] = pv_number(place).encode()
    struct.pack_into("<Q", label, 64, size)
    struct.pack_into("<QQQQ", label, 72, PV_START, 0, 0, 0)
    struct.pack_into("<QQQQ", label, 104, area_at, area_size, 0, 0)
    struct.pack_into("<I", label, 16, crc(bytes(label[20:])))
    stored = text.encode() + b"\0"
    head = bytearray(SECTOR)
    head[4:20] = b" LVM2 x[5A%r0N*>"
    struct.pack_into("<IQQ", head, 20, 1, area_at, area_size)
    struct.pack_into("<QQII", head, 40, SECTOR, len(stored), crc(stored), 0)
    struct.pack_into("<I", head, 0, crc(bytes(head[4:])))
    data = bytearray(PV_START)
    data[SECTOR : 2 * SECTOR] = label
    data[area_at : area_at + SECTOR] = head
    data[area_at + SECTOR : area_at + SECTOR + len(stored)] = stored
    path.write_bytes(bytes(data) + payload)
    return path


def rounded(data: bytes, unit: int) -> bytes:
    return data.ljust(-(-len(data) // unit) * unit, b"\0")


Layer = Callable[[Path, bytes], Path]


def encrypted(path: Path, password: bytes, *, options: Sequence[str] = ()) -> Path:
    """Encrypt a volume in place, header first, by cryptsetup; 16 MiB are added for its header."""
    os.truncate(path, path.stat().st_size + 16 * MIB)
    key = path.with_suffix(".key")
    key.write_bytes(password)
    run(
        "cryptsetup", "reencrypt", "-q", "--encrypt", "--type", "luks2", *(options or ("--pbkdf", "pbkdf2")),
        "--pbkdf-force-iterations", "1000" if not options else "4", "--reduce-device-size", "16M", "--key-file", key, path, cwd=path.parent,
    )  # fmt: skip
    return path
