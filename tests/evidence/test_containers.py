"""Every container of a disk gives the very sectors that an independent reader gives: `qemu-img convert`, `ewfexport`."""

from __future__ import annotations

import hashlib
import os
import random
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.evidence.readers.entry import Stop
from fairlead.evidence.readers.image import open_image
from fairlead.evidence.sniff import Container
from tests.evidence.test_real_images import program

FORMS = {
    "qcow2 plain": ("qcow2", ()),
    "qcow2 compressed": ("qcow2", ("-c",)),
    "qcow2 of version 2, compressed": ("qcow2", ("-c", "-o", "compat=0.10")),
    "qcow2 by Zstandard": ("qcow2", ("-c", "-o", "compression_type=zstd")),
    "qcow2 of small clusters, compressed": ("qcow2", ("-c", "-o", "cluster_size=512")),
    "qcow2 of large clusters, compressed": ("qcow2", ("-c", "-o", "cluster_size=2M")),
    "qcow2 with subclusters": ("qcow2", ("-o", "extended_l2=on")),
    "qcow2 with subclusters, compressed": ("qcow2", ("-c", "-o", "extended_l2=on")),
    "qcow 1": ("qcow", ()),
    "VMDK sparse": ("vmdk", ()),
    "VMDK of streams": ("vmdk", ("-o", "subformat=streamOptimized")),
    "VHD dynamic": ("vpc", ("-o", "force_size=on")),
    "VHD fixed": ("vpc", ("-o", "subformat=fixed,force_size=on")),
    "VHDX dynamic": ("vhdx", ()),
    "VHDX fixed": ("vhdx", ("-o", "subformat=fixed")),
}
_CONTAINER = {
    "qcow2": Container.QCOW,
    "qcow": Container.QCOW,
    "vmdk": Container.VMDK,
    "vpc": Container.VHD,
    "vhdx": Container.VHD,
}


def disk_of(seed: int, size: int = 6 << 20) -> bytes:
    """Sectors as disks have them: stretches of text, of noise, and of nothing."""
    chance = random.Random(seed)
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < size:
        length = 512 * chance.randrange(1, 400)
        pieces.append(
            chance.choice(
                (bytes(length), chance.randbytes(length), (b"%d of a log\n" % length * length)[:length])
            )
        )
    return b"".join(pieces)[:size]


def sectors(path: Path, container: Container) -> bytes:
    with path.open("rb") as file:
        image = open_image(container, [file.fileno()])
        size, data = image.get_size(), bytearray()
        while len(data) < size:
            chunk = image.read(len(data), min(1 << 20, size - len(data)))
            assert chunk, f"nothing at {len(data)}"
            data += chunk
        return bytes(data)


@pytest.mark.parametrize("form", FORMS)
def test_a_disk_gives_the_sectors_that_qemu_gives(tmp_path: Path, form: str) -> None:
    convert = program("qemu-img")
    kind, options = FORMS[form]
    raw, made, back = tmp_path / "raw", tmp_path / "made", tmp_path / "back"
    raw.write_bytes(disk_of(sum(form.encode())))
    subprocess.run(
        [convert, "convert", "-f", "raw", "-O", kind, *options, raw, made], check=True, capture_output=True
    )
    subprocess.run([convert, "convert", "-f", kind, "-O", "raw", made, back], check=True, capture_output=True)
    found = sectors(made, _CONTAINER[kind])
    expected = back.read_bytes()
    assert hashlib.sha256(found[: len(expected)]).hexdigest() == hashlib.sha256(expected).hexdigest()
    assert len(found) >= len(expected) >= raw.stat().st_size
    assert not any(found[len(expected) :])


def test_a_compressed_disk_of_the_first_version_gives_the_sectors_that_qemu_gives(tmp_path: Path) -> None:
    convert = program("qemu-img")
    made, back = tmp_path / "made", tmp_path / "back"
    cluster, clusters = 1 << 12, 8
    contents = [(b"%d of a log\n" % n * cluster)[:cluster] for n in range(clusters)]
    header = struct.pack(">4sIQIIQBBHIQ", b"QFI\xfb", 1, 0, 0, 0, cluster * clusters, 12, 9, 0, 0, 512)
    entries, stored, at = [], b"", 8192
    for content in contents:
        packer = zlib.compressobj(9, zlib.DEFLATED, -12)
        data = packer.compress(content) + packer.flush()
        entries.append(1 << 63 | len(data) << (63 - 12) | at + len(stored))
        stored += data
    table = struct.pack(f">{len(entries)}Q", *entries).ljust(4096, b"\0")
    made.write_bytes(
        header.ljust(512, b"\0")
        + struct.pack(">Q", 4096).ljust(3584, b"\0")
        + table
        + stored.ljust(8192, b"\0")
    )
    subprocess.run([convert, "convert", "-f", "qcow", "-O", "raw", made, back], check=True)
    assert sectors(made, Container.QCOW) == back.read_bytes() == b"".join(contents)


def test_a_disk_whose_later_snapshots_were_written_gives_its_present_state(tmp_path: Path) -> None:
    convert = program("qemu-img")
    raw, made, back = tmp_path / "raw", tmp_path / "made", tmp_path / "back"
    raw.write_bytes(disk_of(3))
    subprocess.run([convert, "convert", "-f", "raw", "-O", "qcow2", "-c", raw, made], check=True)
    subprocess.run([convert, "snapshot", "-c", "before", made], check=True)
    subprocess.run([convert, "resize", "-q", made, "8M"], check=True)
    subprocess.run([convert, "convert", "-f", "qcow2", "-O", "raw", made, back], check=True)
    assert sectors(made, Container.QCOW) == back.read_bytes()


@pytest.mark.parametrize("bits", [4, 40])
def test_a_disk_of_qemu_with_a_feature_nobody_knows_is_named_and_not_called_damaged(
    tmp_path: Path, bits: int
) -> None:
    convert = program("qemu-img")
    made = tmp_path / "made"
    subprocess.run([convert, "create", "-q", "-f", "qcow2", made, "1M"], check=True)
    data = bytearray(made.read_bytes())
    value = int.from_bytes(data[72:80], "big") | (1 << bits if bits != 4 else 1 << 2)
    data[72:80] = value.to_bytes(8, "big")
    made.write_bytes(data)
    with pytest.raises(Stop) as stopped:
        sectors(made, Container.QCOW)
    assert "not supported" in stopped.value.detail


def test_an_encrypted_disk_of_qemu_says_so(tmp_path: Path) -> None:
    convert = program("qemu-img")
    made = tmp_path / "made"
    subprocess.run(
        [convert, "create", "-q", "--object", "secret,id=s,data=abc", "-f", "qcow2", "-o",
         "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10", made, "1M"],
        check=True,
    )  # fmt: skip
    with pytest.raises(Stop) as stopped:
        sectors(made, Container.QCOW)
    assert (stopped.value.verdict, "LUKS" in stopped.value.detail) == ("encrypted", True)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_disk_that_was_cut_gives_no_zeros_for_what_is_missing(tmp_path: Path, share: float) -> None:
    convert = program("qemu-img")
    raw, made = tmp_path / "raw", tmp_path / "made"
    raw.write_bytes(os.urandom(4 << 20))
    subprocess.run([convert, "convert", "-f", "raw", "-O", "qcow2", raw, made], check=True)
    os.truncate(made, int(made.stat().st_size * share))
    whole = raw.read_bytes()
    with made.open("rb") as file:
        try:
            image = open_image(Container.QCOW, [file.fileno()])
        except OSError:
            return
        for at in range(0, len(whole), 65_536):
            got = image.read(at, 65_536)
            assert got in (b"", whole[at : at + 65_536])


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 24))
def test_a_changed_header_or_table_is_an_error_or_a_disk_and_never_anything_else(
    seed: int, changes: int
) -> None:
    from fairlead.evidence.readers.qcow2 import QcowDisk

    chance = random.Random(seed)
    data = bytearray(HEADER)
    for _ in range(changes):
        data[chance.randrange(len(data))] = chance.randrange(256)
    frozen = bytes(data)
    try:
        disk = QcowDisk(lambda at, length: frozen[at : at + min(length, 1 << 24)])
        for _ in range(8):
            disk.read_buffer_at_offset(4096, chance.randrange(disk.get_media_size()))
    except (OSError, Stop):
        pass


HEADER = (
    b"QFI\xfb" + (3).to_bytes(4, "big") + bytes(12) + (16).to_bytes(4, "big") + (1 << 20).to_bytes(8, "big") + bytes(4)
    + (1).to_bytes(4, "big") + (65_536).to_bytes(8, "big") + bytes(48) + (4).to_bytes(4, "big") + (104).to_bytes(4, "big")
).ljust(65_536, b"\0") + (131_072).to_bytes(8, "big").ljust(65_536, b"\0") + bytes(65_536)  # fmt: skip
