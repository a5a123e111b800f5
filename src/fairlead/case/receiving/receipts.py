"""Takes in receipts: what a country did with a package, in the order of its own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fairlead.case.place.session import Session
from fairlead.case.receiving.foreign import get_answered, origin_of, plain_text
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.leads.receipt import Receipt, verify_receipt
from fairlead.register.actions import Action
from fairlead.register.rows import KeptReceipt
from fairlead.terms.custody import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenReceipt:
    """A receipt that was taken in. ``again``: the same file was here before; ``older``: a later answer holds."""

    receipt: Receipt
    again: bool
    older: bool


@verb(
    "package.receipt",
    Action.ANSWER,
    Action.RELEASE,
    becomes=Operation.COLLECTION,
    command="package receipt",
    page="workbench:incoming",
    about=("untrusted_text",),
    of=in_country("country"),
    whole=True,
)
def take_receipt(session: Session, country: str, untrusted_text: str) -> TakenReceipt:
    """Check a country's receipt and keep it with its package; an older one never takes the place of a newer."""
    from fairlead.register.leads import record_receipt

    origin = origin_of(session, country, untrusted_text)
    receipt, signer = verify_receipt(untrusted_text, origin.keys.officers)
    sent = get_answered(
        session,
        origin,
        package=receipt.package,
        sha256=receipt.sha256,
        country=receipt.country,
        signer=signer,
        at=receipt.at,
        code="PACKAGE-RECEIPT",
    )
    before = sent["receipt"]
    taken = [*before.get("taken", ())] if before else []
    again = not {origin.signed_sha256, origin.sha256}.isdisjoint(
        taken
    )  # older versions kept the file's digest
    reason = plain_text(receipt.reason, code="PACKAGE-RECEIPT")
    older = before is not None and receipt.at < datetime.fromisoformat(before["at"])
    kept: KeptReceipt = (
        before
        if before is not None and (older or again)
        else {
            "state": receipt.state.value,
            "at": receipt.at.isoformat(),
            "signer": signer,
            "reason": reason,
        }
    )
    record_receipt(
        session.user_id,
        receipt.package,
        {**kept, "taken": taken if again else [*taken, origin.signed_sha256]},
        at=session.clock(),
    )
    session.record(
        Operation.COLLECTION,
        "package.receipt",
        (receipt.package, origin.sha256),
        receipt.state.value,
        recipient=receipt.country,
        facts={"again": int(again), "older": int(older)},
    )
    return TakenReceipt(receipt=receipt, again=again, older=older)
