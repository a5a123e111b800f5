"""The workspace's ledger: checkpoints, proofs, witnesses, verification."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from fairlead.case.place.keys import ledger_note_key, load_ed25519, load_ledger_key, officer
from fairlead.case.place.session import Clock, Session, utc_now
from fairlead.case.place.workspace import Workspace
from fairlead.case.verbs.verb import verb
from fairlead.leads.dsse import sign_statement
from fairlead.ledger.checkpoint import (
    Checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
    witness_checkpoint,
    witnesses_of,
)
from fairlead.ledger.kept_tree import open_kept_tree
from fairlead.ledger.merkle import MerkleTree
from fairlead.ledger.notes import NoteKey, NoteKind, parse_note, parse_note_key
from fairlead.register.actions import Action
from fairlead.register.database import open_register
from fairlead.terms.custody import Operation
from fairlead.terms.errors import ItemError, RunError, UsageError

LAST_CHECKPOINT = "checkpoint.txt"
_TREE = "ledger-tree"
_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReport:
    """What was checked and what was found."""

    size: int
    root: str
    findings: tuple[str, ...]
    witnessed_by: tuple[str, ...]

    @property
    def verified(self) -> bool:
        """True when nothing was found."""
        return not self.findings


@contextmanager
def grown_tree(workspace: Workspace) -> Iterator[MerkleTree]:
    """The tree kept in the workspace, with what the log has gained since: reads only new entries.

    Raises RunError with LEDGER-SHORT when the log has fewer entries than were ever seen here.
    """
    open_register(workspace.register)
    from fairlead.register.ledger_store import count_entries, leaf_hashes

    with open_kept_tree(workspace.root / _TREE) as tree:
        entries = count_entries()
        if entries < len(tree):
            raise RunError(
                f"the log has {entries} entries, {len(tree)} were seen here before: entries were removed",
                f"Do not go on. If an older backup was restored on purpose, say so in a note for the file and move "
                f"the folder {_TREE} of the workspace away; partners will see the break.",
                code="LEDGER-SHORT",
            )
        if entries > len(tree):
            tree.extend(leaf_hashes(since=len(tree)))
            tree.keep()
        yield tree


def make_checkpoint(workspace: Workspace) -> str:
    """Sign the log as it stands and keep the checkpoint; returns the note."""
    with grown_tree(workspace) as tree:
        return _checkpoint(workspace, tree)


def _checkpoint(workspace: Workspace, tree: MerkleTree) -> str:
    checkpoint = Checkpoint(origin=workspace.log_name, size=len(tree), root=tree.root())
    note = str(sign_checkpoint(checkpoint, load_ledger_key(workspace)))
    (workspace.root / LAST_CHECKPOINT).write_text(note)
    return note


def prove_entry(workspace: Workspace, index: int, *, since: int = 0) -> dict[str, Any]:
    """What a partner needs to check one entry: leaf, salt, detail, inclusion proof, checkpoint.

    ``since`` is the size of the log that the partner was shown last; the proof that it was only added to
    since then goes with it.
    """
    open_register(workspace.register)
    from fairlead.register.ledger_store import get_entry

    leaf, salt, detail = get_entry(index)
    with grown_tree(workspace) as tree:
        return {
            "leaf": leaf.decode(),
            "salt": salt.hex(),
            "detail": detail,
            "index": index,
            "proof": [node.hex() for node in tree.inclusion_proof(index, len(tree))],
            "consistency": {
                "since": since,
                "proof": [node.hex() for node in tree.consistency_proof(since, len(tree))],
            },
            "checkpoint": _checkpoint(workspace, tree),
        }


def verify_ledger(
    workspace: Workspace, *, against: Path | None = None, witness_keys: tuple[Path, ...] = ()
) -> LedgerReport:
    """Check the log in itself, against the tree and the last checkpoint kept here, and against one kept elsewhere.

    Reads every entry. A log that was rewritten from the start, with what is kept here, and signed again is
    found only by a checkpoint kept elsewhere.
    """
    open_register(workspace.register)
    from fairlead.register.ledger_store import find_broken_commitments, find_gaps, leaf_hashes

    tree = MerkleTree(leaf_hashes())
    findings = [f"entry {index} is missing" for index in find_gaps()]
    findings += [f"entry {index} does not fit its commitment" for index in find_broken_commitments()]
    findings += [f"entry {index} is not what was seen before" for index in _changed(workspace, tree)]
    key = ledger_note_key(workspace)
    witnessed: tuple[str, ...] = ()
    kept = workspace.root / LAST_CHECKPOINT
    for name, path in (("the checkpoint kept here", kept), ("the checkpoint given", against)):
        if path is None or not path.is_file():
            if path is not None and path is against:
                raise UsageError(f"there is no file {path.name}", "Check the path.", code="USAGE-FILE")
            continue
        finding, names = _compare(tree, path.read_text(), key, witness_keys)
        if finding:
            findings.append(f"{name}: {finding}")
        if path is against:
            witnessed = names
    return LedgerReport(
        size=len(tree), root=tree.root().hex(), findings=tuple(findings), witnessed_by=witnessed
    )


def _changed(workspace: Workspace, tree: MerkleTree) -> list[int]:
    """The first entries whose leaf differs from the tree kept here."""
    with open_kept_tree(workspace.root / _TREE) as kept:
        both = min(len(kept), len(tree))
        if kept.root(both) == tree.root(both):
            return []
        differing = (index for index in range(both) if kept.leaf(index) != tree.leaf(index))
        return list(islice(differing, _NAMED))


def _compare(
    tree: MerkleTree, text: str, key: NoteKey, witness_keys: tuple[Path, ...]
) -> tuple[str, tuple[str, ...]]:
    try:
        checkpoint, note = verify_checkpoint(text, key)
    except ItemError as problem:
        return problem.fact, ()
    names = tuple(witnesses_of(note, [parse_note_key(path.read_text()) for path in witness_keys]))
    if checkpoint.size > len(tree):
        return (
            f"it counts {checkpoint.size} entries, the log now has {len(tree)}: entries were removed",
            names,
        )
    if tree.root(checkpoint.size) != checkpoint.root:
        return f"its root does not fit the first {checkpoint.size} entries: they were changed", names
    return "", names


def check_checkpoint(tree: MerkleTree, text: str, key: NoteKey) -> str:
    """What is wrong with a checkpoint of this log; empty when the log continues it."""
    return _compare(tree, text, key, ())[0]


def export_consistency(workspace: Workspace, *, since: int) -> str:
    """What a witness needs: the newest checkpoint and the proof that it continues the one of size ``since``."""
    with grown_tree(workspace) as tree:
        if not 0 <= since <= len(tree):
            raise UsageError(
                f"the log has {len(tree)} entries, {since} asked",
                "Give the size the witness has seen.",
                code="USAGE-LEDGER",
            )
        value = {
            "format": "fairlead-consistency/1",
            "since": since,
            "proof": [node.hex() for node in tree.consistency_proof(since, len(tree))],
            "checkpoint": _checkpoint(workspace, tree),
        }
    return json.dumps(value, indent=1) + "\n"


def witness(
    consistency_file: Path,
    *,
    log_key: NoteKey,
    name: str,
    key_file: Path,
    seen_file: Path,
    clock: Clock = utc_now,
) -> str:
    """Check that a log continues what this witness has seen, cosign its checkpoint, and remember it.

    Needs no workspace. Raises ItemError with LEDGER-FORK when the log was rewritten.
    """
    try:
        value = json.loads(consistency_file.read_text())
        text, since = str(value["checkpoint"]), int(value["since"])
        proof = [bytes.fromhex(node) for node in value["proof"]]
    except (OSError, KeyError, TypeError, ValueError) as problem:
        raise UsageError(
            "the file is not what `fairlead ledger checkpoint --since` writes",
            "Ask the lead country for it again.",
            code="USAGE-LEDGER",
        ) from problem
    seen = parse_checkpoint(parse_note(seen_file.read_text()).text) if seen_file.is_file() else None
    if seen is not None and since != seen.size:
        raise UsageError(
            f"the proof starts at size {since}, this witness has seen size {seen.size}",
            f"Ask for `fairlead ledger checkpoint --since {seen.size}`.",
            code="USAGE-LEDGER",
        )
    _, note = witness_checkpoint(
        text, log_key=log_key, seen=seen, proof=proof, name=name, private=load_ed25519(key_file), at=clock()
    )
    seen_file.write_text(str(note))
    return str(note)


def witness_key(name: str, key_file: Path) -> NoteKey:
    """The verifier key under which a witness's cosignatures are checked."""
    return NoteKey(name=name, public=load_ed25519(key_file).public_key(), kind=NoteKind.COSIGNATURE_V1)


ERASURE_TYPE = "urn:fairlead:erasure:1"


@verb(
    "ledger.erase",
    Action.RELEASE,
    becomes=Operation.ERASURE,
    command="ledger erase",
    page="none: an erasure is made by an officer with a key at the shell",
    about=("index",),
    reason=True,
)
def erase_entry(session: Session, index: int, *, reason: str, officer_name: str) -> str:
    """Erase the personal part of a ledger entry and sign a certificate of it; the log still verifies.

    Raises UsageError without a reason, or when there is nothing to erase.
    """
    from fairlead.register.ledger_store import erase_detail

    if not reason.strip():
        raise UsageError("an erasure needs a reason", "Give --reason.", code="USAGE-REASON")
    try:
        commitment = erase_detail(index)
    except LookupError as problem:
        raise UsageError(
            f"entry {index} is not there, or its personal part was erased already",
            "`fairlead ledger verify` gives the size of the log.",
            code="USAGE-LEDGER",
        ) from problem
    recorded = session.record(
        Operation.ERASURE, "ledger.erase", (f"entry {index}",), reason, facts={"entry": index}
    )
    certificate = {
        "log": session.workspace.log_name,
        "entry": index,
        "commitment": commitment,
        "reason": reason,
        "at": session.clock().isoformat(),
        "recorded_as": recorded,
        "says": "Salt and personal part of this entry were erased. The commitment alone cannot be turned back.",
    }
    subjects = {f"{session.workspace.log_name}#{index}": commitment}
    return sign_statement(subjects, ERASURE_TYPE, certificate, [officer(session.workspace, officer_name)])
