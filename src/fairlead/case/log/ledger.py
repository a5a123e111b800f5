"""The workspace's ledger: checkpoints, proofs, witnesses, verification."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypedDict

from fairlead.case.log.restoration import find_restored
from fairlead.case.place.keys import ledger_note_key, load_ledger_key, officer, open_key, public_half
from fairlead.case.place.session import Clock, Session, utc_now
from fairlead.case.place.workspace import MARK, Workspace
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
from fairlead.ledger.continuation import check_continues, prove_continuations, verify_lineage
from fairlead.ledger.kept_tree import open_kept_tree
from fairlead.ledger.merkle import MerkleTree
from fairlead.ledger.notes import NoteKey, NoteKind, parse_note, parse_note_key
from fairlead.register.actions import Action
from fairlead.register.database import open_register
from fairlead.terms.custody import Operation
from fairlead.terms.errors import ItemError, RunError, UsageError

LAST_CHECKPOINT = "checkpoint.txt"
TREE = "ledger-tree"
WITNESSED = "witnessed"  # the folder of the checkpoints that partners have cosigned
ALONE = (
    "Nothing independent of this computer was compared. Whoever controls it can rewrite the log with all that is kept "
    "here. Have a partner cosign a checkpoint (`fairlead ledger checkpoint --since`), and give one with --against."
)
_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReport:
    """What was checked, what it was compared with, and what was found.

    ``warnings`` say what the check could not show, which is not a finding.
    """

    size: int
    root: str
    findings: tuple[str, ...]
    witnessed_by: tuple[str, ...]
    compared: tuple[str, ...]
    warnings: tuple[str, ...]

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

    with open_kept_tree(workspace.root / TREE) as tree:
        entries = count_entries()
        if entries < len(tree):
            raise RunError(
                f"the log has {entries} entries, {len(tree)} were seen here before: entries were removed",
                "Do not go on. Bring the workspace back from a backup with `fairlead restore`, which tells partners; a "
                "database that was set back by itself looks to them like a rewritten log.",
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


class GrownSince(TypedDict):
    """Proof that the log was only added to since it had a size (RFC 6962, 2.1.2)."""

    since: int
    proof: list[str]


class EntryProof(TypedDict):
    """What a partner needs to check one entry; ``salt`` and nodes of proofs in hex."""

    leaf: str
    salt: str
    detail: dict[str, object]
    index: int
    proof: list[str]
    consistency: GrownSince
    earlier: list[GrownSince]
    restored: list[dict[str, object]]
    checkpoint: str


def prove_entry(workspace: Workspace, index: int, *, since: Sequence[int] = ()) -> EntryProof:
    """What a partner needs to check one entry: leaf, salt, detail, inclusion proof, checkpoint.

    ``since`` are the sizes of the log that the partner was shown, the last one last; the proofs that it was only
    added to since then go with it, and those of every restoring from a backup.
    """
    open_register(workspace.register)
    from fairlead.register.ledger_store import get_entry

    leaf, salt, detail = get_entry(index)
    with grown_tree(workspace) as tree:
        *earlier, last = [_grown_since(tree, size) for size in since or (0,)]
        return {
            "leaf": leaf.decode(),
            "salt": salt.hex(),
            "detail": detail,
            "index": index,
            "proof": [node.hex() for node in tree.inclusion_proof(index, len(tree))],
            "consistency": last,
            "earlier": earlier,
            "restored": _continuations(workspace, tree),
            "checkpoint": _checkpoint(workspace, tree),
        }


def _grown_since(tree: MerkleTree, size: int) -> GrownSince:
    return {"since": size, "proof": [node.hex() for node in tree.consistency_proof(size, len(tree))]}


def _continuations(workspace: Workspace, tree: MerkleTree) -> list[dict[str, object]]:
    kept = find_restored(workspace).restorations
    return prove_continuations(tree, [(row.note, row.leaf.encode()) for row in kept])


def verify_ledger(
    workspace: Workspace, *, against: Path | None = None, witness_keys: tuple[Path, ...] = ()
) -> LedgerReport:
    """Check the log in itself, with all that it shows, and against whatever remembers it.

    Reads every entry. It is compared with the size that the register remembers, the tree and the last checkpoint kept
    here, the checkpoints that partners cosigned, the sizes that countries were shown with their packages, and with a
    checkpoint kept elsewhere. A log that was rewritten from the start, with all that is kept here, and signed again is
    found only by the last.
    """
    open_register(workspace.register)
    from fairlead.register.ledger_store import find_differences, find_gaps, leaf_hashes

    tree = MerkleTree(leaf_hashes())
    findings = [f"entry {index} is missing" for index in find_gaps()]
    findings += [f"entry {index} {difference}" for index, difference in find_differences()]
    findings += [f"entry {index} is not what was seen before" for index in _changed(workspace, tree)]
    remembered = _remembered(workspace)
    for name, size in remembered:
        if size > len(tree):
            findings.append(f"{name}: {size} entries, the log now has {len(tree)}: entries were removed")
    compared = [f"{name}: {size}" for name, size in remembered]
    key = ledger_note_key(workspace)
    witnessed: tuple[str, ...] = ()
    cosigned = sorted((workspace.root / WITNESSED).glob("*.txt"))
    kept = [("the checkpoint kept here", workspace.root / LAST_CHECKPOINT)]
    kept += [(f"the checkpoint cosigned by {path.stem}", path) for path in cosigned]
    if against is not None:
        if not against.is_file():
            raise UsageError(f"there is no file {against.name}", "Check the path.", code="USAGE-FILE")
        kept.append(("the checkpoint given", against))
    for name, path in kept:
        if not path.is_file():
            continue
        text = path.read_text()
        if path is not kept[0][1] and (older := _before_restoring(workspace, text)):
            finding, names = _compare_older(tree, text, older, witness_keys)
            finding = finding if path is against else ""
        else:
            finding, names = _compare(tree, text, key, witness_keys)
        if finding:
            findings.append(f"{name}: {finding}")
        compared.append(name)
        if path is against:
            witnessed = names
    return LedgerReport(
        size=len(tree),
        root=tree.root().hex(),
        findings=tuple(findings),
        witnessed_by=witnessed,
        compared=tuple(compared),
        warnings=() if against is not None or cosigned else (ALONE,),
    )


def _remembered(workspace: Workspace) -> list[tuple[str, int]]:
    """How many entries the log had at some time, by what remembers it.

    What countries were shown before a restoring may lawfully be more than the backup had; it is told to them then.
    """
    from fairlead.register.ledger_store import highest_seen

    found = [("the size that the register remembers", highest_seen())]
    with open_kept_tree(workspace.root / TREE) as kept:
        found.append(("the tree kept here", len(kept)))
    if (workspace.root / MARK).is_file() and not find_restored(workspace).restorations:
        for slug in workspace.operations():
            for path in sorted((workspace.operation(slug) / "packages").glob(".??.shown")):
                size = max((int(line) for line in path.read_text().split()), default=0)
                found.append((f"what {path.name[1:3]} was shown with a package of {slug}", size))
    return found


def _changed(workspace: Workspace, tree: MerkleTree) -> list[int]:
    """The first entries whose leaf differs from the tree kept here."""
    with open_kept_tree(workspace.root / TREE) as kept:
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


def _before_restoring(workspace: Workspace, text: str) -> tuple[NoteKey, int] | None:
    """Key and number of entries that were kept, when a checkpoint is of this log before it was restored."""
    key = ledger_note_key(workspace)
    for row in find_restored(workspace).restorations:
        declared = row.continuation
        if text.startswith(f"{declared.origin}\n"):
            return NoteKey(name=declared.origin, public=key.public, kind=key.kind), declared.entries
    return None


def _compare_older(
    tree: MerkleTree, text: str, older: tuple[NoteKey, int], witness_keys: tuple[Path, ...]
) -> tuple[str, tuple[str, ...]]:
    key, entries = older
    finding, names = _compare(tree, text, key, witness_keys)
    size = parse_checkpoint(parse_note(text).text).size
    if size > entries:
        lost = size - entries
        finding = (
            f"it counts {size} entries, the restored backup had {entries}: {lost} entries were lost with it"
        )
    return finding, names


def check_checkpoint(tree: MerkleTree, text: str, key: NoteKey) -> str:
    """What is wrong with a checkpoint of this log; empty when the log continues it."""
    return _compare(tree, text, key, ())[0]


def export_consistency(workspace: Workspace, *, since: int) -> str:
    """What a witness needs: the newest checkpoint and the proof that it continues the one of size ``since``."""
    with grown_tree(workspace) as tree:
        if not 0 <= since <= len(tree):
            last = find_restored(workspace).last
            raise UsageError(
                f"the log has {len(tree)} entries, {since} asked",
                f"This workspace was restored with {last.entries} entries; a witness that has seen more is given the "
                f"proof with --since {last.entries}."
                if last
                else "Give the size the witness has seen.",
                code="USAGE-LEDGER",
            )
        value = {
            "format": "fairlead-consistency/1",
            **_grown_since(tree, since),
            "restored": _continuations(workspace, tree),
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

    Needs no workspace. Raises ItemError with LEDGER-FORK when the log was rewritten, and with LEDGER-CONTINUATION when
    it says that it was restored from a backup and does not prove it. What was cosigned before is kept beside
    ``seen_file``: after a restoring the newest of it that the log must still contain may be an older one.
    """
    try:
        value = json.loads(consistency_file.read_text())
        text, since, restored = str(value["checkpoint"]), int(value["since"]), value.get("restored")
        proof = [bytes.fromhex(node) for node in value["proof"]]
    except (OSError, KeyError, TypeError, ValueError) as problem:
        raise UsageError(
            "the file is not what `fairlead ledger checkpoint --since` writes",
            "Ask the lead country for it again.",
            code="USAGE-LEDGER",
        ) from problem
    lineage = verify_lineage(text, restored, log_key)
    seen = _checkpoint_in(seen_file) if seen_file.is_file() else None
    older = seen_file.parent.glob(f"{seen_file.name}.[0-9]*")
    earlier = [_checkpoint_in(path) for path in sorted(older)]
    bound = [c for c in (*earlier, seen) if c is not None and lineage.binds(c)]
    if bound and since != (wanted := max(c.size for c in bound)):
        raise UsageError(
            f"the proof starts at size {since}, this witness has seen size {wanted}",
            f"Ask for `fairlead ledger checkpoint --since {wanted}`.",
            code="USAGE-LEDGER",
        )
    last_restored = seen_file.with_name(f"{seen_file.name}.restored")
    known = datetime.fromisoformat(last_restored.read_text().strip()) if last_restored.is_file() else None
    check_continues(lineage, {since: proof}, seen=seen, earlier=earlier, restored_at=known)
    _, note = witness_checkpoint(
        text,
        log_key=NoteKey(name=lineage.checkpoint.origin, public=log_key.public, kind=log_key.kind),
        seen=max(bound, key=lambda c: c.size, default=None),
        proof=proof,
        name=name,
        private=open_key(key_file),
        at=clock(),
    )
    if seen is not None:
        seen_file.replace(seen_file.with_name(f"{seen_file.name}.{seen.size}"))
    if lineage.continuations:
        last_restored.write_text(f"{lineage.continuations[-1].restored_at.isoformat()}\n")
    seen_file.write_text(str(note))
    return str(note)


def _checkpoint_in(path: Path) -> Checkpoint:
    return parse_checkpoint(parse_note(path.read_text()).text)


def witness_key(name: str, key_file: Path) -> NoteKey:
    """The verifier key under which a witness's cosignatures are checked."""
    return NoteKey(name=name, public=public_half(key_file), kind=NoteKind.COSIGNATURE_V1)


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
    signer = officer(session.workspace, officer_name, at=session.clock())
    try:
        commitment = erase_detail(session.user_id, index, case=session.operation)
    except LookupError as problem:
        raise UsageError(
            f"this operation has no entry {index}, its personal part was erased already, or it records an erasure",
            "`fairlead ledger verify` gives the size of the log; the log's page lists the entries of the operation.",
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
    return sign_statement(subjects, ERASURE_TYPE, certificate, [signer])
