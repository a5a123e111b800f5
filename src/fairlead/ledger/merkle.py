"""The Merkle tree of RFC 6962, section 2: root, inclusion proofs, consistency proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Protocol, Self

HASH_BYTES = 32


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one entry (RFC 6962, 2.1): SHA-256 over 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node (RFC 6962, 2.1): SHA-256 over 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


class Hashes(Protocol):
    """The hashes of one level, end to end: a bytearray, or what behaves like one."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> bytes | bytearray: ...
    def __iadd__(self, hashes: bytes, /) -> Self: ...


class MerkleTree:
    """An append-only tree that keeps every complete subtree's hash: 64 bytes an entry.

    Appending costs two hashes on average; a proof costs a number of look-ups that grows with the logarithm
    of the size.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[Hashes] = [bytearray()]
        self.extend(leaves)

    def __len__(self) -> int:
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf: bytes) -> int:
        """Add a leaf hash; returns its index, from 0."""
        index = len(self)
        self._levels[0] += leaf
        position, level = index, 0
        while position & 1:
            node = node_hash(self._at(level, position - 1), self._at(level, position))
            level += 1
            position >>= 1
            if level == len(self._levels):
                self._levels.append(self._new_level())
            self._levels[level] += node
        return index

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order."""
        for leaf in leaves:
            self.append(leaf)

    def leaf(self, index: int) -> bytes:
        """The leaf hash at an index."""
        if not 0 <= index < len(self):
            raise IndexError(f"the tree has {len(self)} leaves, index {index} is none of them")
        return self._at(0, index)

    def root(self, size: int | None = None) -> bytes:
        """The root of the first ``size`` leaves; of all when not given."""
        size = len(self) if size is None else size
        self._check(size)
        return self._subtree(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962, 2.1.1."""
        self._check(size)
        if not 0 <= index < size:
            raise IndexError(f"index {index} is not below size {size}")
        return self._path(index, 0, size)

    def consistency_proof(self, old: int, new: int) -> list[bytes]:
        """PROOF(old, D[new]) of RFC 6962, 2.1.2; empty when old is 0 or equal to new."""
        self._check(new)
        if not 0 <= old <= new:
            raise IndexError(f"size {old} does not come before size {new}")
        if old in (0, new):
            return []
        return self._subproof(old, 0, new, whole=True)

    def _new_level(self) -> Hashes:
        return bytearray()

    def _check(self, size: int) -> None:
        if not 0 <= size <= len(self):
            raise IndexError(f"the tree has {len(self)} leaves, size {size} asked")

    def _at(self, level: int, index: int) -> bytes:
        start = index * HASH_BYTES
        return bytes(self._levels[level][start : start + HASH_BYTES])

    def _subtree(self, start: int, end: int) -> bytes:
        width = end - start
        if width & (width - 1) == 0 and start % width == 0:
            level = width.bit_length() - 1
            return self._at(level, start >> level)
        middle = start + _split(width)
        return node_hash(self._subtree(start, middle), self._subtree(middle, end))

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self._path(index, start, middle), self._subtree(middle, end)]
        return [*self._path(index, middle, end), self._subtree(start, middle)]

    def _subproof(self, old: int, start: int, end: int, *, whole: bool) -> list[bytes]:
        if old == end:
            return [] if whole else [self._subtree(start, end)]
        middle = start + _split(end - start)
        if old <= middle:
            return [*self._subproof(old, start, middle, whole=whole), self._subtree(middle, end)]
        return [*self._subproof(old, middle, end, whole=False), self._subtree(start, middle)]


def _split(width: int) -> int:
    """The largest power of two below ``width``."""
    return 1 << ((width - 1).bit_length() - 1)


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root an inclusion proof leads to (RFC 9162, 2.1.3.2), or None when its length cannot fit."""
    if not 0 <= index < size:
        return None
    position, last, value = index, size - 1, leaf
    for node in proof:
        if last == 0:
            return None
        if position & 1 or position == last:
            value = node_hash(node, value)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            value = node_hash(value, node)
        position >>= 1
        last >>= 1
    return value if last == 0 else None


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of size ``new`` begins with the tree of size ``old`` (RFC 9162, 2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof
    if not 0 < old < new or not proof:
        return False
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old_value = new_value = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old_value = node_hash(node, old_value)
            new_value = node_hash(node, new_value)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new_value = node_hash(new_value, node)
        position >>= 1
        last >>= 1
    return last == 0 and old_value == old_root and new_value == new_root
