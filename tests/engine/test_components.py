"""Rows that hang together are told by the lowest of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairlead.engine.components import connect

PAIRS = st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=60)


def lowest_reached(count: int, pairs: list[tuple[int, int]]) -> list[int]:
    near: dict[int, set[int]] = {n: {n} for n in range(count)}
    for a, b in pairs:
        near[a].add(b)
        near[b].add(a)
    answer = []
    for start in range(count):
        reached, edge = {start}, {start}
        while edge:
            edge = {other for n in edge for other in near[n]} - reached
            reached |= edge
        answer.append(min(reached))
    return answer


@given(PAIRS)
def test_each_row_is_labelled_with_the_lowest_that_a_chain_leads_to(pairs: list[tuple[int, int]]) -> None:
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    assert connect(30, ends[:, 0], ends[:, 1]).tolist() == lowest_reached(30, pairs)


def test_a_chain_as_long_as_the_table_is_followed_to_its_end() -> None:
    order = np.random.default_rng(1).permutation(5000)
    assert set(connect(5000, order[:-1], order[1:])) == {0}
