"""Adds exhibits: kind, digest, custody record, ledger entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from fairlead.case.place.exhibits import list_exhibits
from fairlead.case.place.limits import evidence_limits
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.lock import sole_writer
from fairlead.engine.parts import part_name
from fairlead.engine.places import Place
from fairlead.evidence.exhibits import ExhibitDigest, detect_kind, digest_exhibit
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.passwords import keep_passwords
from fairlead.evidence.session import shared_session
from fairlead.evidence.stages import source_of
from fairlead.register.actions import Action
from fairlead.tables.evidence import ACQUISITIONS, EXHIBITS
from fairlead.tables.rows import AcquisitionRow, ExhibitRow
from fairlead.terms.custody import CustodyEvent, Operation
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.grades import Handling, parse_handling
from fairlead.terms.names import ExhibitNumber
from fairlead.terms.plain import read_as


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExhibit:
    """What an examiner states about an exhibit when adding it."""

    number: str
    path: Place
    authority: str
    description: str = ""
    seized_at: datetime | None = None
    location: str = ""
    reason: str = "received for examination"
    handling: str = "H0"
    restriction: str = ""
    passwords: Path | None = None
    carve: bool = False


class Added(ExhibitRow):
    """The row of an exhibit that was added, how many files it has, and what an image says of its acquisition."""

    files: int
    acquisition: AcquisitionRow | None


class _Passwords(TypedDict):
    passwords_path: str | None
    passwords_digest: str | None


class Changes(TypedDict, total=False):
    """What may become different in an exhibit's row after it was received."""

    passwords_path: str | None
    passwords_digest: str | None
    carve: bool
    handling: str
    restriction: str
    path: str


def _require_told_apart(number: str, there: Iterable[str]) -> None:
    """UsageError for a number that people would read as that of another exhibit: in another case, or in other digits."""
    for other in there:
        if other != number and read_as(other) == read_as(number):
            raise UsageError(
                f"there is an exhibit {other} already, and people would take the two for one",
                "Choose a number that differs in more than the case of its letters or the script of its digits.",
                code="USAGE-EXHIBIT",
            )


@verb(
    "exhibit.add",
    Action.ADD_EXHIBIT,
    becomes=Operation.COLLECTION,
    command="exhibit add",
    page="none: an exhibit lies on a disk of the computer where the workspace is",
    about=("new",),
)
def add_exhibit(session: Session, new: NewExhibit) -> Added:
    """Take an exhibit in; returns its row, and what an image says of its acquisition. Only ever read.

    The digests that an E01 image states of its medium are compared with those of the sectors as they are. Killed
    before its end and called again for the same bytes, it adds what is missing.
    """
    ExhibitNumber.given(new.number)
    handling = read_handling(new.number, new.handling, new.restriction)
    kind = detect_kind(new.path)
    limits = evidence_limits(session.workspace)
    with sole_writer(session.workspace.operation(session.operation)):
        listed = list_exhibits(session)
        before = next((row for row in listed if row["exhibit"] == new.number), None)
        _require_told_apart(new.number, [row["exhibit"] for row in listed])
        digest = digest_exhibit(new.path) if before is None or _half_added(session, before) else None
        if digest is None or (before is not None and before["sha256"] != digest.sha256):
            raise UsageError(
                f"there is an exhibit {new.number} already",
                "Choose its own number for every exhibit.",
                code="USAGE-EXHIBIT",
            )
        row: ExhibitRow = before or {
            "exhibit": new.number,
            "sequence": len(listed) + 1,
            "kind": kind.value,
            "path": str(new.path.absolute() if isinstance(new.path, Path) else new.path),
            "size_bytes": digest.size_bytes,
            "sha256": digest.sha256,
            "authority": new.authority,
            "description": new.description,
            "seized_at": new.seized_at,
            "received_at": session.clock(),
            "handling": str(handling),
            "restriction": handling.restriction,
            "carve": new.carve,
            **_kept_passwords(session, new.passwords, limits),
        }
        acquisition = _acquisition(row, limits)
        if before is None:
            if acquisition is not None:
                name = part_name("acquisition", new.number, digest.sha256)
                session.store.write(ACQUISITIONS, name, [ACQUISITIONS.batch([acquisition])])
            session.store.write(EXHIBITS, _part(row), [EXHIBITS.batch([row])])
    from fairlead.register.custody import custody_of

    if not custody_of(session.user_id, session.operation, new.number, at=session.clock()):
        _record_custody(session, new, digest)
    facts: dict[str, str | int] = {"files": digest.files, "size_bytes": digest.size_bytes, **_options(row)}
    if acquisition is not None:
        facts["medium"] = acquisition["result"]
    session.record(
        Operation.COLLECTION,
        "exhibit.add",
        (new.number, digest.sha256),
        f"{new.reason}; {new.authority}",
        facts=facts,
    )
    return {**row, "files": digest.files, "acquisition": acquisition}


@verb(
    "exhibit.change",
    Action.ADD_EXHIBIT,
    becomes=Operation.ALTERATION,
    command="exhibit change",
    page="none: a list of passwords lies beside the exhibit",
    about=("number",),
)
def change_exhibit(
    session: Session, number: str, *, passwords: Path | None = None, carve: bool | None = None
) -> ExhibitRow:
    """Give an exhibit another list of passwords, or ask for a search of its free space; returns its row.

    The next run walks this exhibit again. What was received, its digest and its custody stay as they are.
    """
    limits = evidence_limits(session.workspace)
    changes: Changes = {}
    if passwords is not None:
        kept = _kept_passwords(session, passwords, limits)
        changes = {"passwords_path": kept["passwords_path"], "passwords_digest": kept["passwords_digest"]}
    if carve is not None:
        changes["carve"] = carve
    changed = rewrite_row(session, number, changes)
    session.record(
        Operation.ALTERATION,
        "exhibit.change",
        (number,),
        "how the exhibit is read was changed; the exhibit was not",
        facts=_options(changed),
    )
    return changed


def rewrite_row(session: Session, number: str, changes: Changes) -> ExhibitRow:
    """Give an exhibit's row other values, within an act; returns the row. UsageError when there is no such exhibit."""
    session.require_act()
    with sole_writer(session.workspace.operation(session.operation)):
        row = next((row for row in list_exhibits(session) if row["exhibit"] == number), None)
        if row is None:
            raise UsageError(
                f"there is no exhibit {number}", "`fairlead exhibit list` names all.", code="USAGE-EXHIBIT"
            )
        changed: ExhibitRow = {**row, **changes}
        others = {
            part.name
            for part in session.store.parts(EXHIBITS)
            if number not in part.read(["exhibit"])["exhibit"].to_pylist()
        }
        session.store.write(EXHIBITS, _part(changed), [EXHIBITS.batch([changed])])
        session.store.keep_only(EXHIBITS, {*others, _part(changed)})
    return changed


def read_handling(number: str, codes: str, restriction: str) -> Handling:
    """Handling codes as somebody states them for an exhibit; UsageError when they cannot be read."""
    if not codes.strip():
        raise UsageError(
            f"exhibit {number}: no handling code is given",
            "Give e.g. --handling H0+H1; H3 needs --restriction.",
            code="USAGE-HANDLING",
        )
    try:
        return parse_handling(codes, restriction)
    except ValueError as problem:
        raise UsageError(
            f"exhibit {number}: the handling codes cannot be read ({problem})",
            "Give e.g. --handling H0+H1; H3 needs --restriction.",
            code="USAGE-HANDLING",
        ) from problem


def _part(row: ExhibitRow) -> str:
    """The part of an exhibit: another one when it is to be read in another way, so that it is read again."""
    return part_name(
        "exhibit",
        row["exhibit"],
        row["sha256"],
        row["passwords_digest"] or "",
        "carve" if row["carve"] else "",
    )


def _options(row: ExhibitRow) -> dict[str, str | int]:
    """How an exhibit is read, for the ledger: the digest of the list, never a password."""
    return {"passwords": row["passwords_digest"] or "none", "carve": int(bool(row["carve"]))}


def _kept_passwords(session: Session, given: Path | None, limits: EvidenceLimits) -> _Passwords:
    if given is None:
        return {"passwords_path": None, "passwords_digest": None}
    kept, listed = keep_passwords(given, session.workspace.keys / "passwords", most=limits.passwords)
    return {"passwords_path": str(kept), "passwords_digest": listed.digest}


def _acquisition(row: ExhibitRow, limits: EvidenceLimits) -> AcquisitionRow | None:
    """The row of the table acquisitions; its result is ``unreadable`` where the medium cannot be read whole."""
    try:
        medium = shared_session(limits).medium(source_of(row))
    except (ItemError, ValueError, KeyError):
        return {"exhibit": row["exhibit"], "format": "ewf", "result": "unreadable", "header": []}
    return medium.row(row["exhibit"]) if medium is not None else None


def find_acquisition(session: Session, number: str) -> AcquisitionRow | None:
    """What the image of an exhibit says of its acquisition, and whether its digests fit."""
    catalogue = Catalogue(session.store, (ACQUISITIONS,))
    try:
        rows = catalogue.rows_as(AcquisitionRow, "SELECT * FROM acquisitions WHERE exhibit = ?", [number])
    finally:
        catalogue.close()
    return rows[0] if rows else None


def _half_added(session: Session, row: ExhibitRow) -> bool:
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
