"""Checkpoints: what a log says about itself, in three lines (C2SP tlog-checkpoint)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairlead.ledger.merkle import HASH_BYTES, is_consistent
from fairlead.ledger.notes import (
    NoteKey,
    SignedNote,
    cosign_note,
    invalid,
    parse_note,
    sign_note,
    verify_signature,
)
from fairlead.terms.errors import ItemError

_MINIMUM_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The size and root of a log at one moment."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's body; raises ItemError when it is not one."""
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as problem:
        raise invalid("the note does not hold a checkpoint") from problem
    if not origin or size < 0 or len(root) != HASH_BYTES or lines[1] != str(size):
        raise invalid("the note does not hold a checkpoint")
    return Checkpoint(origin=origin, size=size, root=root)


def sign_checkpoint(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> SignedNote:
    """A checkpoint signed by its own log; the key's name is the log's origin."""
    text = str(checkpoint)
    return SignedNote(text=text, signatures=(sign_note(text, checkpoint.origin, private),))


def verify_checkpoint(untrusted_text: str, log_key: NoteKey) -> tuple[Checkpoint, SignedNote]:
    """The checkpoint in a note, once the log's signature holds; raises ItemError otherwise."""
    note = parse_note(untrusted_text)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != log_key.name:
        raise invalid("the checkpoint is of another log")
    if not verify_signature(note, log_key):
        raise invalid("the log's signature does not fit this checkpoint")
    return checkpoint, note


def witnesses_of(note: SignedNote, keys: Sequence[NoteKey]) -> list[str]:
    """Names of the known witnesses whose cosignature on the note holds."""
    return [key.name for key in keys if verify_signature(note, key)]


def witness_checkpoint(
    untrusted_text: str,
    *,
    log_key: NoteKey,
    seen: Checkpoint | None,
    proof: Sequence[bytes],
    name: str,
    private: Ed25519PrivateKey,
    at: datetime,
) -> tuple[Checkpoint, SignedNote]:
    """Cosign a checkpoint that continues the last one this witness has seen.

    Refuses, with LEDGER-FORK, a checkpoint that is older than or does not contain what was seen before:
    the sign of a rewritten log. The first checkpoint a witness sees is taken as it is.
    """
    checkpoint, note = verify_checkpoint(untrusted_text, log_key)
    if seen is not None and not is_consistent(seen.size, seen.root, checkpoint.size, checkpoint.root, proof):
        raise ItemError(
            f"the checkpoint of size {checkpoint.size} does not continue the one of size {seen.size} "
            "that this witness has signed",
            "Do not cosign. Keep both checkpoints and ask the lead country how they came about.",
            code="LEDGER-FORK",
        )
    return checkpoint, note.with_signature(cosign_note(note.text, name, private, at=at))
