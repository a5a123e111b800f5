"""A tree kept in files says what the tree in memory says, also after a run that was killed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.ledger.kept_tree import open_kept_tree
from fairlead.ledger.merkle import MerkleTree, leaf_hash


def leaves(start: int, end: int) -> list[bytes]:
    return [leaf_hash(n.to_bytes(4, "big")) for n in range(start, end)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=6))
def test_whatever_is_kept_and_lost_on_the_way_roots_and_proofs_are_those_of_the_log(
    runs: list[tuple[int, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        kept_leaves = 0
        for added, is_kept in [*runs, (3, True)]:
            with open_kept_tree(Path(name)) as tree:
                assert len(tree) == kept_leaves
                tree.extend(leaves(kept_leaves, kept_leaves + added))
                if is_kept:
                    tree.keep()
                    kept_leaves += added
        whole = MerkleTree(leaves(0, kept_leaves))
        with open_kept_tree(Path(name)) as tree:
            assert tree.root() == whole.root()
            for index in range(kept_leaves):
                assert tree.inclusion_proof(index, kept_leaves) == whole.inclusion_proof(index, kept_leaves)
                assert tree.consistency_proof(index, kept_leaves) == whole.consistency_proof(
                    index, kept_leaves
                )


def test_hashes_that_were_written_but_never_confirmed_are_cut_off(tmp_path: Path) -> None:
    with open_kept_tree(tmp_path) as tree:
        tree.extend(leaves(0, 10))
        tree.keep()
    for level in tmp_path.glob("0*"):
        level.write_bytes(level.read_bytes() + b"half a hash")
    with open_kept_tree(tmp_path) as tree:
        assert len(tree) == 10
        tree.extend(leaves(10, 21))
        tree.keep()
        assert tree.root() == MerkleTree(leaves(0, 21)).root()


def test_a_tree_with_a_level_missing_begins_again(tmp_path: Path) -> None:
    with open_kept_tree(tmp_path) as tree:
        tree.extend(leaves(0, 10))
        tree.keep()
    (tmp_path / "02").unlink()
    with open_kept_tree(tmp_path) as tree:
        assert len(tree) == 0
        tree.extend(leaves(0, 10))
        tree.keep()
        assert tree.root() == MerkleTree(leaves(0, 10)).root()
