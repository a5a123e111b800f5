"""Every file of an exhibit ends with a verdict, whatever the exhibit is made of."""

from __future__ import annotations

import hashlib
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from fairlead.evidence.exhibits import ExhibitSource, detect_kind, digest_exhibit
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.opener import ExhibitOpener
from fairlead.evidence.session import EvidenceSession
from fairlead.evidence.stages import DigestStage, WalkStage
from fairlead.terms.custody import ExhibitKind
from fairlead.terms.errors import ItemError, UsageError
from tests.evidence.build import (
    MIB,
    behind_gpt,
    behind_partition_table,
    ext4_image,
    fat16_image,
    note,
    process,
    tar_gz_of,
    zip_of,
)
from tests.evidence.ewf import ewf_of


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def by_path(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    assert all(row["verdict"] for row in rows)
    assert len({row["locator"] for row in rows}) == len(rows)
    return {row["path"]: row for row in rows}


def test_a_folder_is_read_without_following_or_opening_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_bytes(note(1))
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "link").symlink_to("sub/a.txt")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    raw_name = os.fsencode(tmp_path) + b"/\xff\xfe.bin"
    Path(os.fsdecode(raw_name)).write_bytes(b"x")
    files = by_path(process(tmp_path))
    assert files["sub/a.txt"]["sha256"] == sha256(note(1))
    assert files["sub/a.txt"]["md5"] == hashlib.md5(note(1)).hexdigest()  # noqa: S324
    assert files["empty"]["verdict"] == "read"
    assert {files[name]["verdict"] for name in ("link", "loop", "pipe")} == {"not_a_file"}
    assert files["\\xff\\xfe.bin"]["path_bytes"] == b"\xff\xfe.bin"
    assert len(files) == 6


def test_a_sparse_file_is_read_and_one_that_is_nearly_all_hole_is_a_limit(tmp_path: Path) -> None:
    for name, size in (("sparse.bin", 40 * MIB), ("hollow.bin", 1 << 40)):
        with (tmp_path / name).open("wb") as target:
            target.write(note(1))
            target.truncate(size)
    files = by_path(process(tmp_path))
    assert files["sparse.bin"]["read_bytes"] == 40 * MIB
    assert files["hollow.bin"]["verdict"] == "limit"
    assert "sparse" in files["hollow.bin"]["detail"]
    assert digest_exhibit(tmp_path) == digest_exhibit(tmp_path)


def test_a_file_that_may_not_be_read_says_so_and_its_neighbours_are_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for place in ("shut.txt", "open.txt", "sub/a.txt"):
            (folder / place).parent.mkdir(exist_ok=True)
            (folder / place).write_bytes(note(1))
        (folder / "shut.txt").chmod(0)
        (folder / "sub").chmod(0)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)  # root may read everything
        try:
            files = by_path(process(folder))
        finally:
            if root:
                os.seteuid(0)
            (folder / "sub").chmod(0o700)
    assert {name: row["verdict"] for name, row in files.items()} == {
        "shut.txt": "unreadable",
        "sub": "unreadable",
        "open.txt": "read",
    }


def test_archives_in_archives_are_opened_to_a_depth_and_said_so(tmp_path: Path) -> None:
    innermost = zip_of({"deepest.txt": note(9)})
    (tmp_path / "outer.zip").write_bytes(
        zip_of({"a.txt": note(1), "t.tar.gz": tar_gz_of({"b.txt": note(2), "in.zip": innermost})})
    )
    files = by_path(process(tmp_path / "outer.zip"))
    assert files["t.tar.gz!b.txt"]["sha256"] == sha256(note(2))
    assert files["t.tar.gz!in.zip!deepest.txt"]["sha256"] == sha256(note(9))
    shallow = by_path(process(tmp_path / "outer.zip", EvidenceLimits(depth=1)))
    assert shallow["t.tar.gz!in.zip"]["verdict"] == "read"
    assert shallow["t.tar.gz!in.zip!"]["verdict"] == "limit"


def test_a_zip_without_its_end_gives_what_is_left(tmp_path: Path) -> None:
    whole = zip_of({f"m{number}.txt": note(number) for number in range(6)})
    last = whole.rindex(b"PK\x03\x04")
    (tmp_path / "cut.zip").write_bytes(whole[: last + 45])
    rows = process(tmp_path / "cut.zip")
    files = by_path(rows)
    assert [files[f"m{n}.txt"]["sha256"] for n in range(5)] == [sha256(note(n)) for n in range(5)]
    assert files["m5.txt"]["verdict"] == "damaged"
    assert "central directory" in rows[-1]["detail"]
    assert rows[-1]["verdict"] == "damaged"


def test_a_changed_byte_damages_one_member_only(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a": note(1), "b": note(2), "c": note(3)}, method=zipfile.ZIP_STORED))
    data[data.index(note(2)) + 100] ^= 1
    (tmp_path / "x.zip").write_bytes(data)
    files = by_path(process(tmp_path / "x.zip"))
    assert {name: row["verdict"] for name, row in files.items()} == {"a": "read", "b": "damaged", "c": "read"}
    assert files["b"]["sha256"] is None


def test_a_zip_bomb_meets_a_limit_and_its_neighbours_are_read(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(zip_of({"bomb": bytes(20 * MIB), "ok.txt": note(1)}))
    files = by_path(process(tmp_path / "b.zip"))
    assert files["bomb"]["verdict"] == "limit"
    assert files["ok.txt"]["verdict"] == "read"


def test_limits_say_what_was_read_and_what_was_not(tmp_path: Path) -> None:
    (tmp_path / "m.zip").write_bytes(zip_of({f"{n}": os.urandom(1000) for n in range(5)}))
    by_member = by_path(process(tmp_path / "m.zip", EvidenceLimits(member_bytes=400)))
    assert {(row["verdict"], row["read_bytes"]) for row in by_member.values()} == {("limit", 400)}
    by_total = by_path(process(tmp_path / "m.zip", EvidenceLimits(archive_bytes=2500)))
    assert [row["verdict"] for row in by_total.values()] == ["read", "read", "limit", "limit", "limit"]
    by_number = process(tmp_path / "m.zip", EvidenceLimits(members=3))
    assert [row["verdict"] for row in by_number] == ["read", "read", "read", "limit"]


def test_a_packed_bomb_that_declares_nothing_stops_too(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(__import__("gzip").compress(bytes(40 * MIB)))
    row = process(tmp_path / "x.gz", EvidenceLimits(ratio_from_bytes=MIB))[0]
    assert row["verdict"] == "limit"
    assert 0 < row["read_bytes"] < 20 * MIB


def test_an_encrypted_member_says_so(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a": note(1)}))
    for mark, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + flags_at
        data[at] |= 1
    (tmp_path / "e.zip").write_bytes(data)
    assert process(tmp_path / "e.zip")[0]["verdict"] == "encrypted"


def test_links_in_archives_are_recorded_and_not_followed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as archive:
        link = zipfile.ZipInfo("../../etc/link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    row = process(tmp_path / "l.zip")[0]
    assert (row["verdict"], row["path"]) == ("not_a_file", "../../etc/link")


def test_a_cut_tar_lists_what_is_whole(tmp_path: Path) -> None:
    import gzip

    whole = gzip.decompress(tar_gz_of({f"{n}": note(n) for n in range(4)}))
    (tmp_path / "c.tar").write_bytes(whole[: 512 + 3072 + 512 + 3072 + 512 + 100])
    rows = process(tmp_path / "c.tar")
    assert [row["verdict"] for row in rows[:2]] == ["read", "read"]
    assert rows[-1]["verdict"] == "damaged"


def test_an_ext4_image_gives_live_and_deleted_files(tmp_path: Path) -> None:
    files = {f"media/{n}.bin": note(n, 5000) for n in range(12)}
    image = ext4_image(tmp_path / "fs.img", files | {"gone.txt": note(99, 9000)}, deleted=["gone.txt"])
    rows = by_path(process(image))
    assert {name: rows[f"/{name}"]["sha256"] for name in files} == {n: sha256(d) for n, d in files.items()}
    assert rows["/gone.txt"]["allocation"] == "deleted"
    assert rows["/gone.txt"]["sha256"] == sha256(note(99, 9000))
    assert len(rows) == 13
    disk = behind_partition_table(tmp_path / "disk.dd", image.read_bytes())
    assert {row["sha256"] for row in process(disk)} == {row["sha256"] for row in rows.values()}


def test_an_e01_image_and_a_gpt_disk_give_the_same_files(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {f"{n}.txt": note(n) for n in range(5)})
    expected = {sha256(note(n)) for n in range(5)}
    (tmp_path / "disk.E01").write_bytes(ewf_of(image.read_bytes()))
    assert {row["sha256"] for row in process(tmp_path / "disk.E01")} == expected
    disk = behind_gpt(tmp_path / "gpt.dd", image.read_bytes())
    assert {row["sha256"] for row in process(disk)} == expected


def test_a_fat_file_system_gives_what_its_folders_still_name(tmp_path: Path) -> None:
    image = fat16_image(tmp_path / "f.img", {b"LIVE    TXT": note(1, 900)}, {b"GONE    TXT": note(2, 900)})
    files = {row["allocation"]: row for row in process(image)}
    assert files["live"]["sha256"] == sha256(note(1, 900))
    assert files["deleted"]["sha256"] == sha256(note(2, 900))


def test_a_damaged_e01_ends_with_a_row_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "bad.E01").write_bytes(b"EVF\x09\x0d\x0a\xff\x00" + bytes(range(256)) * 20)
    assert [row["verdict"] for row in process(tmp_path / "bad.E01")] == ["damaged"]


def test_a_link_and_an_archive_inside_an_image(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {"a.zip": zip_of({"x.txt": note(4)})})
    command = ["/usr/sbin/debugfs", "-w", "-R", "symlink /l /a.zip", str(image)]
    subprocess.run(command, check=True, capture_output=True)
    files = by_path(process(image))
    assert files["/l"]["verdict"] == "not_a_file"
    assert files["/a.zip!x.txt"]["sha256"] == sha256(note(4))


def test_a_lost_superblock_is_read_from_its_backup_and_said(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {"a.txt": note(1)})
    data = bytearray(image.read_bytes())
    data[:4096] = bytes(4096)
    image.write_bytes(data)
    rows = process(image)
    assert [row["verdict"] for row in rows] == ["read", "damaged"]
    assert "backup" in rows[1]["detail"]


def test_a_damaged_folder_block_loses_names_but_no_files(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {f"d/{n}.bin": note(n) for n in range(5)})
    data = bytearray(image.read_bytes())
    at = data.index(b"0.bin")
    block = at - at % 1024
    data[block : block + 1024] = os.urandom(1024)
    image.write_bytes(data)
    rows = process(image)
    assert {row["sha256"] for row in rows} >= {sha256(note(n)) for n in range(5)}


def test_files_before_the_point_where_the_reader_hangs_are_kept(tmp_path: Path) -> None:
    image = ext4_image(tmp_path / "fs.img", {f"{n}.txt": note(n) for n in range(5)})
    data = bytearray(image.read_bytes())
    inodes_per_group = struct.unpack_from("<I", data, 1024 + 40)[0]
    struct.pack_into("<I", data, 1024, 0xFFFFFF00)  # claims four thousand million inodes
    struct.pack_into("<I", data, 1024 + 40, inodes_per_group)
    image.write_bytes(data)
    rows = process(image, EvidenceLimits(deadline_s=1.5))
    assert {row["sha256"] for row in rows} >= {sha256(note(n)) for n in range(5)}
    assert rows[-1]["verdict"] in {"timeout", "damaged"}


def test_an_image_of_nothing_has_one_row_with_a_verdict(tmp_path: Path) -> None:
    (tmp_path / "zero.img").write_bytes(bytes(MIB))
    rows = process(tmp_path / "zero.img")
    assert [row["verdict"] for row in rows] == ["damaged"]


@pytest.mark.parametrize("data", [b"", b"just text", zip_of({}), b"PK\x03\x04", b"\x1f\x8b\x08", bytes(600)])
def test_whatever_the_exhibit_it_has_at_least_one_row(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    assert all(row["verdict"] for row in process(tmp_path / "x"))
    assert process(tmp_path / "x")


def test_a_container_that_is_not_opened_is_named(tmp_path: Path) -> None:
    data = b"Rar!\x1a\x07\x01" + bytes(100)
    (tmp_path / "x.rar").write_bytes(data)
    (tmp_path / "y.zip").write_bytes(zip_of({"x.rar": data}))
    files = by_path(process(tmp_path))
    for name in ("x.rar", "y.zip!x.rar"):
        assert files[name]["verdict"] == "read"
        assert "RAR archive" in files[name]["detail"]


def test_the_same_exhibit_gives_the_same_rows(tmp_path: Path) -> None:
    (tmp_path / "o.zip").write_bytes(zip_of({"a": note(1), "b.tar.gz": tar_gz_of({"c": note(2)})}))
    assert process(tmp_path / "o.zip") == process(tmp_path / "o.zip")


def test_an_item_can_be_opened_again_by_its_locator(tmp_path: Path) -> None:
    (tmp_path / "o.zip").write_bytes(zip_of({"b.tar.gz": tar_gz_of({"c": note(2)})}))
    source = ExhibitSource(exhibit="AB/1", kind=ExhibitKind.ARCHIVE, path=tmp_path / "o.zip")
    opener = ExhibitOpener(sources=(source,))
    locator = by_path(process(tmp_path / "o.zip"))["b.tar.gz!c"]["locator"]
    with opener("AB/1", locator + "#bytes=3-9") as descriptor:
        assert os.pread(descriptor, 10_000, 0) == note(2)
        with pytest.raises(OSError, match="not permitted"):
            os.write(descriptor, b"x")
    with pytest.raises(ItemError), opener("AB/2", locator):
        pass


def test_stages_travel_to_worker_processes(tmp_path: Path) -> None:
    source = ExhibitSource(exhibit="AB/1", kind=ExhibitKind.FOLDER, path=tmp_path)
    for stage in (WalkStage(), DigestStage(sources=(source,)), ExhibitOpener(sources=(source,))):
        assert pickle.loads(pickle.dumps(stage)) == stage  # noqa: S301
    assert DigestStage(sources=(source,)).version == DigestStage(sources=()).version
    assert WalkStage(limits=EvidenceLimits(depth=1)).version != WalkStage().version


def test_two_bytes_by_chance_are_no_file_system(tmp_path: Path) -> None:
    data = bytearray(os.urandom(5000))
    data[1080:1082] = b"\x53\xef"
    data[1048:1052] = b"\xff" * 4
    data[510:512] = b"no"
    (tmp_path / "noise.bin").write_bytes(data)
    assert [row["verdict"] for row in process(tmp_path)] == ["read"]


def test_a_file_that_vanished_after_the_walk_is_unreadable(tmp_path: Path) -> None:
    source = ExhibitSource(exhibit="AB/1", kind=ExhibitKind.FOLDER, path=tmp_path)
    with pytest.raises(ItemError), ExhibitOpener(sources=(source,))("AB/1", "path:gone.txt"):
        pass


def test_the_kind_of_an_exhibit_is_told_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(zip_of({"a": b"1"}))
    (tmp_path / "b.bin").write_bytes(b"text")
    assert detect_kind(tmp_path) is ExhibitKind.FOLDER
    assert detect_kind(tmp_path / "a.bin") is ExhibitKind.ARCHIVE
    assert detect_kind(tmp_path / "b.bin") is ExhibitKind.FILE
    with pytest.raises(UsageError):
        detect_kind(tmp_path / "nowhere")


def test_the_digest_of_a_folder_changes_with_any_byte_name_or_verdict(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    first = digest_exhibit(tmp_path)
    assert first == digest_exhibit(tmp_path)
    (tmp_path / "a").write_bytes(b"2")
    second = digest_exhibit(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    third = digest_exhibit(tmp_path)
    (tmp_path / "l").symlink_to("b")
    assert len({first.sha256, second.sha256, third.sha256, digest_exhibit(tmp_path).sha256}) == 4
    assert digest_exhibit(tmp_path / "b").sha256 == sha256(b"2")


def test_hostile_headers_do_not_stop_the_walk(tmp_path: Path) -> None:
    whole = zip_of({f"m{number}": note(number) for number in range(3)})
    for number in range(40):
        data = bytearray(whole)
        at = struct.unpack("<I", hashlib.sha256(bytes([number])).digest()[:4])[0] % len(data)
        data[at : at + 4] = hashlib.sha256(bytes([number, 1])).digest()[:4]
        (tmp_path / f"{number}.zip").write_bytes(data)
    rows = process(tmp_path)
    assert all(row["verdict"] for row in rows)
    assert sum(row["path"].endswith(".zip") for row in rows) >= 40


def test_hundreds_of_broken_containers_do_not_blind_the_reader_to_the_whole_ones_after_them(
    tmp_path: Path,
) -> None:
    for number in range(300):
        (tmp_path / f"a{number:03}.xz").write_bytes(b"\xfd7zXZ\0" + bytes([number % 256]) * 40)
    (tmp_path / "b.zip").write_bytes(zip_of({"note.txt": note(1)}))
    rows = process(tmp_path)
    (inside,) = [row for row in rows if row["path"] == "b.zip!note.txt"]
    assert inside["verdict"] == "read"


def test_a_shortage_of_the_computer_stops_the_run_and_is_no_verdict_about_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zip_of({"big.bin": os.urandom(300_000)}))
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from fairlead.terms.errors import RunError\n"
        "from tests.evidence.build import process\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    process(Path(sys.argv[1]))\n"
        "except RunError as told:\n"
        "    print(told.code)\n"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=root, capture_output=True, text=True, check=False
    )
    assert ran.stdout.strip() == "RUN-DISK", ran.stderr


def test_a_reader_that_claims_a_shortage_which_is_none_is_not_believed(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.zip").write_bytes(zip_of({"note.txt": note(1)}))
    asked = EvidenceSession._ask

    def lying(self: EvidenceSession, *arguments: Any) -> Any:
        outcome, body, detail = asked(self, *arguments)
        if "bytes" in body:
            body = {**body, "short": True, "verdict": "damaged", "detail": "cannot be written down"}
        return outcome, body, detail

    monkeypatch.setattr(EvidenceSession, "_ask", lying)
    rows = {row["path"]: row for row in process(tmp_path)}
    assert rows["a.zip!note.txt"]["verdict"] == "damaged"
    assert rows["a.zip!note.txt"]["read_bytes"] == len(note(1))
