"""Builds packages from what the register shows for a country, opens packages, and keeps receipts."""

from __future__ import annotations

import hashlib
import io
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
from fairlead.case.persons.anchors import held_now
from fairlead.case.place.keys import LeadKeys, officer, own_officers
from fairlead.case.place.session import Clock, Session, operator_name, utc_now
from fairlead.case.place.workspace import Workspace
from fairlead.case.sending.concerned import country_of_keys
from fairlead.case.sending.recipients import require_same
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.engine.below import HeldFolder, hold_folder, write_tree
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
from fairlead.leads.recipients import AgeRecipient
from fairlead.ledger.checkpoint import Checkpoint, parse_checkpoint
from fairlead.ledger.notes import parse_note, parse_note_key
from fairlead.register.actions import Action
from fairlead.register.database import open_register
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import BagPath, CountryCode, OperationSlug, PackageName

_RECEIVED, _LAST = "received", "last.json"

_PROOFS = 64  # a country that did not open so many packages in a row has to ask for the proof it lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Who prepares, who releases, on what ground, and the recipient keys they were shown, by fingerprint.

    Without ``fingerprints`` the keys are taken as they are.
    """

    preparer: str
    releaser: str
    legal_basis: str = "Directive (EU) 2023/977; national law on police cooperation"
    purpose: str = "investigation of offences concerning child sexual abuse material"
    h3_release: str = ""
    fingerprints: tuple[str, ...] | None = None


@verb(
    "package.build",
    Action.RELEASE,
    becomes=Operation.DISCLOSURE,
    command="package build",
    page="workbench:decide",
    about=("country",),
    of=in_country("country"),
    people=2,
)
def build_for_country(session: Session, country: str, release: Release) -> tuple[Path, BuiltPackage]:
    """Build the next package for a country from its published leads; returns where it lies.

    Two processes that build for one country do it one after the other, so that every package has its number.
    """
    country = CountryCode.given(country)
    folder = session.workspace.operation(session.operation) / "packages"
    with in_turn(folder / f".{country}.lock"):
        return _build_next(session, country, release, folder)


def _build_next(session: Session, country: str, release: Release, folder: Path) -> tuple[Path, BuiltPackage]:
    from fairlead.register.leads import find_leads, last_package_version, record_package
    from fairlead.register.people import countries_of, get_user

    at = session.clock()
    participants = countries_of(get_user(session.user_name), session.operation, at=at)
    if country not in participants:
        raise UsageError(
            f"{country} takes no part in this operation",
            "`fairlead operation show` lists the countries.",
            code="USAGE-COUNTRY",
        )
    if release.fingerprints is not None:
        require_same(participants[country].age_recipients, release.fingerprints)
    held = held_now(session)
    published = find_leads(session.user_id, session.operation, at=at, country=country)
    rows = [row for row in published if not held.holds(row)]
    if not rows:
        raise UsageError(
            f"there is no lead for {country}",
            "Compute leads with `fairlead lead publish`; without leads nothing is sent.",
            code="USAGE-LEAD",
        )
    known = last_package_version(session.user_id, session.operation, country, at=at)
    version = next_number(session.workspace, known)
    plan = PackagePlan(
        package=PackageName.given(f"{session.operation}-{country}-{version:04d}"),
        version=version,
        operation=session.operation,
        from_country=next(code for code, row in participants.items() if row.role == "lead"),
        to_country=country,
        legal_basis=release.legal_basis,
        purpose=release.purpose,
        built_at=at,
        recipients=tuple(AgeRecipient.parse(text) for text in sorted(participants[country].age_recipients)),
        leads=tuple(LeadDocument.model_validate(row["body"]) for row in rows),
        material=_material(session, country),
        held=held.persons(published),
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


def preview(session: Session, country: str, *, limit: int | None = None) -> list[dict[str, Any]]:
    """Who would receive what: one row a lead, with what changed since it was last sent, and what is held back.

    ``limit`` gives the first rows only, for a page.
    """
    from fairlead.register.followup import find_versions, last_sent
    from fairlead.register.leads import find_leads

    at = session.clock()
    held = held_now(session)
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
                "held": held.holds(row),
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
        country=keys.country,
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
    accept_operation: str | None = None,
    user_name: str | None = None,
    clock: Clock = utc_now,
) -> tuple[VerifiedPackage, Path]:
    """Verify a package, keep its files in the recipient's workspace, and write a signed receipt.

    The package's operation is one that this workspace takes part in, or ``accept_operation``: once it was accepted
    from a country, its later packages are. An older version than one opened before is refused as a replay; the same
    one may be opened again. Nothing is written but below the folder of this operation and country.
    """
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    first = check_package(file, identity_file, keys)
    open_register(workspace.register)
    from fairlead.register.people import get_user

    user = get_user(operator_name(user_name))
    signer = officer(workspace, officer_name)
    accepted = OperationSlug.given(accept_operation) if accept_operation is not None else None
    _require_accepted(workspace, first, accepted)
    with (
        hold_folder(workspace.root) as root,
        root.below(_RECEIVED, first.operation, first.from_country, make=True) as folder,
    ):
        verified = _newer_than_last(folder, first, digest, file, identity_file, keys)
        _keep(folder, verified)
        receipt = Receipt(
            package=verified.package,
            version=verified.version,
            sha256=digest,
            country=verified.to_country,
            state=ReceiptState.OPENED,
            reason="",
            at=clock(),
        )
        receipt_file = folder.write(
            f"{verified.package}.receipt.json", sign_receipt(receipt, signer).encode()
        )
        opened = {
            "version": verified.version,
            "sha256": digest,
            "checkpoint": str(verified.checkpoint),
            "restored_at": (
                verified.continuations[-1].restored_at.isoformat() if verified.continuations else ""
            ),
        }
        folder.write(_LAST, (json.dumps(opened) + "\n").encode())
    session = Session(
        workspace=workspace, user_id=user.pk, user_name=user.username, operation="", clock=clock
    )
    facts: dict[str, str | int] = {
        "leads": len(verified.leads),
        "version": verified.version,
        "operation": verified.operation,
        "from": verified.from_country,
    }
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


def _require_accepted(workspace: Workspace, package: VerifiedPackage, accepted: OperationSlug | None) -> None:
    """Stop with USAGE-ACCEPT unless packages of this operation are expected from this country."""
    from fairlead.register.people import lead_of

    if accepted == package.operation or lead_of(package.operation) == package.from_country:
        return
    if (workspace.root / _RECEIVED / package.operation / package.from_country / _LAST).is_file():
        return
    raise UsageError(
        f"this workspace takes no part in operation {package.operation} of {package.from_country}",
        f"If you expect packages of it, open it once with `--accept-operation {package.operation}`.",
        code="USAGE-ACCEPT",
    )


def _newer_than_last(
    folder: HeldFolder,
    first: VerifiedPackage,
    digest: str,
    file: Path,
    identity_file: Path,
    keys: LeadKeys,
) -> VerifiedPackage:
    """The package, checked against what this workspace opened last of the same country and operation."""
    last = _last_opened(folder.read(_LAST))
    if first.version < last.version or (first.version == last.version and digest != last.sha256):
        raise refused(
            f"version {last.version} of this country's package was opened before; this is version "
            f"{first.version}",
            "PACKAGE-REPLAY",
        )
    # The same package may be opened again; every newer one must continue the log as this country has seen it.
    seen = last.checkpoint if digest != last.sha256 else None
    return check_package(
        file,
        identity_file,
        keys,
        seen=seen,
        earlier=checkpoints_of(folder.path),
        restored_at=last.restored_at,
    )


def explain_restoring(workspace: Workspace, verified: VerifiedPackage) -> Explained | None:
    """What a recipient is told when a package comes from a restored workspace; None when it does not."""
    folder = workspace.root / "received" / verified.operation / verified.from_country
    return explain_continuations(folder, verified.continuations)


def answer_package(
    workspace: Workspace,
    package: str,
    state: ReceiptState,
    *,
    reason: str,
    officer_name: str,
    at: datetime,
    sender: str | None = None,
) -> str:
    """The recipient's signed acceptance or refusal of a package it has opened; ``sender`` says whose, where two are."""
    from fairlead.case.sending.followup import received_package

    found = received_package(workspace, package, sender=sender)
    opened, _ = verify_receipt(
        (found.parent / f"{found.name}.receipt.json").read_text(), own_officers(workspace)
    )
    answer = replace(opened, state=state, reason=reason, at=at)
    return sign_receipt(answer, officer(workspace, officer_name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _LastOpened:
    version: int = 0
    sha256: str = ""
    checkpoint: Checkpoint | None = None
    restored_at: datetime | None = None


def _last_opened(kept: bytes | None) -> _LastOpened:
    """Which package of a country this workspace opened last, and which checkpoint it showed."""
    if kept is None:
        return _LastOpened()
    value = json.loads(kept)
    return _LastOpened(
        version=int(value["version"]),
        sha256=str(value["sha256"]),
        checkpoint=parse_checkpoint(str(value["checkpoint"])),
        restored_at=datetime.fromisoformat(value["restored_at"]) if value.get("restored_at") else None,
    )


def _keep(folder: HeldFolder, verified: VerifiedPackage) -> None:
    """Write the files of a package to a temporary folder and rename it: whole or not at all."""
    if folder.holds(verified.package):
        return
    temporary = f".{verified.package}"
    folder.remove(temporary)
    with folder.below(temporary, make=True) as bag:
        for path, data in verified.files.items():
            write_tree(bag, BagPath.parse(path).parts, io.BytesIO(data))
    folder.rename(temporary, verified.package)


@verb(
    "package.receipt",
    Action.ANSWER,
    Action.RELEASE,
    becomes=Operation.COLLECTION,
    command="package receipt",
    page="workbench:incoming",
    about=("file",),
    of=country_of_keys,
    whole=True,
)
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
