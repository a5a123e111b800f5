"""The index finds every neighbour and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.known.index import HammingIndex
from fairlead.known.index_plan import chunk_radii, chunk_widths, plan_search
from fairlead.terms.errors import RunError

DIVISIONS = [(), (16,) * 16, (18,) * 4 + (17,) * 8 + (16,) * 3, (13,) * 16 + (12,) * 4]


def naive(entries: np.ndarray, queries: np.ndarray, radius: int) -> list[tuple[int, int, int]]:
    table = np.unpackbits(entries, axis=1).astype(np.int32)
    asked = np.unpackbits(queries, axis=1).astype(np.int32)
    distance = asked @ (1 - table.T) + (1 - asked) @ table.T
    return [(int(q), int(e), int(distance[q, e])) for q, e in np.argwhere(distance <= radius)]


def answer(index: HammingIndex, queries: np.ndarray, radius: int) -> list[tuple[int, int, int]]:
    found = index.search(queries, radius)
    return list(zip(*(found.column(c).to_pylist() for c in ("query", "entry", "distance")), strict=True))


def skewed(rng: np.random.Generator, n: int) -> np.ndarray:
    """Rows with many duplicates, bits that are nearly always set, and near-copies of each other."""
    rows = np.packbits(rng.random((max(n, 1), 256)) < rng.choice([0.02, 0.5, 0.97], 256), axis=1)[:n]
    if n:
        rows = rows[rng.integers(0, max(1, n // 3), n)]
    bits = np.unpackbits(rows, axis=1)
    for row in bits:
        row[rng.choice(256, rng.integers(0, 40), replace=False)] ^= 1
    rows = np.packbits(bits, axis=1)
    rows[rng.random(n) < 0.3] = rows[0] if n else 0
    return rows


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(0, 300),
    m=st.integers(0, 20),
    radius=st.integers(0, 64),
    chunks=st.sampled_from(DIVISIONS),
)
def test_the_answer_is_that_of_comparing_every_pair_bit_by_bit(
    seed: int, n: int, m: int, radius: int, chunks: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(seed)
    entries, queries = skewed(rng, n), skewed(rng, m)
    if n and m:
        queries[0] = entries[0]
    index = HammingIndex.build(entries, chunks=chunks)
    assert answer(index, queries, radius) == naive(entries, queries, radius)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), radius=st.integers(0, 48), chunks=st.sampled_from(DIVISIONS))
def test_looking_up_and_scanning_give_what_comparing_gives_whatever_the_radius(
    seed: int, radius: int, chunks: tuple[int, ...]
) -> None:
    """The same as above with every short cut for small input switched off."""
    rng = np.random.default_rng(seed)
    entries, queries = skewed(rng, 400), skewed(rng, 15)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairlead.known.index._PLAIN_PAIRS", -1)
        patch.setattr("fairlead.known.index_plan._RANDOM_ACCESS", 0.0 if radius < 34 else 5.0)
        patch.setattr("fairlead.known.index._ROOM", 7)
        index = HammingIndex.build(entries, chunks=chunks)
        assert answer(index, queries, radius) == naive(entries, queries, radius)


def test_results_beyond_a_buffer_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.known.index._PLAIN_PAIRS", -1)
    monkeypatch.setattr("fairlead.known.index._ROOM", 16)
    same = np.tile(np.random.default_rng(0).integers(0, 256, (1, 32), dtype=np.uint8), (5_000, 1))
    for chunks in ((), (16,) * 16):
        found = HammingIndex.build(same, chunks=chunks).search(same[:40], 31)
        assert found.num_rows == 40 * 5_000
        assert set(found.column("distance").to_pylist()) == {0}


def test_planted_neighbours_at_31_bits_are_found_and_at_32_bits_are_not() -> None:
    rng = np.random.default_rng(3)
    entries = rng.integers(0, 256, (60_000, 32), dtype=np.uint8)
    index = HammingIndex.build(entries)
    for flips, expected in ((31, 1), (32, 0)):
        bits = np.unpackbits(entries[777])
        bits[rng.choice(256, flips, replace=False)] ^= 1
        queries = np.concatenate([np.packbits(bits)[None, :], 255 - entries[:99]])
        assert index.search(queries, 31).num_rows == expected


def test_a_large_index_is_certified_against_comparing_every_pair() -> None:
    rng = np.random.default_rng(4)
    index = HammingIndex.build(skewed(rng, 40_000))
    certificate = index.certify(60, 5)
    assert certificate.pairs > 60
    assert (certificate.missed, certificate.extra, certificate.recall) == (0, 0, 1.0)


def test_a_certificate_tells_of_an_index_that_loses_entries() -> None:
    rng = np.random.default_rng(6)
    rows = rng.integers(0, 256, (30_000, 32), dtype=np.uint8)
    index = HammingIndex.build(rows)
    index._tables.ids[:] = 0
    certificate = index.certify(100, 7)
    assert certificate.recall < 1.0


def test_a_saved_index_answers_as_before_and_is_mapped_not_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    entries, path = rng.integers(0, 256, (25_000, 32), dtype=np.uint8), tmp_path / "index"
    queries = entries[::100].copy()
    queries[:, :3] ^= 129
    index = HammingIndex.build(entries)
    index.save(path)
    index.save(path)
    opened = HammingIndex.open(path)
    assert isinstance(opened._tables.ids.base, np.memmap)
    assert opened.search(queries, 31) == index.search(queries, 31)
    HammingIndex.build(entries[:0]).save(tmp_path / "empty")
    assert len(HammingIndex.open(tmp_path / "empty")) == 0


def test_an_index_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    index = HammingIndex.build(np.random.default_rng(9).integers(0, 256, (25_000, 32), dtype=np.uint8))
    index.save(tmp_path / "index")
    (tmp_path / "index" / "ids.npy").write_bytes((tmp_path / "index" / "ids.npy").read_bytes()[:-4])
    with pytest.raises(RunError, match="KNOWN-INDEX"):
        HammingIndex.open(tmp_path / "index")


def test_nothing_is_found_in_an_empty_index_or_by_no_query() -> None:
    empty = np.empty((0, 32), np.uint8)
    one = np.zeros((1, 32), np.uint8)
    assert HammingIndex.build(empty).search(one, 31).num_rows == 0
    assert HammingIndex.build(one).search(empty, 31).num_rows == 0


@pytest.mark.parametrize("radius", [-1, 257])
def test_a_radius_that_means_nothing_is_refused(radius: int) -> None:
    with pytest.raises(ValueError, match="radius"):
        HammingIndex.build(np.zeros((1, 32), np.uint8)).search(np.zeros((1, 32), np.uint8), radius)


@given(radius=st.integers(0, 255), entries=st.sampled_from([20_000, 1_000_000, 5_000_000, 10**8]))
def test_chunk_radii_and_one_each_add_up_to_the_radius_and_one(radius: int, entries: int) -> None:
    widths = chunk_widths(entries)
    assert sum(widths) == 256
    assert sum(r + 1 for r in chunk_radii(widths, radius)) == radius + 1


def test_a_radius_at_which_looking_up_costs_more_is_scanned() -> None:
    assert plan_search(chunk_widths(10**7), 10**7, 31) is not None
    assert plan_search(chunk_widths(10**7), 10**7, 120) is None


def test_importing_the_index_does_not_load_the_compiler() -> None:
    program = "import sys, fairlead.known.index; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
