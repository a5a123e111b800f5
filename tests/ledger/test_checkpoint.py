"""Checkpoints, and what a witness signs and does not sign."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairlead.ledger.checkpoint import (
    Checkpoint,
    sign_checkpoint,
    verify_checkpoint,
    witness_checkpoint,
    witnesses_of,
)
from fairlead.ledger.merkle import MerkleTree, leaf_hash
from fairlead.ledger.notes import NoteKey, NoteKind, parse_note, parse_note_key
from fairlead.terms.errors import ItemError

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LOG = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
LOG_KEY = NoteKey(name="fairlead/test", public=LOG.public_key(), kind=NoteKind.ED25519)
WITNESS_KEY = NoteKey(name="SE", public=WITNESS.public_key(), kind=NoteKind.COSIGNATURE_V1)


def log(*entries: bytes) -> MerkleTree:
    return MerkleTree(leaf_hash(entry) for entry in entries)


def checkpoint_of(tree: MerkleTree) -> str:
    return str(sign_checkpoint(Checkpoint(origin="fairlead/test", size=len(tree), root=tree.root()), LOG))


def cosign(text: str, seen: Checkpoint | None, proof: list[bytes]) -> str:
    _, note = witness_checkpoint(
        text, log_key=LOG_KEY, seen=seen, proof=proof, name="SE", private=WITNESS, at=AT
    )
    return str(note)


def test_a_checkpoint_has_the_three_lines_and_the_signature_of_the_specification() -> None:
    lines = checkpoint_of(log(b"a", b"b")).split("\n")
    assert lines[0] == "fairlead/test"
    assert lines[1] == "2"
    assert lines[3] == ""
    assert lines[4].startswith("— fairlead/test ")


def test_a_checkpoint_survives_being_written_and_read() -> None:
    tree = log(b"a", b"b", b"c")
    checkpoint, _ = verify_checkpoint(checkpoint_of(tree), LOG_KEY)
    assert (checkpoint.size, checkpoint.root) == (3, tree.root())


@pytest.mark.parametrize("position", range(0, 150, 7))
def test_a_checkpoint_with_any_byte_changed_is_refused(position: int) -> None:
    data = bytearray(checkpoint_of(log(b"a", b"b")).encode())
    data[position % len(data)] ^= 1
    with pytest.raises((ItemError, UnicodeDecodeError)):
        verify_checkpoint(data.decode(), LOG_KEY)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    other = NoteKey(name="fairlead/other", public=LOG.public_key(), kind=NoteKind.ED25519)
    with pytest.raises(ItemError, match="another log"):
        verify_checkpoint(checkpoint_of(log(b"a")), other)


def test_a_witness_cosigns_a_log_that_was_only_added_to() -> None:
    tree = log(b"a", b"b", b"c")
    seen = Checkpoint(origin="fairlead/test", size=2, root=tree.root(2))
    note = parse_note(cosign(checkpoint_of(tree), seen, tree.consistency_proof(2, 3)))
    assert witnesses_of(note, [WITNESS_KEY]) == ["SE"]


def test_a_witness_refuses_a_log_that_was_rewritten_and_signed_again() -> None:
    seen = Checkpoint(origin="fairlead/test", size=2, root=log(b"a", b"b").root())
    rewritten = log(b"a", b"X", b"c")
    with pytest.raises(ItemError) as refused:
        cosign(checkpoint_of(rewritten), seen, rewritten.consistency_proof(2, 3))
    assert refused.value.code == "LEDGER-FORK"


def test_a_witness_refuses_a_log_that_became_shorter() -> None:
    seen = Checkpoint(origin="fairlead/test", size=2, root=log(b"a", b"b").root())
    with pytest.raises(ItemError, match="does not continue"):
        cosign(checkpoint_of(log(b"a")), seen, [])


def test_an_unwitnessed_checkpoint_names_no_witness() -> None:
    assert witnesses_of(parse_note(checkpoint_of(log(b"a"))), [WITNESS_KEY]) == []


def test_a_key_survives_being_written_and_read_and_a_changed_one_does_not() -> None:
    assert parse_note_key(str(WITNESS_KEY)).key_id == WITNESS_KEY.key_id
    with pytest.raises(ItemError):
        parse_note_key(str(WITNESS_KEY).replace("SE+", "DE+"))
