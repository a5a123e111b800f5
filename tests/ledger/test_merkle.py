"""The tree against RFC 6962: its published vectors, and a second, naive implementation."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.ledger.merkle import EMPTY_ROOT, MerkleTree, is_consistent, leaf_hash, root_from_inclusion

# The inputs and roots that certificate-transparency's own tests publish for RFC 6962.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(entries: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(entries[:split]) + naive_root(entries[split:])).digest()


def tree_of(entries: list[bytes]) -> MerkleTree:
    return MerkleTree(leaf_hash(entry) for entry in entries)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_published_vectors(size: int) -> None:
    tree = tree_of([bytes.fromhex(text) for text in INPUTS])
    assert tree.root(size).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert MerkleTree().root() == EMPTY_ROOT


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_roots_equal_the_definition_at_every_size(entries: list[bytes]) -> None:
    tree = tree_of(entries)
    for size in range(len(entries) + 1):
        assert tree.root(size) == naive_root(entries[:size])


@given(st.integers(1, 70), st.data())
def test_an_inclusion_proof_leads_to_the_root_and_for_no_other_leaf(size: int, data: st.DataObject) -> None:
    tree = tree_of([bytes([n]) for n in range(size)])
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(index, size)
    assert root_from_inclusion(leaf_hash(bytes([index])), index, size, proof) == tree.root()
    assert root_from_inclusion(leaf_hash(b"another"), index, size, proof) != tree.root()


@given(st.integers(0, 70), st.data())
def test_a_tree_is_consistent_with_its_own_past_and_with_no_other(new: int, data: st.DataObject) -> None:
    tree = tree_of([bytes([n]) for n in range(new)])
    old = data.draw(st.integers(0, new))
    proof = tree.consistency_proof(old, new)
    assert is_consistent(old, tree.root(old), new, tree.root(new), proof)
    if old > 0:
        other = hashlib.sha256(b"another past").digest()
        assert not is_consistent(old, other, new, tree.root(new), proof)


@given(st.integers(2, 60), st.data())
def test_a_rewritten_past_is_not_consistent(size: int, data: st.DataObject) -> None:
    entries = [bytes([n]) for n in range(size)]
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    seen = tree_of(entries).root(old)
    rewritten = tree_of([*entries[:changed], b"rewritten", *entries[changed + 1 :]])
    proof = rewritten.consistency_proof(old, size)
    assert not is_consistent(old, seen, size, rewritten.root(), proof)


def test_sizes_that_do_not_exist_are_refused() -> None:
    tree = tree_of([b"a"])
    with pytest.raises(IndexError):
        tree.root(2)
    with pytest.raises(IndexError):
        tree.inclusion_proof(1, 1)
    with pytest.raises(IndexError):
        tree.consistency_proof(2, 1)
