"""How fast the log is appended to and proves, and how that grows: python -m benchmarks.ledger.append_and_prove

Appends count hashing of entry and tree in memory, one core. The peer is a naive tree that hashes every level again for
one proof. Run times of PostgreSQL are measured apart, because they are those of its disk.
"""

from __future__ import annotations

import hashlib
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from fairlead.ledger.entry import Entry, EntryDetail, commit
from fairlead.ledger.kept_tree import open_kept_tree
from fairlead.ledger.merkle import MerkleTree, leaf_hash, node_hash, root_from_inclusion
from fairlead.terms.custody import Operation

AT = datetime(2026, 1, 1, tzinfo=UTC)


def append_rate(count: int) -> float:
    tree = MerkleTree()
    detail = EntryDetail(actor="a", objects=("x" * 20,), justification="because", facts={"n": 1})
    start = time.process_time()
    for number in range(count):
        entry = Entry(
            operation=Operation.CONSULTATION,
            what="benchmark",
            at=AT,
            case="x",
            commitment=commit(detail, number.to_bytes(16, "big")),
        )
        tree.append(entry.leaf_hash())
    return count / (time.process_time() - start)


def naive_proof_seconds(leaves: list[bytes]) -> float:
    start = time.process_time()
    level = leaves
    while len(level) > 1:
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + (level[-1:] if len(level) % 2 else [])
    return time.process_time() - start


def kept_proof_ms(tree: MerkleTree) -> float:
    """Milliseconds to open a tree kept in files and prove one entry of it, median of 50."""
    size, times = len(tree), []
    with tempfile.TemporaryDirectory() as name:
        with open_kept_tree(Path(name)) as kept:
            kept.extend(tree.leaf(index) for index in range(size))
            kept.keep()
        rng = random.Random(size)
        for _ in range(50):
            index = rng.randrange(size)
            start = time.perf_counter()
            with open_kept_tree(Path(name)) as kept:
                proof = kept.inclusion_proof(index, size)
            times.append(time.perf_counter() - start)
            assert proof == tree.inclusion_proof(index, size)
    return statistics.median(times) * 1e3


def main() -> None:
    rates = [append_rate(50_000) for _ in range(3)]
    print(f"append with commitment: {statistics.median(rates):,.0f} entries/s on one core (median of 3)")
    print(
        "size | build s | one proof, ms (median of 200) | the same from files, opened anew, ms | naive proof, ms"
    )
    for size in (10_000, 100_000, 1_000_000, 10_000_000):
        start = time.process_time()
        tree = MerkleTree(leaf_hash(n.to_bytes(8, "big")) for n in range(size))
        built = time.process_time() - start
        rng = random.Random(size)
        root, times = tree.root(), []
        for _ in range(200):
            index = rng.randrange(size)
            start = time.process_time()
            proof = tree.inclusion_proof(index, size)
            times.append(time.process_time() - start)
            assert root_from_inclusion(leaf_hash(index.to_bytes(8, "big")), index, size, proof) == root
        naive = ""
        if size <= 1_000_000:
            leaves = [hashlib.sha256(n.to_bytes(8, "big")).digest() for n in range(size)]
            naive = f"{naive_proof_seconds(leaves) * 1e3:,.0f}"
        print(
            f"{size:,} | {built:.1f} | {statistics.median(times) * 1e3:.3f} | {kept_proof_ms(tree):.2f} | {naive}"
        )


if __name__ == "__main__":
    main()
