"""Where the log stands, without reading it whole: its size, its checkpoint, who has cosigned, the last full check."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fairlead.case.log.ledger import LAST_CHECKPOINT, WITNESSED, check_checkpoint, grown_tree, verify_ledger
from fairlead.case.place.keys import ledger_note_key
from fairlead.case.place.session import Session
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.ledger.checkpoint import parse_checkpoint, verify_checkpoint, witnesses_of
from fairlead.ledger.notes import NoteKind, parse_note, parse_note_key
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import ItemError, UsageError

_CHECKED = "ledger-checked.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A country that gave a witness key: up to which size it has cosigned, and how many entries came since."""

    country: str
    size: int | None
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check of every entry: when, over how many, and what it found."""

    at: datetime
    size: int
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerState:
    """The log as it is kept here. ``findings`` come from the checkpoint and from the last full check."""

    size: int
    root: str
    checkpoint: str
    checkpoint_size: int
    checked: Check | None
    witnesses: tuple[Witness, ...]
    findings: tuple[str, ...]


def ledger_state(session: Session) -> LedgerState:
    """Look at the log: reads the entries that came since the last look, and a few hashes of the tree.

    It finds a log that is shorter than before, or that does not continue its checkpoint. An old entry that was
    changed in the database is found by ``check_ledger``, which reads every entry.
    """
    workspace = session.workspace
    kept = workspace.root / LAST_CHECKPOINT
    text = kept.read_text() if kept.is_file() else ""
    with grown_tree(workspace) as tree:
        size, root = len(tree), tree.root().hex()
        finding = check_checkpoint(tree, text, ledger_note_key(workspace)) if text else ""
    checked = _last_check(workspace.root / _CHECKED)
    findings = ([f"the checkpoint kept here: {finding}"] if finding else []) + list(
        checked.findings if checked else ()
    )
    return LedgerState(
        size=size,
        root=root,
        checkpoint=text,
        checkpoint_size=parse_checkpoint(parse_note(text).text).size if text and not finding else 0,
        checked=checked,
        witnesses=tuple(_witnesses(session, size)),
        findings=tuple(findings),
    )


def check_ledger(session: Session) -> Check:
    """Check every entry and keep what came of it, for the ledger's page."""
    report = verify_ledger(session.workspace)
    check = Check(at=session.clock(), size=report.size, findings=report.findings)
    value = {"at": check.at.isoformat(), "size": check.size, "findings": list(check.findings)}
    path = session.workspace.root / _CHECKED
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(value) + "\n")
    fresh.replace(path)
    session.record(
        Operation.CONSULTATION, "ledger.check", (session.workspace.log_name,), "every entry checked"
    )
    return check


def _last_check(path: Path) -> Check | None:
    if not path.is_file():
        return None
    value = json.loads(path.read_text())
    return Check(
        at=datetime.fromisoformat(value["at"]), size=value["size"], findings=tuple(value["findings"])
    )


def _witnesses(session: Session, size: int) -> list[Witness]:
    listed = []
    for country in _keys(session):
        kept = session.workspace.root / WITNESSED / f"{country}.txt"
        seen = parse_checkpoint(parse_note(kept.read_text()).text).size if kept.is_file() else None
        listed.append(Witness(country=country, size=seen, since=size - (seen or 0)))
    return listed


def _keys(session: Session) -> dict[str, str]:
    from fairlead.register.people import countries_of, get_user

    rows = countries_of(get_user(session.user_name), session.operation, at=session.clock())
    return {code: row.witness_key for code, row in rows.items() if row.witness_key}


@verb(
    "witness.key",
    Action.ADMINISTER,
    becomes=Operation.ALTERATION,
    command="none: a key is set on its page",
    page="workbench:ledger",
    about=("country",),
    of=in_country("country"),
)
def set_witness_key(session: Session, country: str, untrusted_key: str) -> None:
    """Keep the verifier key under which a country's cosignatures are checked."""
    from fairlead.register.people import keep_witness_key

    try:
        key = parse_note_key(untrusted_key)
    except ItemError as problem:
        raise UsageError(
            "that is no verifier key",
            "Paste the line that `fairlead ledger witness` prints, name+id+base64.",
            code="USAGE-WITNESS",
        ) from problem
    if key.kind is not NoteKind.COSIGNATURE_V1:
        raise UsageError(
            "that key signs logs, it does not cosign them", "Ask for the witness key.", code="USAGE-WITNESS"
        )
    keep_witness_key(session.operation, country, str(key))
    session.record(Operation.ALTERATION, "witness.key", (country, key.name), "witness key kept")


@verb(
    "ledger.cosigned",
    Action.COORDINATE,
    becomes=Operation.COLLECTION,
    command="none: a note is taken in on its page",
    page="workbench:ledger",
)
def take_cosigned(session: Session, untrusted_note: str) -> list[str]:
    """Keep a checkpoint of this log that partners have cosigned; returns the countries whose cosignature holds.

    UsageError when it is not a checkpoint of this log as it is, or when no known witness has signed it.
    """
    key = ledger_note_key(session.workspace)
    with grown_tree(session.workspace) as tree:
        finding = check_checkpoint(tree, untrusted_note, key)
    if finding:
        raise UsageError(
            f"this is not a checkpoint of the log as it is kept here: {finding}",
            "If the file came unchanged from a partner, stop work and compare both logs.",
            code="USAGE-WITNESS",
        )
    checkpoint, note = verify_checkpoint(untrusted_note, key)
    signed = [code for code, text in _keys(session).items() if witnesses_of(note, [parse_note_key(text)])]
    if not signed:
        raise UsageError(
            "no witness known here has cosigned this checkpoint",
            "Keep the country's witness key first, on the page Administration.",
            code="USAGE-WITNESS",
        )
    folder = session.workspace.root / WITNESSED
    folder.mkdir(exist_ok=True)
    for code in signed:
        kept = folder / f"{code}.txt"
        if kept.is_file() and parse_checkpoint(parse_note(kept.read_text()).text).size > checkpoint.size:
            continue
        fresh = kept.with_suffix(".new")
        fresh.write_text(untrusted_note)
        fresh.replace(kept)
    session.record(
        Operation.COLLECTION,
        "ledger.cosigned",
        tuple(signed),
        "cosigned checkpoint kept",
        facts={"size": checkpoint.size},
    )
    return signed
