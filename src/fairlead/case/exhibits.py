"""Adds exhibits: kind, digest, custody record, ledger entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fairlead.case.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.lock import sole_writer
from fairlead.engine.parts import part_name
from fairlead.evidence.exhibits import ExhibitDigest, detect_kind, digest_exhibit
from fairlead.evidence.opener import ExhibitOpener
from fairlead.evidence.stages import source_of
from fairlead.register.actions import Action
from fairlead.tables.evidence import EXHIBITS
from fairlead.terms.custody import CustodyEvent, Operation
from fairlead.terms.errors import RunError, UsageError
from fairlead.terms.grades import parse_handling


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExhibit:
    """What an examiner states about an exhibit when adding it."""

    number: str
    path: Path
    authority: str
    description: str = ""
    seized_at: datetime | None = None
    location: str = ""
    reason: str = "received for examination"
    handling: str = "H0"
    restriction: str = ""


def add_exhibit(session: Session, new: NewExhibit) -> dict[str, Any]:
    """Take an exhibit in; returns its row. The exhibit itself is only read.

    Killed before its end and called again for the same bytes, it adds what is missing.
    """
    session.require(Action.ADD_EXHIBIT)
    try:
        handling = parse_handling(new.handling, new.restriction)
    except ValueError as problem:
        raise UsageError(
            f"exhibit {new.number}: the handling codes cannot be read ({problem})",
            "Give e.g. --handling H0+H1; H3 needs --restriction.",
            code="USAGE-HANDLING",
        ) from problem
    kind = detect_kind(new.path)
    with sole_writer(session.workspace.operation(session.operation)):
        listed = list_exhibits(session)
        before = next((row for row in listed if row["exhibit"] == new.number), None)
        digest = digest_exhibit(new.path) if before is None or _half_added(session, before) else None
        if digest is None or (before is not None and before["sha256"] != digest.sha256):
            raise UsageError(
                f"there is an exhibit {new.number} already",
                "Choose its own number for every exhibit.",
                code="USAGE-EXHIBIT",
            )
        row = before or {
            "exhibit": new.number,
            "sequence": len(listed) + 1,
            "kind": kind.value,
            "path": str(new.path.absolute()),
            "size_bytes": digest.size_bytes,
            "sha256": digest.sha256,
            "authority": new.authority,
            "description": new.description,
            "seized_at": new.seized_at,
            "received_at": session.clock(),
            "handling": str(handling),
            "restriction": handling.restriction,
        }
        if before is None:
            name = part_name("exhibit", new.number, digest.sha256)
            session.store.write(EXHIBITS, name, [EXHIBITS.batch([row])])
    from fairlead.register.custody import custody_of

    if not custody_of(session.user_id, session.operation, new.number, at=session.clock()):
        _record_custody(session, new, digest)
    session.record(
        Operation.COLLECTION,
        "exhibit.add",
        (new.number, digest.sha256),
        f"{new.reason}; {new.authority}",
        facts={"files": digest.files, "size_bytes": digest.size_bytes},
    )
    return {**row, "files": digest.files}


def _half_added(session: Session, row: dict[str, Any]) -> bool:
    """Whether a run that was killed left the exhibit in the table without its entry in the ledger."""
    from fairlead.register.ledger_store import find_objects

    return all(number != row["exhibit"] for number, *_ in find_objects("exhibit.add", session.operation))


def _record_custody(session: Session, new: NewExhibit, digest: ExhibitDigest) -> None:
    from fairlead.register.custody import record_custody

    record_custody(
        session.user_id,
        session.operation,
        exhibit=new.number,
        event=CustodyEvent.RECEIVE,
        at=session.clock(),
        actor=session.user_name,
        location=new.location,
        reason=new.reason,
        authority=new.authority,
        sha256=digest.sha256,
    )


def list_exhibits(session: Session) -> list[dict[str, Any]]:
    """The exhibits of the operation in order of arrival."""
    catalogue = Catalogue(session.store, (EXHIBITS,))
    try:
        return catalogue.rows("SELECT * FROM exhibits ORDER BY sequence")
    finally:
        catalogue.close()


def opener_of(session: Session) -> ExhibitOpener:
    """Opens any item of any exhibit of the operation again."""
    return ExhibitOpener(sources=tuple(source_of(row) for row in list_exhibits(session)))


def check_unchanged(session: Session) -> None:
    """Raise RunError when an exhibit no longer has the digest it was received with."""
    for row in list_exhibits(session):
        if digest_exhibit(Path(row["path"])).sha256 != row["sha256"]:
            raise RunError(
                f"exhibit {row['exhibit']} has changed since it was received",
                "Stop using this copy. Compare it with the sealed original and add a fresh copy.",
                code="CUSTODY-CHANGED",
            )
