"""The index of a set from version to version: only what is new is indexed, and the answers are those of a new one."""

from __future__ import annotations

import numpy as np
import pytest

from fairlead.known.index import HammingIndex
from fairlead.known.kept_index import KeptIndex, folder_of

RNG = np.random.default_rng(5)
HASHES = RNG.integers(0, 256, (3000, 32), dtype=np.uint8)
QUERIES = np.concatenate([HASHES[:40] ^ np.uint8(1), RNG.integers(0, 256, (20, 32), dtype=np.uint8)])


def agrees(kept: KeptIndex, hashes: np.ndarray) -> bool:
    return kept.search(QUERIES, 40).equals(HammingIndex.build(hashes).search(QUERIES, 40))


def test_the_same_hashes_in_another_order_are_not_indexed_again(tmp_path):
    assert KeptIndex.open(tmp_path / "i", HASHES).built == 3000
    turned = HASHES[::-1].copy()
    again = KeptIndex.open(tmp_path / "i", turned)
    assert again.built == 0
    assert agrees(again, turned)


def test_of_a_version_that_adds_one_in_a_hundred_only_that_is_indexed(tmp_path):
    KeptIndex.open(tmp_path / "i", HASHES[:2970])
    grown = KeptIndex.open(tmp_path / "i", HASHES)
    assert grown.built == 30
    assert agrees(grown, HASHES)


@pytest.mark.parametrize("now", [HASHES[5:], np.concatenate([HASHES[5:], HASHES[:2] ^ np.uint8(7)])])
def test_what_is_taken_out_of_a_list_is_found_no_more(tmp_path, now):
    KeptIndex.open(tmp_path / "i", HASHES)
    shrunk = KeptIndex.open(tmp_path / "i", now)
    assert shrunk.built == len(now)
    assert agrees(shrunk, now)


def test_many_small_additions_are_brought_together(tmp_path):
    built = [KeptIndex.open(tmp_path / "i", HASHES[:n]).built for n in (2900, 2920, 2940, 2960, 2980, 3000)]
    assert built == [2900, 20, 20, 20, 2980, 20]
    assert len(list((tmp_path / "i").glob("segment-*"))) == 2


def test_a_segment_that_is_not_whole_is_built_again(tmp_path):
    KeptIndex.open(tmp_path / "i", HASHES)
    values = next((tmp_path / "i").glob("segment-*")) / "values.npy"
    values.write_bytes(values.read_bytes()[:500])
    again = KeptIndex.open(tmp_path / "i", HASHES)
    assert again.built == 3000
    assert agrees(again, HASHES)


@pytest.mark.parametrize("name", ["values.npy", "index/words.npy", "index/starts.npy", "index/ids.npy"])
def test_a_byte_that_changed_on_disk_loses_no_match(tmp_path, name):
    hashes = RNG.integers(0, 256, (60_000, 32), dtype=np.uint8)
    KeptIndex.open(tmp_path / "i", hashes)
    file = next((tmp_path / "i").glob("segment-*")) / name
    held = bytearray(file.read_bytes())
    held[-9] ^= 1
    file.write_bytes(held)
    again = KeptIndex.open(tmp_path / "i", hashes)
    assert again.built == len(hashes)
    assert again.search(hashes, 0).num_rows == len(hashes)


def test_what_a_killed_run_left_is_cleared_away(tmp_path):
    left = tmp_path / ".i.0.4711" / ".index.4711"
    left.mkdir(parents=True)
    KeptIndex.open(tmp_path / "i", HASHES)
    assert [path.name for path in tmp_path.iterdir()] == ["i"]


def test_hashes_that_end_in_zeros_are_told_apart(tmp_path):
    hashes = np.zeros((64, 32), np.uint8)
    hashes[:, 0] = np.arange(64)
    hashes[32:, 31] = 1
    KeptIndex.open(tmp_path / "i", hashes[:60])
    grown = KeptIndex.open(tmp_path / "i", hashes)
    assert grown.built == 4
    assert grown.search(hashes, 0).num_rows == 64


def test_every_set_has_a_folder_of_its_own(tmp_path):
    assert folder_of(tmp_path / "tables", "a/b") != folder_of(tmp_path / "tables", "a b")
