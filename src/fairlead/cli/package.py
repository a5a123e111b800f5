"""`fairlead package`: preview, build, open, verify, accept, refuse, receipt, recall, list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from fairlead.case.place.keys import parse_lead_keys
from fairlead.case.place.session import utc_now
from fairlead.case.receiving.answers import answer_package, answer_recall
from fairlead.case.receiving.foreign import Incoming
from fairlead.case.receiving.opening import check_package, explain_restoring, open_for_recipient
from fairlead.case.sending.building import Release, build_for_country, unchanged_since
from fairlead.case.sending.changes import preview
from fairlead.case.sending.recalls import lift_recall, recall_package
from fairlead.case.sending.recipients import recipients_of
from fairlead.cli.incoming import KEYS, take
from fairlead.cli.options import (
    json_option,
    operation_option,
    session_of,
    user_option,
    workspace_of,
    workspace_option,
)
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.leads.opening import VerifiedPackage
from fairlead.leads.receipt import ReceiptState
from fairlead.leads.recipients import fingerprints_of

_FILE = click.Path(path_type=Path, dir_okay=False)
_FROM = click.option(
    "--from", "sender", metavar="COUNTRY", help="Whose package is meant; needed when two have one name."
)


@click.group()
def package() -> None:
    """Signed and encrypted packages: one country's rows, and nothing else."""


@package.command("build")
@click.option("--country", required=True, help="Country that receives it.")
@click.option("--preparer", required=True, help="Officer who prepares and signs.")
@click.option("--releaser", required=True, help="Another officer, who releases and signs.")
@click.option("--legal-basis", help="Ground on which the data leave.")
@click.option(
    "--recipient",
    "fingerprints",
    multiple=True,
    metavar="FINGERPRINT",
    help="A recipient key both officers were shown; with others nothing is built. Once a key.",
)
@click.option("--release-h3", default="", help="Say that you read the H3 restrictions, and why it may leave.")
@operation_option
def build(
    country: str,
    preparer: str,
    releaser: str,
    legal_basis: str | None,
    fingerprints: tuple[str, ...],
    release_h3: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Build, check, sign and encrypt the next package for a country."""
    release = Release(
        preparer=preparer, releaser=releaser, h3_release=release_h3, fingerprints=fingerprints or None
    )
    if legal_basis:
        release = replace(release, legal_basis=legal_basis)
    session = session_of(workspace, operation, user)
    unchanged = unchanged_since(session, country)
    path, built = build_for_country(session, country, release)
    answer = {
        "package": str(path),
        "sha256": built.sha256,
        "size_bytes": len(built.data),
        "files": built.files,
        "encrypted_to": list(built.fingerprints),
        "nothing_changed_since": unchanged,
    }
    if as_json:
        print_json(answer)
    else:
        print_facts(f"Package for {country} built.", answer)


@package.command("preview")
@click.option("--country", required=True, help="Country that would receive it.")
@operation_option
def preview_(
    country: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Show who would receive what, and what changed since it was last sent."""
    session = session_of(workspace, operation, user)
    rows = preview(session, country)
    fingerprints = fingerprints_of(recipients_of(session, country))
    if as_json:
        print_json({"country": country, "leads": rows, "recipients": list(fingerprints)})
    else:
        click.echo(f"To be encrypted to {len(fingerprints)} recipient key(s) of {country}:")
        for fingerprint in fingerprints:
            click.echo(f"  {fingerprint}")
        columns = [
            "lead",
            "grade",
            "version",
            "handling",
            "statements",
            "selectors",
            "last_sent",
            "added",
            "changed",
            "held",
            "recalled",
            "stale",
        ]
        print_rows(rows, columns, title=f"To {country}")


@package.command("recall")
@click.argument("package_id", metavar="PACKAGE")
@click.option("--lead", "leads", multiple=True, help="Only this lead; the whole package if not given.")
@click.option("--reason", required=True, help="What was wrong.")
@click.option("--officer", required=True, help="Officer who signs the notice.")
@click.option("--output", type=_FILE, required=True, help="Where to write the notice.")
@operation_option
def recall(
    package_id: str,
    leads: tuple[str, ...],
    reason: str,
    officer: str,
    output: Path,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Sign a notice that PACKAGE, or some of its leads, must no longer be used (LED art. 7(3))."""
    first, *others = recall_package(
        session_of(workspace, operation, user), package_id, leads=leads, reason=reason, officer_name=officer
    )
    output.write_text(first.text)
    written = {first.recall.package: output}
    for other in others:
        written[other.recall.package] = output.with_name(f"{other.recall.package}.recall.json")
        written[other.recall.package].write_text(other.text)
    if as_json:
        print_json(
            {
                "notice": str(output),
                "country": first.recall.country,
                "notices": {name: str(path) for name, path in written.items()},
            }
        )
        return
    click.echo(
        f"{len(written)} notice(s) for {first.recall.country}, one for every package that carried what is recalled:"
    )
    for name, path in written.items():
        click.echo(f"  {name}: {path}")
    click.echo(
        "Each stays open until it is acknowledged, and nothing of it is sent again until two people lift it."
    )


@package.command("lift-recall")
@click.argument("package_id", metavar="PACKAGE")
@click.option("--lead", required=True, help="The recalled lead that may be sent again.")
@click.option("--reason", required=True, help="Why.")
@operation_option
def lift_recall_(
    package_id: str,
    lead: str,
    reason: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Let a recalled lead of PACKAGE be sent again: the first officer asks, another one agrees by the same command."""
    lifted = lift_recall(session_of(workspace, operation, user), package_id, lead, reason=reason)
    if as_json:
        print_json({"lead": lead, "lifted": lifted})
    else:
        click.echo(
            f"{lead} may be sent again."
            if lifted
            else f"Asked. {lead} stays recalled until another officer agrees."
        )


@package.command("recalled")
@click.argument("notice", type=_FILE)
@click.option("--lead-keys", type=_FILE, required=True, help="The lead country's public keys.")
@click.option("--officer", required=True, help="Officer of this workspace who acknowledges.")
@click.option("--output", type=_FILE, required=True, help="Where to write the acknowledgement.")
@workspace_option
def recalled(
    notice: Path, lead_keys: Path, officer: str, output: Path, workspace: Path | None, *, as_json: bool
) -> None:
    """As the recipient: check a recall NOTICE, mark the package, and sign the acknowledgement."""
    answered, text = answer_recall(
        workspace_of(workspace),
        notice,
        parse_lead_keys(lead_keys.read_text()),
        officer_name=officer,
        at=utc_now(),
    )
    output.write_text(text)
    answer = {"package": answered.package, "leads": list(answered.leads), "reason": answered.reason}
    if as_json:
        print_json({**answer, "acknowledgement": str(output)})
    else:
        print_facts("Recall acknowledged. Stop using what it names, and erase or restrict it.", answer)


@package.command("recall-acknowledged")
@click.argument("file", type=_FILE)
@KEYS
@operation_option
def recall_acknowledged(
    file: Path,
    keys: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """As the lead country: check a recipient's acknowledgement FILE and close the notice."""
    take(session_of(workspace, operation, user), file, keys, Incoming.ACKNOWLEDGEMENT, as_json=as_json)


@package.command("accept")
@click.argument("package_id", metavar="PACKAGE")
@_FROM
@click.option("--officer", required=True, help="Officer of this workspace who signs.")
@click.option("--output", type=_FILE, required=True, help="Where to write the receipt.")
@workspace_option
def accept(
    package_id: str, sender: str | None, officer: str, output: Path, workspace: Path | None, *, as_json: bool
) -> None:
    """As the recipient: say that an opened PACKAGE is accepted."""
    _answer(package_id, sender, ReceiptState.ACCEPTED, "", officer, output, workspace, as_json=as_json)


@package.command("refuse")
@click.argument("package_id", metavar="PACKAGE")
@_FROM
@click.option("--reason", required=True, help="Why it is refused.")
@click.option("--officer", required=True, help="Officer of this workspace who signs.")
@click.option("--output", type=_FILE, required=True, help="Where to write the receipt.")
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


@package.command("list")
@operation_option
def list_(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """List packages and their receipts."""
    session = session_of(workspace, operation, user)
    from fairlead.register.leads import find_packages

    rows = find_packages(session.user_id, session.operation, at=session.clock())
    shown = [
        {
            "package": r["package"],
            "country": r["country"],
            "leads": len(r["leads"]),
            "built_at": r["built_at"],
            "receipt": (r["receipt"] or {}).get("state", "none yet"),
        }
        for r in rows
    ]
    if as_json:
        print_json({"packages": shown})
    else:
        print_rows(shown, ["package", "country", "leads", "built_at", "receipt"])


@package.command("verify")
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
        parse_lead_keys(lead_keys.read_text()),
        witness_keys=witness_keys,
        needed_witnesses=need_witnesses,
    )
    _show(verified, {}, as_json=as_json)


@package.command("open")
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
        parse_lead_keys(lead_keys.read_text()),
        officer_name=officer,
        accept_operation=accept_operation,
        user_name=user,
    )
    explained = explain_restoring(place, verified)
    more = {"receipt": str(receipt)} | ({"restored": explained.sentence} if explained else {})
    _show(verified, more, as_json=as_json)


@package.command("receipt")
@click.argument("file", type=_FILE)
@KEYS
@operation_option
def receipt(
    file: Path,
    keys: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Check a recipient's receipt FILE and keep it with its package."""
    take(session_of(workspace, operation, user), file, keys, Incoming.RECEIPT, as_json=as_json)


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
