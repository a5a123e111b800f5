"""7z, Zstandard and encrypted archives, as 7-Zip and others write them; passwords are named by line only."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import hmac
import io
import json
import lzma
import os
import random
import struct
import subprocess
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import py7zr
import pytest
from backports import zstd
from Cryptodome.Cipher import AES
from Cryptodome.Util import Counter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.passwords import keep_passwords
from fairlead.evidence.readers.entry import Given, Stop
from fairlead.evidence.readers.seven_zip import SevenZipReader
from fairlead.evidence.readers.zip import ZipReader
from fairlead.terms.errors import UsageError
from tests.evidence.build import note, process, tar_gz_of, zip_of
from tests.evidence.test_real_images import program

WORDS = ("sandpiper", "", "turnstone 7", "ruddy-ö")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def by_path(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    assert all(row["verdict"] for row in rows)
    assert len({row["locator"] for row in rows}) == len(rows)
    return {row["path"]: row for row in rows}


def packed(path: Path, files: dict[str, bytes], *options: str) -> Path:
    """An archive written by 7-Zip."""
    folder = Path(tempfile.mkdtemp(dir=path.parent))
    for name, data in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    subprocess.run(
        [program("7zz"), "a", "-bso0", "-bsp0", *options, str(path), "."],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return path


def test_a_solid_7z_gives_every_member_with_its_bytes(tmp_path: Path) -> None:
    files = {f"d/{n}.txt": note(n, 50_000) for n in range(20)} | {"empty": b""}
    rows = by_path(process(packed(tmp_path / "a.7z", files, "-ms=on")))
    assert {name: rows[name]["sha256"] for name in files} == {
        name: sha256(data) for name, data in files.items()
    }
    assert "7z" in rows["d/1.txt"]["time_source"]


@pytest.mark.parametrize("method", ["Copy", "LZMA", "LZMA2", "BZip2", "Deflate"])
def test_the_methods_of_7z_are_read(tmp_path: Path, method: str) -> None:
    files = {"a.txt": note(1, 300_000), "b.txt": note(2, 300_000)}
    rows = by_path(process(packed(tmp_path / "a.7z", files, f"-m0={method}")))
    assert {name: row["sha256"] for name, row in rows.items()} == {n: sha256(d) for n, d in files.items()}


def test_a_method_that_is_not_read_is_named(tmp_path: Path) -> None:
    rows = by_path(process(packed(tmp_path / "a.7z", {"a.txt": note(1), "b.txt": note(2)}, "-m0=PPMd")))
    assert {row["verdict"] for row in rows.values()} == {"unreadable"}
    assert "PPMd" in rows["a.txt"]["detail"]


@pytest.mark.parametrize("header", ["-mhe=on", "-mhe=off"])
def test_an_encrypted_7z_is_opened_by_the_list_and_says_by_which_line(tmp_path: Path, header: str) -> None:
    path = packed(tmp_path / "a.7z", {"a.txt": note(1), "b.txt": note(2)}, f"-p{WORDS[2]}", header)
    rows = by_path(process(path, passwords=WORDS))
    assert rows["a.txt"]["sha256"] == sha256(note(1))
    assert rows["b.txt"]["sha256"] == sha256(note(2))
    assert "opened with password 3 of the list" in rows["a.txt"]["detail"]
    assert not any(word in json.dumps(list(rows.values()), default=str) for word in WORDS if word)


def test_without_the_password_nothing_is_lost_and_the_verdict_says_so(tmp_path: Path) -> None:
    shut = packed(tmp_path / "shut.7z", {"a.txt": note(1)}, "-pgodwit", "-mhe=on")
    (row,) = process(shut, passwords=WORDS)
    assert row["verdict"] == "encrypted"
    assert "no password of the list" in row["detail"]
    open_names = packed(tmp_path / "names.7z", {"a.txt": note(1), "b.txt": note(2)}, "-pgodwit")
    rows = by_path(process(open_names))
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "a.txt": "encrypted",
        "b.txt": "encrypted",
    }
    assert "no password was given" in rows["a.txt"]["detail"]


@pytest.mark.parametrize("cipher", ["AES256", "AES192", "AES128", "ZipCrypto"])
def test_an_encrypted_zip_is_opened_by_the_list(tmp_path: Path, cipher: str) -> None:
    files = {"a.txt": note(1, 400_000), "b.bin": os.urandom(70_000)}
    path = packed(tmp_path / "a.zip", files, "-tzip", f"-mem={cipher}", f"-p{WORDS[0]}")
    rows = by_path(process(path, passwords=WORDS))
    assert {name: row["sha256"] for name, row in rows.items()} == {n: sha256(d) for n, d in files.items()}
    assert "opened with password 1" in rows["a.txt"]["detail"]
    assert {row["verdict"] for row in process(path)} == {"encrypted"}
    assert {row["verdict"] for row in process(path, passwords=["godwit"])} == {"encrypted"}


def test_members_may_have_different_passwords(tmp_path: Path) -> None:
    words = [f"word {n}" for n in range(120)]  # more than one passes the single check byte of ZipCrypto
    path = packed(tmp_path / "a.zip", {"a.txt": note(1)}, "-tzip", "-mem=ZipCrypto", "-pword 100")
    packed(path, {"b.txt": note(2)}, "-tzip", "-mem=AES256", "-pword 7")
    with_third = packed(path, {"c.txt": note(3)}, "-tzip", "-mem=ZipCrypto", "-pword 55")
    rows = by_path(process(with_third, passwords=words))
    found = {name: row["detail"].split()[3] for name, row in rows.items() if row["verdict"] == "read"}
    assert found["b.txt"] == "8"
    assert found["a.txt"] == "101"
    assert found["c.txt"] == "56"


def test_a_changed_byte_in_an_aes_member_is_no_silence(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "a.zip", {"a.txt": os.urandom(9000)}, "-tzip", "-mem=AES256", "-psandpiper", "-mx=0"
    )
    data = bytearray(path.read_bytes())
    data[4000] ^= 1
    path.write_bytes(data)
    (row,) = process(path, passwords=WORDS)
    assert row["verdict"] == "damaged"
    assert row["sha256"] is None


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd.compress])
def test_a_tar_packed_by_any_of_four_is_a_tar(tmp_path: Path, pack: Any) -> None:
    tar = gzip.decompress(tar_gz_of({"a.txt": note(1), "b.txt": note(2)}))
    (tmp_path / "x.tar.any").write_bytes(pack(tar))
    rows = by_path(process(tmp_path / "x.tar.any"))
    assert {name: row["sha256"] for name, row in rows.items()} == {
        "a.txt": sha256(note(1)),
        "b.txt": sha256(note(2)),
    }


def test_containers_of_five_kinds_inside_each_other(tmp_path: Path) -> None:
    innermost = zip_of({"deep.txt": note(5)})
    seven = packed(tmp_path / "in.7z", {"in.zip": innermost}).read_bytes()
    tar = zstd.compress(gzip.decompress(tar_gz_of({"in.7z": seven})))
    (tmp_path / "outer.zip").write_bytes(zip_of({"in.tar.zst": tar}))
    rows = by_path(process(tmp_path / "outer.zip"))
    assert rows["in.tar.zst!in.7z!in.zip!deep.txt"]["sha256"] == sha256(note(5))
    shallow = by_path(process(tmp_path / "outer.zip", EvidenceLimits(depth=2)))
    assert shallow["in.tar.zst!in.7z!in.zip"]["verdict"] == "read"
    assert shallow["in.tar.zst!in.7z!in.zip!"]["verdict"] == "limit"


def test_a_7z_bomb_meets_a_limit(tmp_path: Path) -> None:
    path = packed(tmp_path / "b.7z", {"bomb": bytes(60 << 20), "ok.txt": note(1)}, "-ms=off")
    rows = by_path(process(path, EvidenceLimits(member_bytes=1 << 20)))
    assert rows["bomb"]["verdict"] == "limit"
    assert rows["ok.txt"]["verdict"] == "read"


def test_a_list_of_passwords_is_kept_for_its_owner_only_and_named_by_a_salted_digest(tmp_path: Path) -> None:
    given_file = tmp_path / "words.txt"
    given_file.write_text("sandpiper\n\nturnstone 7\n")
    first, listed = keep_passwords(given_file, tmp_path / "kept", most=10)
    second, again = keep_passwords(given_file, tmp_path / "kept", most=10)
    assert listed.passwords == ("sandpiper", "", "turnstone 7")
    assert listed.digest != again.digest
    assert (first.stat().st_mode & 0o777, second.stat().st_mode & 0o777) == (0o600, 0o600)
    assert "sandpiper" not in repr(listed)
    for bad in (b"", b"\n\n", b"a\n" * 11, b"x" * 2000, b"a\0b"):
        given_file.write_bytes(bad)
        with pytest.raises(UsageError):
            keep_passwords(given_file, tmp_path / "kept", most=10)


def seven_zip_bytes(password: str | None = None) -> bytes:
    target = io.BytesIO()
    with py7zr.SevenZipFile(
        target, "w", password=password, header_encryption=password is not None
    ) as archive:
        for n in range(4):
            archive.writestr(note(n), f"{n}.txt")
    return target.getvalue()


SEVEN = seven_zip_bytes()


def aes_zip_bytes() -> bytes:
    """One member encrypted as AE-2 with 256 bits, by the specification and nothing of the program's."""
    data, salt = zlib.compress(note(1))[2:-4], bytes(range(16))
    keys = hashlib.pbkdf2_hmac("sha1", b"sandpiper", salt, 1000, 66)
    counter = Counter.new(128, initial_value=1, little_endian=True)
    packed_data = AES.new(keys[:32], AES.MODE_CTR, counter=counter).encrypt(data)
    code = hmac.digest(keys[32:64], packed_data, "sha1")[:10]
    body = salt + keys[64:] + packed_data + code
    extra = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 8)
    common = struct.pack("<HHHHHIIIHH", 51, 1, 99, 0, 0x21, 0, len(body), len(note(1)), 5, len(extra))
    local = b"PK\3\4" + common + b"a.txt" + extra + body
    central = (
        b"PK\1\2" + struct.pack("<H", 51) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"a.txt" + extra
    )
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


AES_ZIP = aes_zip_bytes()


def test_aes_zip_as_the_specification_has_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(AES_ZIP)
    (row,) = process(tmp_path / "a.zip", passwords=WORDS)
    assert row["sha256"] == sha256(note(1))


def read_all(reader: Any) -> int:
    read = 0
    for entry in reader.entries():
        if entry is not None and entry.verdict is None:
            try:
                reader.copy({"kind": "member", "index": entry.index}, lambda chunk: None)
                read += 1
            except Stop:
                pass
    return read


def in_memory(data: bytes) -> int:
    descriptor = os.memfd_create("sample")
    os.write(descriptor, data)
    return descriptor


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(SEVEN) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_changed_7z_is_read_or_refused_never_an_accident(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SEVEN)
    for at, value in changes:
        data[at] = value
    descriptor = in_memory(bytes(data))
    try:
        read_all(SevenZipReader([descriptor], Given()))
    except (Stop, MemoryError):
        pass
    finally:
        os.close(descriptor)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_a_changed_aes_zip_is_read_or_refused_never_an_accident(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(AES_ZIP)
    for _ in range(chance.randint(1, 5)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    descriptor = in_memory(bytes(data))
    try:
        read_all(ZipReader([descriptor], Given(passwords=("sandpiper",))))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        pass  # no central directory any more: read by local headers instead
    finally:
        os.close(descriptor)
