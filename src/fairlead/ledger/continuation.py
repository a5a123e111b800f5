"""A log that goes on from a backup: declared by its own key, under a new origin, and proved against what was seen before.

A restored log lacks what came after the backup. To everybody who saw more it looks like a rewritten one. It therefore
goes on under a new origin, says which log it continues and from how many entries on, and its next entry is the record
of the restoring. What was seen up to that entry must still be in it. That a log's owner goes back on purpose, to be rid
of an entry, is not prevented by this: whoever had seen the entry is told that it is gone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairlead.ledger.checkpoint import Checkpoint, verify_checkpoint
from fairlead.ledger.merkle import HASH_BYTES, MerkleTree, is_consistent, leaf_hash, root_from_inclusion
from fairlead.ledger.notes import NoteKey, SignedNote, parse_note, sign_note, verify_signature
from fairlead.terms.errors import ItemError

RESTORED = "workspace.restore"  # the kind of entry with which a restored log goes on
_FORM = "fairlead-continuation/1"
_LINES = 7
_STEM_PARTS = 2
_MOST = 1000


def refused(fact: str) -> ItemError:
    """The error for a continuation that cannot be believed."""
    return ItemError(
        fact,
        "Do not use what came with it. Ask the lead country over another channel whether it restored its workspace "
        "from a backup, and from which.",
        code="LEDGER-CONTINUATION",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """That the log ``origin`` goes on as ``continued_as`` after its first ``entries``, whose root is ``root``."""

    origin: str
    continued_as: str
    entries: int
    root: bytes
    backup_at: datetime
    restored_at: datetime

    def __str__(self) -> str:
        root = base64.b64encode(self.root).decode()
        times = f"{self.backup_at.isoformat()}\n{self.restored_at.isoformat()}"
        return f"{_FORM}\n{self.origin}\n{self.continued_as}\n{self.entries}\n{root}\n{times}\n"


def parse_continuation(text: str) -> Continuation:
    """Read the text of a declared continuation; raises ItemError when it is none."""
    lines = text.split("\n")
    try:
        if len(lines) != _LINES + 1 or lines[0] != _FORM:
            raise ValueError("form")
        found = Continuation(
            origin=lines[1],
            continued_as=lines[2],
            entries=int(lines[3]),
            root=base64.b64decode(lines[4], validate=True),
            backup_at=datetime.fromisoformat(lines[5]),
            restored_at=datetime.fromisoformat(lines[6]),
        )
    except ValueError as problem:
        raise refused("the declared continuation cannot be read") from problem
    if (
        str(found) != text
        or found.entries < 1
        or len(found.root) != HASH_BYTES
        or not found.restored_at.tzinfo
    ):
        raise refused("the declared continuation cannot be read")
    return found


def sign_continuation(continuation: Continuation, private: Ed25519PrivateKey) -> SignedNote:
    """The declaration, signed with the log's key under the origin that ends."""
    text = str(continuation)
    return SignedNote(text=text, signatures=(sign_note(text, continuation.origin, private),))


def first_origin(origin: str) -> str:
    """The origin that a log had before it was ever restored."""
    return "/".join(origin.split("/")[:_STEM_PARTS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """A checkpoint whose signature holds, and the proved continuations by which its log came to its origin."""

    checkpoint: Checkpoint
    note: SignedNote
    continuations: tuple[Continuation, ...]

    def binds(self, seen: Checkpoint) -> bool:
        """Whether a checkpoint seen before must still be contained in this log."""
        if seen.origin == self.checkpoint.origin:
            return True
        return any(c.origin == seen.origin and seen.size <= c.entries for c in self.continuations)

    def leaves(self, origin: str) -> Continuation | None:
        """The continuation by which this log left an origin; None when it never had it, or has it still."""
        return next((c for c in self.continuations if c.origin == origin), None)


def prove_continuations(tree: MerkleTree, kept: Sequence[tuple[str, bytes]]) -> list[dict[str, object]]:
    """What travels with a checkpoint of ``tree``: for each declaration and its entry's leaf, that the tree contains both."""
    proved: list[dict[str, object]] = []
    for note, leaf in kept:
        entries = parse_continuation(parse_note(note).text).entries
        proved.append(
            {
                "note": note,
                "leaf": leaf.decode(),
                "inclusion": [node.hex() for node in tree.inclusion_proof(entries, len(tree))],
                "consistency": [node.hex() for node in tree.consistency_proof(entries, len(tree))],
            }
        )
    return proved


def verify_lineage(untrusted_checkpoint: str, untrusted_restored: object, log_key: NoteKey) -> Lineage:
    """The checkpoint of a log under any of its origins, with every continuation proved; raises ItemError otherwise.

    ``log_key`` may be the key as it was known before a restoring or after it: the key is the same, and every
    declaration must be signed with it.
    """
    listed = [] if untrusted_restored is None else untrusted_restored
    if not isinstance(listed, list) or len(listed) > _MOST:
        raise refused("the declared continuations cannot be read")
    origin = first_origin(log_key.name)
    chain: list[Continuation] = []
    for untrusted in listed:
        found = _declared(untrusted, NoteKey(name=origin, public=log_key.public, kind=log_key.kind))
        if first_origin(found.continued_as) != first_origin(origin) or found.continued_as == origin:
            raise refused("the declared continuation is of another log")
        if chain and (found.entries <= chain[-1].entries or found.restored_at <= chain[-1].restored_at):
            raise refused("the declared continuations do not follow each other")
        chain.append(found)
        origin = found.continued_as
    key = NoteKey(name=origin, public=log_key.public, kind=log_key.kind)
    checkpoint, note = verify_checkpoint(untrusted_checkpoint, key)
    for untrusted, found in zip(listed, chain, strict=True):
        _check_proofs(untrusted, found, checkpoint)
    return Lineage(checkpoint=checkpoint, note=note, continuations=tuple(chain))


def _declared(untrusted: object, key: NoteKey) -> Continuation:
    if not isinstance(untrusted, dict) or not isinstance(untrusted.get("note"), str):
        raise refused("the declared continuation cannot be read")
    note = parse_note(untrusted["note"])
    found = parse_continuation(note.text)
    if found.origin != key.name or not verify_signature(note, key):
        raise refused("the declared continuation is not signed with the key of the log that it continues")
    return found


def _check_proofs(untrusted: dict[str, object], found: Continuation, checkpoint: Checkpoint) -> None:
    """The log begins with what was declared, and its next entry is the record of the restoring, of that time."""
    try:
        leaf = str(untrusted["leaf"]).encode()
        entry = json.loads(leaf)
        what, at = str(entry["what"]), datetime.fromisoformat(str(entry["at"]))
        inclusion, consistency = (
            [bytes.fromhex(node) for node in _texts(untrusted[name])] for name in ("inclusion", "consistency")
        )
    except (KeyError, TypeError, ValueError, RecursionError) as problem:
        raise refused("the proofs of the declared continuation cannot be read") from problem
    if not is_consistent(found.entries, found.root, checkpoint.size, checkpoint.root, consistency):
        raise refused(f"the log does not begin with the {found.entries} entries of the declared continuation")
    if root_from_inclusion(leaf_hash(leaf), found.entries, checkpoint.size, inclusion) != checkpoint.root:
        raise refused(f"the log does not go on at entry {found.entries} as declared")
    if what != RESTORED or at != found.restored_at:
        raise refused(f"entry {found.entries} of the log is not the record of that restoring")


def _texts(untrusted: object) -> list[str]:
    if not isinstance(untrusted, list) or not all(isinstance(item, str) for item in untrusted):
        raise TypeError("a list of texts is wanted")
    return untrusted


def check_continues(
    lineage: Lineage,
    proofs: Mapping[int, Sequence[bytes]],
    *,
    seen: Checkpoint | None,
    earlier: Sequence[Checkpoint] = (),
    restored_at: datetime | None = None,
) -> None:
    """Raise ItemError with LEDGER-FORK unless a log contains what was seen of it before.

    ``seen`` is the checkpoint seen last, ``earlier`` are older ones: after a restoring the newest that must still be
    contained may be one of them. ``proofs`` are consistency proofs by the size from which they start. ``restored_at``
    is the time of the last restoring that was shown: a log which its owner left by restoring is not gone back to.
    """
    now = lineage.checkpoint
    if seen is None:
        return
    if seen.origin != now.origin and lineage.leaves(seen.origin) is None:
        newest = lineage.continuations[-1].restored_at if lineage.continuations else None
        if newest is None or restored_at is None or newest <= restored_at:
            raise _fork(
                "the log is one that its owner left by restoring a backup: a later one was seen before"
            )
    bound = max((c for c in (*earlier, seen) if lineage.binds(c)), key=lambda c: c.size, default=None)
    if bound is None:
        return
    proof = proofs.get(bound.size, [] if bound.size == now.size else None)
    if proof is None or not is_consistent(bound.size, bound.root, now.size, now.root, proof):
        raise _fork(
            f"the log of size {now.size} is not shown to continue the one of size {bound.size} seen before"
        )


def _fork(fact: str) -> ItemError:
    return ItemError(
        fact,
        "Do not cosign or use it. Keep both checkpoints and ask the lead country how they came about.",
        code="LEDGER-FORK",
    )
