"""A restored log declares that it goes on; whoever has seen more accepts the true declaration and no other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairlead.ledger.checkpoint import Checkpoint, sign_checkpoint
from fairlead.ledger.continuation import (
    RESTORED,
    Continuation,
    check_continues,
    prove_continuations,
    sign_continuation,
    verify_lineage,
)
from fairlead.ledger.entry import canonical_json
from fairlead.ledger.merkle import MerkleTree, leaf_hash
from fairlead.ledger.notes import NoteKey, NoteKind
from fairlead.terms.errors import ItemError

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
FIRST = "fairlead/test"
PINNED = NoteKey(name=FIRST, public=KEY.public_key(), kind=NoteKind.ED25519)
DAY = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def entry(number: int) -> bytes:
    return canonical_json({"what": "exhibit.add", "at": DAY.isoformat(), "number": number})


def restoring(at: datetime) -> bytes:
    return canonical_json({"what": RESTORED, "at": at.isoformat()})


def tree_of(leaves: list[bytes]) -> MerkleTree:
    return MerkleTree(leaf_hash(leaf) for leaf in leaves)


class Restored:
    """A log of some entries, restored from a backup, with entries after it; everything can be given otherwise."""

    def __init__(
        self, *, entries: int = 5, branch: str = "a", at: datetime = DAY, before: list[bytes] | None = None
    ):
        self.start = before if before is not None else [entry(n) for n in range(entries)]
        self.leaves = [*self.start, restoring(at), entry(100), entry(101)]
        self.tree = tree_of(self.leaves)
        self.declared = Continuation(
            origin=FIRST,
            continued_as=f"{FIRST}/{branch}",
            entries=len(self.start),
            root=tree_of(self.start).root(),
            backup_at=at - timedelta(days=1),
            restored_at=at,
        )

    def sent(self, *, key: Ed25519PrivateKey = KEY, **changed: Any) -> tuple[str, list[dict[str, Any]]]:
        """The checkpoint and what goes with it."""
        declared = replace(self.declared, **changed)
        note = str(sign_continuation(declared, key))
        leaf = self.leaves[min(declared.entries, len(self.leaves) - 1)]
        proved = prove_continuations(self.tree, [(note, leaf)])
        checkpoint = Checkpoint(origin=declared.continued_as, size=len(self.tree), root=self.tree.root())
        return str(sign_checkpoint(checkpoint, KEY)), json.loads(json.dumps(proved))

    def proofs(self, *sizes: int) -> dict[int, list[bytes]]:
        return {size: self.tree.consistency_proof(size, len(self.tree)) for size in sizes}


def lost(size: int = 8, *, entries: int = 5) -> Checkpoint:
    """What somebody saw of the log before it was restored, beyond the backup."""
    leaves = [entry(n) for n in range(entries)] + [entry(n + 50) for n in range(size - entries)]
    return Checkpoint(origin=FIRST, size=size, root=tree_of(leaves).root())


def seen(size: int) -> Checkpoint:
    return Checkpoint(origin=FIRST, size=size, root=tree_of([entry(n) for n in range(size)]).root())


def test_whoever_saw_more_than_the_backup_accepts_the_declared_continuation() -> None:
    log = Restored()
    lineage = verify_lineage(*log.sent(), PINNED)
    check_continues(lineage, log.proofs(3), seen=lost(), earlier=[seen(3)])
    assert [c.entries for c in lineage.continuations] == [5]


def test_a_key_that_is_known_under_the_new_name_is_the_same_key() -> None:
    newer = NoteKey(name=f"{FIRST}/a", public=KEY.public_key(), kind=NoteKind.ED25519)
    assert verify_lineage(*Restored().sent(), newer).checkpoint.size == 8


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"entries": 4}, "does not begin with"),
        ({"entries": 6}, "does not begin with"),
        ({"root": b"\x07" * 32}, "does not begin with"),
        ({"entries": 4, "root": tree_of([entry(n) for n in range(4)]).root()}, "not the record of that restoring"),
        ({"restored_at": DAY + timedelta(days=1)}, "not the record of that restoring"),
        ({"continued_as": "fairlead/other/a"}, "another log"),
        ({"continued_as": FIRST}, "another log"),
        ({"origin": "fairlead/other"}, "not signed with the key"),
    ],
)  # fmt: skip
def test_a_declaration_that_lies_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ItemError, match=words) as refused:
        verify_lineage(*Restored().sent(**changed), PINNED)
    assert refused.value.code == "LEDGER-CONTINUATION"


def test_a_declaration_by_another_key_is_refused() -> None:
    with pytest.raises(ItemError, match="not signed with the key"):
        verify_lineage(*Restored().sent(key=OTHER), PINNED)


def test_a_new_name_without_a_declaration_is_another_log() -> None:
    checkpoint, _ = Restored().sent()
    with pytest.raises(ItemError, match="another log"):
        verify_lineage(checkpoint, [], PINNED)


@pytest.mark.parametrize("spoilt", [None, 3, "x", {}, {"note": 1}, {"note": "x"}])
def test_a_declaration_that_is_none_is_refused(spoilt: object) -> None:
    with pytest.raises(ItemError):
        verify_lineage(Restored().sent()[0], [spoilt], PINNED)
    with pytest.raises(ItemError):
        verify_lineage(Restored().sent()[0], {"note": spoilt}, PINNED)


def test_proofs_that_are_none_are_refused() -> None:
    checkpoint, proved = Restored().sent()
    for name in ("leaf", "inclusion", "consistency"):
        for spoilt in (None, 3, ["zz"], "[]", []):
            with pytest.raises(ItemError):
                verify_lineage(checkpoint, [{**proved[0], name: spoilt}], PINNED)


def test_entries_before_the_backup_that_were_rewritten_are_still_a_fork() -> None:
    log = Restored(before=[entry(0), b"rewritten", entry(2), entry(3), entry(4)])
    lineage = verify_lineage(*log.sent(), PINNED)
    with pytest.raises(ItemError, match="LEDGER-FORK"):
        check_continues(lineage, log.proofs(3), seen=lost(), earlier=[seen(3)])
    with pytest.raises(ItemError, match="LEDGER-FORK"):
        check_continues(lineage, log.proofs(4), seen=seen(4))


def test_a_declaration_of_more_entries_than_the_backup_had_does_not_cover_what_was_seen() -> None:
    """It says that it kept nine; the eight that were seen are not among them."""
    log = Restored(entries=9)
    lineage = verify_lineage(*log.sent(), PINNED)
    with pytest.raises(ItemError, match="LEDGER-FORK"):
        check_continues(lineage, log.proofs(8), seen=lost())


def test_without_a_proof_from_what_must_be_contained_it_is_a_fork() -> None:
    log = Restored()
    lineage = verify_lineage(*log.sent(), PINNED)
    with pytest.raises(ItemError, match="LEDGER-FORK"):
        check_continues(lineage, log.proofs(2), seen=lost(), earlier=[seen(3)])


def test_a_log_that_was_left_is_not_gone_back_to() -> None:
    older, newer = Restored(), Restored(branch="b", at=DAY + timedelta(hours=1))
    last = verify_lineage(*newer.sent(), PINNED).checkpoint
    went_back = verify_lineage(*older.sent(), PINNED)
    with pytest.raises(ItemError, match="left by restoring"):
        check_continues(went_back, {}, seen=last, restored_at=newer.declared.restored_at)
    never = verify_lineage(str(sign_checkpoint(seen(3), KEY)), None, PINNED)
    with pytest.raises(ItemError, match="left by restoring"):
        check_continues(never, {}, seen=last, restored_at=newer.declared.restored_at)
    check_continues(verify_lineage(*newer.sent(), PINNED), {}, seen=went_back.checkpoint, restored_at=DAY)
