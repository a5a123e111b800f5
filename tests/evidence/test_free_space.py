"""What belongs to no file is named, and searched by structure when a person asks for it."""

from __future__ import annotations

import hashlib
import os
import random
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.evidence.readers.carve import Carved, carve
from fairlead.evidence.readers.free_space import between, zero_bits
from tests.evidence.build import MIB, behind_partition_table, ext4_image, fat16_image, note, process
from tests.evidence.test_real_images import ntfs_image, program
from tests.media.pictures import encode, scene


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


MP4 = (
    box(b"ftyp", b"isom\0\0\2\0isomiso2")
    + box(b"moov", bytes(200))
    + box(b"mdat", random.Random(3).randbytes(5000))
)
JPEG, PNG = encode(scene(120, 160, 1), "JPEG"), encode(scene(90, 120, 2), "PNG")


def found_in(data: bytes, *, aligned: bool = True, most: int = 1 << 30) -> list[Carved]:
    items = carve(lambda at, length: data[at : at + length], 0, len(data), most=most, aligned=aligned)
    return [item for item in items if item is not None]


def padded(*items: bytes) -> bytes:
    return b"".join(item.ljust(-(-len(item) // 512) * 512, b"\xa5") for item in items)


def test_three_kinds_are_found_with_their_exact_bytes() -> None:
    data = padded(b"", note(1, 700), JPEG, note(2, 700), PNG, MP4, note(3, 900))
    found = found_in(data)
    assert [item.extension for item in found] == ["jpg", "png", "mp4"]
    assert [data[item.start : item.end] for item in found] == [JPEG, PNG, MP4]
    assert [item.detail for item in found] == ["", "", ""]


def test_a_heic_picture_is_found_and_named_as_what_it_is() -> None:
    picture = encode(scene(64, 64, 3), "HEIF")
    (found,) = found_in(padded(note(1, 600), picture, note(2, 600)))
    assert (found.extension, found.end - found.start, found.detail) == ("heic", len(picture), "")


def test_a_file_is_looked_for_where_files_begin_unless_told_otherwise() -> None:
    data = b"x" * 100 + JPEG + note(1)
    assert found_in(data) == []
    assert [(item.start, item.end) for item in found_in(data, aligned=False)] == [(100, 100 + len(JPEG))]


def test_what_breaks_off_is_taken_up_to_there_and_said() -> None:
    for whole in (JPEG, PNG, MP4):
        found = found_in(whole[: len(whole) * 3 // 4])
        assert len(found) == 1
        assert "breaks off" in found[0].detail or "index" in found[0].detail
        assert found[0].end <= len(whole)


def test_marks_alone_are_no_pictures() -> None:
    data = padded(
        b"\xff\xd8\xff\xe0" + bytes(600), b"\x89PNG\r\n\x1a\n" + bytes(600), bytes(4) + b"ftyp" + bytes(600)
    )
    assert found_in(data) == []


def test_no_item_is_larger_than_the_limit() -> None:
    assert all(item.end - item.start <= 1000 for item in found_in(padded(JPEG, PNG, MP4), most=1000))


def test_bytes_that_a_medium_does_not_give_are_told_and_the_search_goes_on_behind_them() -> None:
    cut = padded(JPEG, JPEG[:-2000])
    data = cut + bytes(3 << 16) + padded(PNG)
    bad = range(len(cut), len(cut) + (2 << 16))

    def read(at: int, length: int) -> bytes:
        return b"" if at < bad.stop and at + length > bad.start else data[at : at + length]

    found = [item for item in carve(read, 0, len(data), most=1 << 30) if item is not None]
    assert [item.extension for item in found] == ["jpg", "jpg", "unread", "png"]
    assert found[1].detail == "breaks off before its end mark"
    assert found[1].end <= found[2].start <= bad.start
    assert bad.stop <= found[2].end <= found[3].start


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_the_bytes_ranges_are_in_order_and_inside(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(padded(JPEG, PNG, MP4, JPEG))
    for _ in range(chance.randint(1, 30)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    reached = 0
    for item in found_in(bytes(data), aligned=chance.random() < 0.5):
        assert reached <= item.start < item.end <= len(data)
        reached = item.end


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=200), st.integers(0, 8))
def test_runs_of_zero_bits_are_those_of_the_bitmap(bitmap: bytes, short: int) -> None:
    count = len(bitmap) * 8 - short
    free = {bit for low, high in zero_bits(bitmap, count) for bit in range(low, high)}
    assert free == {bit for bit in range(count) if not bitmap[bit // 8] >> bit % 8 & 1}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 20)), max_size=6))
def test_gaps_and_partitions_together_are_the_disk(parts: list[tuple[int, int]]) -> None:
    taken = [(start, start + size) for start, size in parts]
    covered = {at for start, end in [*taken, *between(taken, 120)] for at in range(start, end)}
    assert covered == set(range(120))
    inside = {at for start, end in taken for at in range(start, end)}
    assert all(at not in inside for start, end in between(taken, 120) for at in range(start, end))


def unexamined(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["path"]: row for row in rows if row["verdict"] == "not_examined"}


def test_free_space_and_gaps_are_rows_that_say_what_was_not_examined(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {"a.txt": note(1)})
    disk = behind_partition_table(tmp_path / "disk.dd", image.read_bytes())
    rows = unexamined(process(disk, unexamined=True))
    assert set(rows) == {"$FreeSpace", "$Gap"}
    assert 10 * MIB < rows["$FreeSpace"]["size_bytes"] < 16 * MIB
    assert "slack" in rows["$FreeSpace"]["detail"]
    assert {row["allocation"] for row in rows.values()} == {"free"}
    assert rows["$Gap"]["size_bytes"] == 2048 * 512


def volume_ext(path: Path) -> tuple[Path, int]:
    return ext4_image(path, {f"{n}.bin": note(n, 9000) for n in range(9)}), 1024


def volume_fat(path: Path) -> tuple[Path, int]:
    return fat16_image(path, {b"LIVE    TXT": note(1, 900)}, {}), 2048


def volume_fat32(path: Path) -> tuple[Path, int]:
    path.write_bytes(b"")
    os.truncate(path, 64 * MIB)
    subprocess.run([program("mkfs.fat"), "-F", "32", "-s", "1", str(path)], check=True, capture_output=True)
    return path, 512


def volume_ntfs(path: Path) -> tuple[Path, int]:
    return ntfs_image(path, {f"{n}.bin": note(n, 90_000) for n in range(5)}), 4096


@pytest.mark.parametrize("make", [volume_ext, volume_fat, volume_fat32, volume_ntfs])
def test_pictures_in_free_space_are_found_with_their_place(tmp_path: Path, make: Any) -> None:
    volume, cluster = make(tmp_path / "volume.img")
    at = volume.stat().st_size * 3 // 4 // cluster * cluster
    with volume.open("r+b") as target:
        for item in (JPEG, PNG, MP4):
            target.seek(at)
            target.write(item)
            at += -(-len(item) // cluster) * cluster
    assert not [row for row in process(volume) if row["allocation"] == "carved"]
    rows = process(volume, carve=True, unexamined=True)
    carved = [row for row in rows if row["allocation"] == "carved"]
    assert [row["sha256"] for row in carved] == [sha256(JPEG), sha256(PNG), sha256(MP4)]
    start, end = (int(number) for number in carved[0]["locator"].split(":")[1:3])
    assert volume.read_bytes()[start:end] == JPEG
    assert "3 found" in unexamined(rows)["$FreeSpace"]["detail"]


def test_pictures_between_partitions_and_where_no_file_system_is(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {"a.txt": note(1)})
    disk = behind_partition_table(tmp_path / "disk.dd", image.read_bytes())
    with disk.open("r+b") as target:
        target.seek(100 * 512)
        target.write(JPEG)
    carved = [row for row in process(disk, carve=True) if row["allocation"] == "carved"]
    assert [(row["path"], row["sha256"]) for row in carved] == [("$Gap/000000000051200.jpg", sha256(JPEG))]
    wiped = tmp_path / "wiped.dd"
    wiped.write_bytes(bytes(MIB) + PNG.ljust(MIB, b"\0"))
    rows = process(wiped, carve=True)
    assert {row["sha256"] for row in rows if row["allocation"] == "carved"} == {sha256(PNG)}
    assert "damaged" in {row["verdict"] for row in rows}


def test_a_picture_of_a_live_file_is_not_found_twice(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {"a.jpg": JPEG})
    assert [row["allocation"] for row in process(image, carve=True)] == ["live"]


def test_a_map_of_free_space_that_lies_ends_in_a_row_not_in_silence(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {"a.txt": note(1)})
    clean = image.read_bytes()
    for seed in range(12):
        data = bytearray(clean)
        chance = random.Random(seed)
        for _ in range(40):
            data[1024 + chance.randrange(1024 + 1024)] = chance.randrange(256)
        image.write_bytes(data)
        rows = process(image, carve=True, unexamined=True)
        assert all(row["verdict"] for row in rows)
        assert {"not_examined", "damaged", "crashed", "timeout", "limit"} & {row["verdict"] for row in rows}


def test_a_chunk_whose_checksum_is_wrong_ends_a_png() -> None:
    data = bytearray(PNG)
    data[PNG.index(b"IDAT") + 40] ^= 1
    (found,) = found_in(bytes(data))
    assert found.detail == "breaks off before its end chunk"
    assert found.end == len(PNG) - 12
