"""The index finds every neighbour and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.known.index import HammingIndex


def naive(entries: np.ndarray, queries: np.ndarray, radius: int) -> list[tuple[int, int, int]]:
    found = []
    for q, query in enumerate(queries):
        for e, entry in enumerate(entries):
            distance = sum(
                int(a ^ b).bit_count() for a, b in zip(query.tolist(), entry.tolist(), strict=True)
            )
            if distance <= radius:
                found.append((q, e, distance))
    return found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(0, 12), st.integers(0, 80))
def test_the_answer_is_that_of_comparing_every_pair_bit_by_bit(
    seed: int, n: int, m: int, radius: int
) -> None:
    rng = np.random.default_rng(seed)
    entries = rng.integers(0, 256, (n, 32), dtype=np.uint8)
    queries = rng.integers(0, 256, (m, 32), dtype=np.uint8)
    if n and m:
        queries[0] = entries[0]
        queries[0, :4] ^= rng.integers(0, 256, 4, dtype=np.uint8)
    found = HammingIndex.build(entries).search(queries, radius)
    rows = list(zip(*(found.column(c).to_pylist() for c in ("query", "entry", "distance")), strict=True))
    assert rows == naive(entries, queries, radius)


def test_planted_neighbours_at_31_bits_are_found_and_at_32_bits_are_not() -> None:
    rng = np.random.default_rng(3)
    entries = rng.integers(0, 256, (10_000, 32), dtype=np.uint8)
    for flips, expected in ((31, 1), (32, 0)):
        bits = np.unpackbits(entries[777])
        bits[rng.choice(256, flips, replace=False)] ^= 1
        found = HammingIndex.build(entries).search(np.packbits(bits)[None, :], 31)
        assert found.num_rows == expected


def test_nothing_is_found_in_an_empty_index_or_by_no_query() -> None:
    empty = np.empty((0, 32), np.uint8)
    one = np.zeros((1, 32), np.uint8)
    assert HammingIndex.build(empty).search(one, 31).num_rows == 0
    assert HammingIndex.build(one).search(empty, 31).num_rows == 0


@pytest.mark.parametrize("radius", [-1, 257])
def test_a_radius_that_means_nothing_is_refused(radius: int) -> None:
    with pytest.raises(ValueError, match="radius"):
        HammingIndex.build(np.zeros((1, 32), np.uint8)).search(np.zeros((1, 32), np.uint8), radius)
