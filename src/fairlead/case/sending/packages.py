"""Builds packages from what the register shows for a country, opens packages, and keeps receipts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from fairlead.case.log.ledger import prove_entry
from fairlead.case.log.restoration import (
    Explained,
    Missing,
    checkpoints_of,
    explain_continuations,
    next_number,
    note_missing,
)
from fairlead.case.place.keys import LeadKeys, lead_keys, officer
from fairlead.case.place.session import Clock, Session, operator_name, utc_now
from fairlead.case.place.workspace import Workspace
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.lock import in_turn
from fairlead.leads.build import lead_id
from fairlead.leads.diff import diff_leads
from fairlead.leads.document import LeadDocument
from fairlead.leads.dsse import refused
from fairlead.leads.facts import gather_country
from fairlead.leads.opening import VerifiedPackage, verify_package
from fairlead.leads.package import BuiltPackage, PackagePlan, build_package
from fairlead.leads.receipt import Receipt, ReceiptState, sign_receipt, verify_receipt
from fairlead.ledger.checkpoint import Checkpoint, parse_checkpoint
from fairlead.ledger.notes import parse_note, parse_note_key
from fairlead.register.actions import Action
from fairlead.register.database import open_register
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

_PROOFS = 64  # a country that did not open so many packages in a row has to ask for the proof it lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Who prepares, who releases, and on what ground."""

    preparer: str
    releaser: str
    legal_basis: str = "Directive (EU) 2023/977; national law on police cooperation"
    purpose: str = "investigation of offences concerning child sexual abuse material"
    h3_release: str = ""


def build_for_country(session: Session, country: str, release: Release) -> tuple[Path, BuiltPackage]:
    """Build the next package for a country from its published leads; returns where it lies.

    Two processes that build for one country do it one after the other, so that every package has its number.
    """
    folder = session.workspace.operation(session.operation) / "packages"
    with in_turn(folder / f".{country}.lock"):
        return _build_next(session, country, release, folder)


def _build_next(session: Session, country: str, release: Release, folder: Path) -> tuple[Path, BuiltPackage]:
    from fairlead.register.followup import held_persons
    from fairlead.register.leads import find_leads, last_package_version, record_package
    from fairlead.register.people import countries_of, get_user

    session.require(Action.RELEASE, country=country)
    at = session.clock()
    participants = countries_of(get_user(session.user_name), session.operation, at=at)
    if country not in participants:
        raise UsageError(
            f"{country} takes no part in this operation",
            "`fairlead operation show` lists the countries.",
            code="USAGE-COUNTRY",
        )
    held = held_persons(session.user_id, session.operation, at=at)
    rows = find_leads(session.user_id, session.operation, at=at, country=country)
    rows = [row for row in rows if not _is_held(row, held)]
    if not rows:
        raise UsageError(
            f"there is no lead for {country}",
            "Compute leads with `fairlead lead publish`; without leads nothing is sent.",
            code="USAGE-LEAD",
        )
    known = last_package_version(session.user_id, session.operation, country, at=at)
    version = next_number(session.workspace, known)
    plan = PackagePlan(
        package=f"{session.operation}-{country}-{version:04d}",
        version=version,
        operation=session.operation,
        from_country=next(code for code, row in participants.items() if row.role == "lead"),
        to_country=country,
        legal_basis=release.legal_basis,
        purpose=release.purpose,
        built_at=at,
        recipients=tuple(participants[country].age_recipients),
        leads=tuple(LeadDocument.model_validate(row["body"]) for row in rows),
        material=_material(session, country),
        held=frozenset(held),
        h3_release=release.h3_release,
    )
    officers = [officer(session.workspace, name) for name in (release.preparer, release.releaser)]

    shown = folder / f".{country}.shown"  # sizes of the log that this country was shown, the last one last
    sizes = [int(line) for line in shown.read_text().split()] if shown.is_file() else []

    def prove(manifest_sha256: str) -> dict[str, Any]:
        index = session.record(
            Operation.DISCLOSURE,
            "package.build",
            (plan.package, manifest_sha256, *(lead.lead for lead in plan.leads)),
            plan.legal_basis,
            recipient=country,
            facts={"leads": len(plan.leads), "version": version},
        )
        proof = prove_entry(session.workspace, index, since=sizes[-_PROOFS:])
        sizes.append(parse_checkpoint(parse_note(proof["checkpoint"]).text).size)
        return proof

    built = build_package(plan, officers, prove)
    path = folder / built.name
    temporary = path.with_name(f".{path.name}")
    temporary.write_bytes(built.data)
    temporary.rename(path)
    shown.write_text("".join(f"{size}\n" for size in sizes))
    record_package(
        session.user_id,
        session.operation,
        country=country,
        package=plan.package,
        version=version,
        leads={lead.lead: lead.version for lead in plan.leads},
        sha256=built.sha256,
        prepared_by=release.preparer,
        released_by=release.releaser,
        at=at,
    )
    return path, built


def _is_held(row: dict[str, Any], held: set[str]) -> bool:
    """Whether the lead is about a person on hold, as its own person or as one kept apart beside it."""
    return bool(held & {row["person"], *(r["person"] for r in row["body"]["related"])})


def preview(session: Session, country: str, *, limit: int | None = None) -> list[dict[str, Any]]:
    """Who would receive what: one row a lead, with what changed since it was last sent, and what is held back.

    ``limit`` gives the first rows only, for a page.
    """
    from fairlead.register.followup import find_versions, held_persons, last_sent
    from fairlead.register.leads import find_leads

    at = session.clock()
    held = held_persons(session.user_id, session.operation, at=at)
    rows = find_leads(session.user_id, session.operation, at=at, country=country, limit=limit)
    sent = last_sent(session.user_id, session.operation, country, at=at)
    changed = {row["lead"]: sent[row["lead"]][1] for row in rows if _differs(row, sent)}
    bodies = find_versions(session.user_id, session.operation, changed, at=at)
    listed = []
    for row in rows:
        body, before = row["body"], bodies.get(row["lead"])
        diff = (
            diff_leads(LeadDocument.model_validate(before), LeadDocument.model_validate(body))
            if before
            else None
        )
        unsent = len(body["statements"]) if row["lead"] not in sent else 0
        listed.append(
            {
                "lead": row["lead"],
                "grade": row["grade"],
                "version": row["version"],
                "handling": body["handling"],
                "statements": len(body["statements"]),
                "selectors": sum(
                    s["section"] in ("selectors", "subject", "related") for s in body["statements"]
                ),
                "last_sent": sent[row["lead"]][0] if row["lead"] in sent else None,
                "added": len(diff.added) if diff else unsent,
                "changed": len(diff.changed) if diff else 0,
                "removed": len(diff.removed) if diff else 0,
                "held": _is_held(row, held),
            }
        )
    session.record(
        Operation.CONSULTATION,
        "package.preview",
        (country,),
        "release prepared",
        facts={"leads": len(listed)},
    )
    return listed


def _differs(row: dict[str, Any], sent: dict[str, tuple[str, int]]) -> bool:
    """Whether a lead was sent in another version than it has now."""
    return row["lead"] in sent and sent[row["lead"]][1] != row["version"]


def _material(session: Session, country: str) -> dict[str, list[dict[str, Any]]]:
    catalogue = Catalogue(session.store)
    try:
        facts = gather_country(catalogue, country)
    finally:
        catalogue.close()
    return {lead_id(country, lead.head.identity): lead.head.material for lead in facts.leads}


def check_package(
    file: Path,
    identity_file: Path,
    keys: LeadKeys,
    *,
    witness_keys: tuple[Path, ...] = (),
    needed_witnesses: int = 0,
    seen: Checkpoint | None = None,
    earlier: Sequence[Checkpoint] = (),
    restored_at: datetime | None = None,
) -> VerifiedPackage:
    """Verify a package file; nothing is written. Raises ItemError with the reason when it is refused."""
    if not file.is_file() or not identity_file.is_file():
        raise UsageError("the package or the key file is not there", "Check the paths.", code="USAGE-FILE")
    return verify_package(
        file.read_bytes(),
        identity_file.read_text(),
        officers=keys.officers,
        ledger=keys.ledger,
        valid_until=keys.valid_until,
        witnesses=[parse_note_key(path.read_text()) for path in witness_keys],
        needed_witnesses=needed_witnesses,
        seen=seen,
        earlier=earlier,
        restored_at=restored_at,
    )


def open_for_recipient(
    workspace: Workspace,
    file: Path,
    identity_file: Path,
    keys: LeadKeys,
    *,
    officer_name: str,
    user_name: str | None = None,
    clock: Clock = utc_now,
) -> tuple[VerifiedPackage, Path]:
    """Verify a package, keep its files in the recipient's workspace, and write a signed receipt.

    An older version than one opened before is refused as a replay; the same one may be opened again.
    """
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    first = check_package(file, identity_file, keys)
    folder = workspace.root / "received" / first.operation / first.from_country
    state_file = folder / "last.json"
    last = _last_opened(state_file)
    if first.version < last.version or (first.version == last.version and digest != last.sha256):
        raise refused(
            f"version {last.version} of this country's package was opened before; this is version "
            f"{first.version}",
            "PACKAGE-REPLAY",
        )
    # The same package may be opened again; every newer one must continue the log as this country has seen it.
    seen = last.checkpoint if digest != last.sha256 else None
    verified = check_package(
        file,
        identity_file,
        keys,
        seen=seen,
        earlier=checkpoints_of(folder),
        restored_at=last.restored_at,
    )
    signer = officer(workspace, officer_name)
    _keep(folder / verified.package, verified)
    receipt = Receipt(
        package=verified.package,
        version=verified.version,
        sha256=digest,
        country=verified.to_country,
        state=ReceiptState.OPENED,
        reason="",
        at=clock(),
    )
    signed = sign_receipt(receipt, signer)
    receipt_file = folder / f"{verified.package}.receipt.json"
    receipt_file.write_text(signed)
    restored_at = verified.continuations[-1].restored_at.isoformat() if verified.continuations else ""
    opened = {
        "version": verified.version,
        "sha256": digest,
        "checkpoint": str(verified.checkpoint),
        "restored_at": restored_at,
    }
    state_file.write_text(json.dumps(opened) + "\n")
    open_register(workspace.register)
    from fairlead.register.people import get_user

    user = get_user(operator_name(user_name))
    session = Session(
        workspace=workspace, user_id=user.pk, user_name=user.username, operation="", clock=clock
    )
    facts: dict[str, str | int] = {"leads": len(verified.leads), "version": verified.version}
    if verified.continuations:
        facts["continues_entries"] = verified.continuations[-1].entries
    session.record(
        Operation.COLLECTION,
        "package.open",
        (verified.package, digest),
        "package received",
        facts=facts,
    )
    return verified, receipt_file


def explain_restoring(workspace: Workspace, verified: VerifiedPackage) -> Explained | None:
    """What a recipient is told when a package comes from a restored workspace; None when it does not."""
    folder = workspace.root / "received" / verified.operation / verified.from_country
    return explain_continuations(folder, verified.continuations)


def answer_package(
    workspace: Workspace, package: str, state: ReceiptState, *, reason: str, officer_name: str, at: datetime
) -> str:
    """The recipient's signed acceptance or refusal of a package it has opened."""
    from fairlead.case.sending.followup import received_package

    folder = received_package(workspace, package)
    opened, _ = verify_receipt(
        (folder.parent / f"{package}.receipt.json").read_text(), lead_keys(workspace, "").officers
    )
    answer = replace(opened, state=state, reason=reason, at=at)
    return sign_receipt(answer, officer(workspace, officer_name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _LastOpened:
    version: int = 0
    sha256: str = ""
    checkpoint: Checkpoint | None = None
    restored_at: datetime | None = None


def _last_opened(state_file: Path) -> _LastOpened:
    """Which package of a country this workspace opened last, and which checkpoint it showed."""
    if not state_file.is_file():
        return _LastOpened()
    value = json.loads(state_file.read_text())
    return _LastOpened(
        version=int(value["version"]),
        sha256=str(value["sha256"]),
        checkpoint=parse_checkpoint(str(value["checkpoint"])),
        restored_at=datetime.fromisoformat(value["restored_at"]) if value.get("restored_at") else None,
    )


def _keep(folder: Path, verified: VerifiedPackage) -> None:
    """Write the files of a package to a temporary folder and rename it: whole or not at all."""
    if folder.exists():
        return
    temporary = folder.with_name(f".{folder.name}")
    for path, data in verified.files.items():
        target = temporary / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    temporary.rename(folder)


def take_receipt(session: Session, file: Path, keys: LeadKeys) -> Receipt:
    """Check a recipient's receipt and keep it with its package."""
    from fairlead.register.leads import find_packages, record_receipt

    receipt, signer = verify_receipt(file.read_text(), keys.officers)
    rows = find_packages(session.user_id, session.operation, at=session.clock())
    match = next((r for r in rows if r["package"] == receipt.package), None)
    if match is None and note_missing(
        session.workspace,
        Missing(
            package=receipt.package,
            country=receipt.country,
            sha256=receipt.sha256,
            told_at=session.clock().isoformat(),
        ),
    ):
        raise refused(
            f"package {receipt.package} is not known to this workspace, which was restored from a backup: it was sent "
            "after that backup, and is now listed by `fairlead doctor` as missing",
            "PACKAGE-RECEIPT",
        )
    if match is None or match["sha256"] != receipt.sha256 or match["country"] != receipt.country:
        raise refused("the receipt is about bytes that were never sent from here", "PACKAGE-RECEIPT")
    kept = {
        "state": receipt.state.value,
        "at": receipt.at.isoformat(),
        "signer": signer,
        "reason": receipt.reason,
    }
    record_receipt(session.user_id, receipt.package, kept, at=session.clock())
    session.record(
        Operation.COLLECTION,
        "package.receipt",
        (receipt.package,),
        receipt.state.value,
        recipient=receipt.country,
    )
    return receipt
