"""A damaged backup is told as such, by its name, and leaves nothing behind; a readable one is made only when that is said."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.operations.workplace import Countries, ask, fairlead

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Countries:
    countries = Countries(tmp_path_factory.mktemp("damaged"))
    recipient = ask("key", "identity", countries.folder / "backup.age")["recipient"]
    countries.back_up("plain.tar")
    countries.back_up("sealed.age", "--recipient", recipient)
    return countries


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1 << (at % 8)
    return bytes(changed)


def damages(data: bytes, seed: int, *, within: int) -> list[bytes]:
    rng = random.Random(seed)
    size = len(data)
    cut = [data[:0], data[:100], data[: size // 2], data[: size - 20_000 if size > 40_000 else size - 20]]
    return cut + [flipped(data, rng.randrange(within)) for _ in range(4)]


@pytest.mark.parametrize("kind", ["plain.tar", "sealed.age"])
def test_a_flipped_bit_or_a_cut_is_told_with_the_files_name_and_nothing_is_left(
    made: Countries, kind: str
) -> None:
    place = made.folder / f"restored-{kind}"
    identity = () if kind == "plain.tar" else ("--identity", made.folder / "backup.age")
    data = (made.folder / kind).read_bytes()
    # The end of a tar file is filled up with zeros, which say nothing.
    for number, damaged in enumerate(damages(data, 7, within=len(data) - 20_000)):
        file = made.folder / f"damaged-{number}-{kind}"
        file.write_bytes(damaged)
        before = sorted(p.name for p in made.folder.iterdir())
        said = fairlead("restore", file, place, *identity, "--user", "holm", code=64)
        assert file.name in said
        assert "Use another copy" in said
        assert "Traceback" not in said
        assert not place.exists()
        assert sorted(p.name for p in made.folder.iterdir()) == before, "no keys, no dump"


def test_a_backup_is_readable_only_when_that_is_said(made: Countries) -> None:
    target = made.folder / "refused.tar"
    assert "USAGE-BACKUP" in fairlead("backup", target, "--workspace", made.denmark, code=64)
    assert not target.exists()
    said = fairlead(
        "backup", target, "--unencrypted", "--recipient", "age1x", "--workspace", made.denmark, code=64
    )
    assert "USAGE-BACKUP" in said
    assert (made.folder / "plain.tar").stat().st_mode & 0o077 == 0


def test_an_encrypted_backup_without_identity_is_refused_and_says_what_it_needs(made: Countries) -> None:
    said = fairlead("restore", made.folder / "sealed.age", made.folder / "x", "--user", "holm", code=64)
    assert "--identity" in said
    assert not (made.folder / "x").exists()


def test_another_identity_is_told_apart_from_damage(made: Countries, tmp_path: Path) -> None:
    ask("key", "identity", tmp_path / "other.age")
    said = fairlead(
        "restore", made.folder / "sealed.age", tmp_path / "x", "--identity", tmp_path / "other.age", code=64
    )
    assert "USAGE-KEY" in said
    assert not (tmp_path / "x").exists()
