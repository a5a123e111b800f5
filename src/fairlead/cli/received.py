"""The recipient's half of `fairlead package`: verify, open, accept, refuse, recalled."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.place.keys import parse_lead_keys
from fairlead.case.place.session import utc_now
from fairlead.case.receiving.answers import answer_package, answer_recall
from fairlead.case.receiving.opening import check_package, explain_restoring, open_for_recipient
from fairlead.cli.options import OUTPUT, json_option, user_option, workspace_of, workspace_option
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.leads.opening import VerifiedPackage
from fairlead.leads.receipt import ReceiptState
from fairlead.leads.rehearsal import read_partner_text

_FILE = click.Path(path_type=Path, dir_okay=False)
_FROM = click.option(
    "--from", "sender", metavar="COUNTRY", help="Whose package is meant; needed when two have one name."
)


@click.command("recalled")
@click.argument("notice", type=_FILE)
@click.option("--lead-keys", type=_FILE, required=True, help="The lead country's public keys.")
@click.option("--officer", required=True, help="Officer of this workspace who acknowledges.")
@click.option("--output", type=OUTPUT, required=True, help="Where to write the acknowledgement.")
@workspace_option
def recalled(
    notice: Path, lead_keys: Path, officer: str, output: Path, workspace: Path | None, *, as_json: bool
) -> None:
    """As the recipient: check a recall NOTICE, mark the package, and sign the acknowledgement."""
    answered = answer_recall(
        workspace_of(workspace),
        notice,
        parse_lead_keys(read_partner_text(lead_keys)),
        officer_name=officer,
        at=utc_now(),
    )
    output.write_text(answered.acknowledgement)
    recall = answered.recall
    answer = {
        "package": recall.package,
        "leads": list(recall.leads) or "all",
        "reason": recall.reason,
        "opened_here": answered.opened,
        "again": answered.again,
    }
    if as_json:
        print_json({**answer, "acknowledgement": str(output)})
    else:
        print_facts("Recall acknowledged. Stop using what it names, and erase or restrict it.", answer)


@click.command("accept")
@click.argument("package_id", metavar="PACKAGE")
@_FROM
@click.option("--officer", required=True, help="Officer of this workspace who signs.")
@click.option("--output", type=OUTPUT, required=True, help="Where to write the receipt.")
@workspace_option
def accept(
    package_id: str, sender: str | None, officer: str, output: Path, workspace: Path | None, *, as_json: bool
) -> None:
    """As the recipient: say that an opened PACKAGE is accepted."""
    _answer(package_id, sender, ReceiptState.ACCEPTED, "", officer, output, workspace, as_json=as_json)


@click.command("refuse")
@click.argument("package_id", metavar="PACKAGE")
@_FROM
@click.option("--reason", required=True, help="Why it is refused.")
@click.option("--officer", required=True, help="Officer of this workspace who signs.")
@click.option("--output", type=OUTPUT, required=True, help="Where to write the receipt.")
@workspace_option
def refuse(
    package_id: str,
    sender: str | None,
    reason: str,
    officer: str,
    output: Path,
    workspace: Path | None,
    *,
    as_json: bool,
) -> None:
    """As the recipient: say that an opened PACKAGE is refused, and why."""
    _answer(package_id, sender, ReceiptState.REFUSED, reason, officer, output, workspace, as_json=as_json)


def _answer(
    package_id: str,
    sender: str | None,
    state: ReceiptState,
    reason: str,
    officer: str,
    output: Path,
    workspace: Path | None,
    *,
    as_json: bool,
) -> None:
    text = answer_package(
        workspace_of(workspace),
        package_id,
        state,
        reason=reason,
        officer_name=officer,
        at=utc_now(),
        sender=sender,
    )
    output.write_text(text)
    if as_json:
        print_json({"package": package_id, "state": state.value, "receipt": str(output)})
    else:
        click.echo(f"{package_id}: {state.value}. Receipt written to {output}")


@click.command("verify")
@click.argument("file", type=_FILE)
@click.option("--key", "identity", type=_FILE, required=True, help="Your age identity.")
@click.option("--lead-keys", type=_FILE, required=True, help="The lead country's public keys.")
@click.option("--witness-key", "witness_keys", type=_FILE, multiple=True, help="Verifier key of a witness.")
@click.option(
    "--need-witnesses", type=click.IntRange(min=0), default=0, help="So many must have cosigned the log."
)
@json_option
def verify(
    file: Path,
    identity: Path,
    lead_keys: Path,
    witness_keys: tuple[Path, ...],
    need_witnesses: int,
    *,
    as_json: bool,
) -> None:
    """Check the package FILE; needs no workspace and writes nothing."""
    verified = check_package(
        file,
        identity,
        parse_lead_keys(read_partner_text(lead_keys)),
        witness_keys=witness_keys,
        needed_witnesses=need_witnesses,
    )
    _show(verified, {}, as_json=as_json)


@click.command("open")
@click.argument("file", type=_FILE)
@click.option("--key", "identity", type=_FILE, required=True, help="Your age identity.")
@click.option("--lead-keys", type=_FILE, required=True, help="The lead country's public keys.")
@click.option("--officer", required=True, help="Officer of this workspace who signs the receipt.")
@click.option(
    "--accept-operation",
    metavar="OPERATION",
    help="Take packages of this operation from that country from now on; needed once.",
)
@user_option
@workspace_option
def open_(
    file: Path,
    identity: Path,
    lead_keys: Path,
    officer: str,
    accept_operation: str | None,
    workspace: Path | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Check the package FILE, keep its content in your workspace, and write a signed receipt."""
    place = workspace_of(workspace)
    verified, receipt = open_for_recipient(
        place,
        file,
        identity,
        parse_lead_keys(read_partner_text(lead_keys)),
        officer_name=officer,
        accept_operation=accept_operation,
        user_name=user,
    )
    explained = explain_restoring(place, verified)
    more = {"receipt": str(receipt)} | ({"restored": explained.sentence} if explained else {})
    _show(verified, more, as_json=as_json)


def _show(verified: VerifiedPackage, more: dict[str, str], *, as_json: bool) -> None:
    answer = {
        "package": verified.package,
        "version": verified.version,
        "from": verified.from_country,
        "to": verified.to_country,
        "signed_by": list(verified.signers),
        "ledger_size": verified.checkpoint.size,
        "ledger_entry": verified.ledger_index,
        "witnessed_by": list(verified.witnessed_by)
        or "nobody: an unwitnessed log can be rewritten as a whole",
        "leads": [lead.lead for lead in verified.leads],
        **more,
    }
    if as_json:
        print_json({"verified": True, **answer})
        return
    print_facts("Package verified: signatures, manifests, ledger proof and egress rules hold.", answer)
    rows = [
        {
            "lead": lead.lead,
            "grade": lead.grade,
            "handling": lead.handling,
            "statements": len(lead.statements),
        }
        for lead in verified.leads
    ]
    print_rows(rows, ["lead", "grade", "handling", "statements"])


RECIPIENT = (verify, open_, accept, refuse, recalled)
"""Commands of `fairlead package` that a recipient uses."""
