"""Opens packages of other countries in this workspace, and writes the receipt."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fairlead.case.log.restoration import Explained, checkpoints_of, explain_continuations
from fairlead.case.place.keys import LeadKeys, officer
from fairlead.case.place.session import Clock, Session, operator_name, utc_now
from fairlead.case.place.workspace import Workspace
from fairlead.engine.below import HeldFolder, hold_folder, write_tree
from fairlead.leads.dsse import refused
from fairlead.leads.opening import Expected, VerifiedPackage
from fairlead.leads.recall import verify_recall
from fairlead.leads.receipt import Receipt, ReceiptState, sign_receipt
from fairlead.leads.rehearsal import verify_package
from fairlead.ledger.checkpoint import Checkpoint, parse_checkpoint
from fairlead.ledger.notes import parse_note_key
from fairlead.register.database import open_register
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import BagPath, OperationSlug, PackageName

_RECEIVED, _LAST = "received", "last.json"


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
    clock: Clock = utc_now,
) -> VerifiedPackage:
    """Verify a package file; nothing is written. Raises ItemError with the reason when it is refused."""
    if not file.is_file() or not identity_file.is_file():
        raise UsageError("the package or the key file is not there", "Check the paths.", code="USAGE-FILE")
    expected = Expected(
        country=keys.country,
        officers=keys.officers,
        ledger=keys.ledger,
        valid_until=keys.valid_until,
        witnesses=[parse_note_key(path.read_text()) for path in witness_keys],
        needed_witnesses=needed_witnesses,
        seen=seen,
        earlier=earlier,
        restored_at=restored_at,
        now=clock(),
    )
    return verify_package(file.read_bytes(), identity_file.read_text(), expected)


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
    first = check_package(file, identity_file, keys, clock=clock)
    open_register(workspace.register)
    from fairlead.register.people import get_user

    user = get_user(operator_name(user_name))
    signer = officer(workspace, officer_name, at=clock())
    accepted = OperationSlug.given(accept_operation) if accept_operation is not None else None
    _require_accepted(workspace, first, accepted)
    with (
        hold_folder(workspace.root) as root,
        root.below(_RECEIVED, first.operation, first.from_country, make=True) as folder,
    ):
        _require_not_recalled(folder, first.package, keys)
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
        Operation.COLLECTION, "package.open", (verified.package, digest), "package received", facts=facts
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


def _require_not_recalled(folder: HeldFolder, package: PackageName, keys: LeadKeys) -> None:
    """ItemError for a package whose recall as a whole was acknowledged here."""
    for name in folder.names():
        of_it = name.startswith(f"{package}.") and name.endswith(".recalled.json")
        notice = folder.read(name) if of_it else None
        if notice is not None and not verify_recall(notice.decode(), keys.officers)[0].leads:
            raise refused(
                f"{package} was recalled as a whole, and that was acknowledged here", "PACKAGE-RECALLED"
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
    folder = workspace.root / _RECEIVED / verified.operation / verified.from_country
    return explain_continuations(folder, verified.continuations)


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
