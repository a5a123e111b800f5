"""The recipient's signed answers: receipts, outcomes and acknowledgements for packages opened here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairlead.case.place.keys import LeadKeys, officer, own_officers
from fairlead.case.place.workspace import Workspace
from fairlead.case.receiving.foreign import plain_text, require_valid_key
from fairlead.engine.below import hold_folder
from fairlead.leads.dsse import CLOCKS_APART, refused
from fairlead.leads.outcome import Outcome, OutcomeFile, sign_outcomes
from fairlead.leads.recall import Recall, acknowledge_recall, verify_recall
from fairlead.leads.receipt import ReceiptState, sign_receipt, verify_receipt
from fairlead.leads.rehearsal import read_partner_text
from fairlead.terms.errors import UsageError
from fairlead.terms.names import CountryCode, PackageName


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
    found = received_package(workspace, package, sender=sender)
    opened, _ = verify_receipt(
        (found.parent / f"{found.name}.receipt.json").read_text(), own_officers(workspace)
    )
    if state is ReceiptState.REFUSED and not reason.strip():
        raise UsageError("a refusal says why", "Give --reason.", code="USAGE-REASON")
    answer = replace(opened, state=state, reason=reason, at=at)
    return sign_receipt(answer, officer(workspace, officer_name, at=at))


def write_outcomes(
    workspace: Workspace,
    package_folder: Path,
    outcomes: tuple[Outcome, ...],
    *,
    officer_name: str,
    at: datetime,
) -> str:
    """A recipient's signed outcomes for leads of a package it has opened."""
    cover = json.loads((package_folder / "data" / "package.json").read_text())
    strange = [o.lead for o in outcomes if o.lead not in cover["leads"]]
    if strange:
        raise UsageError(
            f"{strange[0]} is not a lead of package {cover['package']}",
            f"Its leads are: {', '.join(cover['leads'])}.",
            code="USAGE-LEAD",
        )
    opened, _ = verify_receipt(
        (package_folder.parent / f"{cover['package']}.receipt.json").read_text(), own_officers(workspace)
    )
    file = OutcomeFile(
        package=cover["package"], sha256=opened.sha256, country=cover["to"], at=at, outcomes=outcomes
    )
    return sign_outcomes(file, officer(workspace, officer_name, at=at))


def received_package(workspace: Workspace, package: str, *, sender: str | None = None) -> Path:
    """The folder of a package this workspace has opened; UsageError when there is none.

    Two countries may have sent packages of one name: then ``sender`` has to say which is meant.
    """
    name = PackageName.given(package)
    senders = workspace.root / "received" / name.operation
    found = (
        [
            senders / country / name
            for country in sorted(entry.name for entry in senders.iterdir())
            if CountryCode.fits(country) and sender in (None, country) and (senders / country / name).is_dir()
        ]
        if senders.is_dir()
        else []
    )
    if len(found) > 1:
        raise UsageError(
            f"packages {name} of several countries were opened here",
            "Say with --from which country's is meant.",
            code="USAGE-PACKAGE",
        )
    if not found:
        raise UsageError(
            f"package {name} was not opened in this workspace",
            "Open it with `fairlead package open`.",
            code="USAGE-PACKAGE",
        )
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredRecall:
    """A recall that was answered. ``opened``: the package had been opened here; ``again``: the notice had been answered."""

    recall: Recall
    acknowledgement: str
    opened: bool
    again: bool


def answer_recall(
    workspace: Workspace, notice: Path, keys: LeadKeys, *, officer_name: str, at: datetime
) -> AnsweredRecall:
    """On the recipient's side: check a notice, mark the package as recalled, and sign the acknowledgement.

    It has to be about the bytes, the country and the leads of the package that was opened here, and signed after that was
    built. A package that was not opened is marked all the same: there is nothing to erase, and the recall is answered.
    Raises ItemError for a notice that is not to be believed.
    """
    text = read_partner_text(notice)
    recall, signer = verify_recall(text, keys.officers)
    plain_text(recall.reason, code="PACKAGE-RECALL")
    if recall.at.tzinfo is None or recall.at > at + CLOCKS_APART:
        raise refused("the recall's time lies in the future, or has no offset", "PACKAGE-RECALL")
    require_valid_key(keys, signer, recall.at)
    name = PackageName.given(recall.package)
    if recall.country != name.country:
        raise refused("the notice is addressed to another country than the package", "PACKAGE-RECALL")
    signed = officer(workspace, officer_name, at=at)
    digest = hashlib.sha256(text.encode()).hexdigest()
    folder = workspace.root / "received" / name.operation / keys.country
    opened = (folder / name).is_dir()
    if opened:
        _require_about(recall, folder / name, own_officers(workspace))
    with (
        hold_folder(workspace.root / "received") as top,
        top.below(name.operation, keys.country, make=True) as place,
    ):
        kept = f"{name}.{digest[:16]}.recalled.json"
        again = place.holds(kept)
        place.write(kept, text.encode())
    return AnsweredRecall(
        recall=recall,
        acknowledgement=acknowledge_recall(recall, signed, notice=digest, at=at),
        opened=opened,
        again=again,
    )


def _require_about(recall: Recall, folder: Path, own: Mapping[str, Ed25519PublicKey]) -> None:
    """ItemError for a notice about other bytes or leads than those of an opened package, or older than it."""
    opened, _ = verify_receipt((folder.parent / f"{folder.name}.receipt.json").read_text(), own)
    cover = json.loads((folder / "data" / "package.json").read_text())
    if recall.sha256 != opened.sha256:
        raise refused("the notice is about other bytes than those that were opened here", "PACKAGE-RECALL")
    if not set(recall.leads) <= set(cover["leads"]):
        raise refused("the notice names leads that are not in the package", "PACKAGE-RECALL")
    if recall.at < datetime.fromisoformat(cover["built_at"]) - CLOCKS_APART:
        raise refused("the notice is older than the package", "PACKAGE-RECALL")
