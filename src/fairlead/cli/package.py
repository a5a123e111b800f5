"""`fairlead package`: build, open, verify, list, receipt."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.keys import parse_lead_keys
from fairlead.case.packages import Release, build_for_country, check_package, open_for_recipient, take_receipt
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

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def package() -> None:
    """Signed and encrypted packages: one country's rows, and nothing else."""


@package.command("build")
@click.option("--country", required=True, help="Country that receives it.")
@click.option("--preparer", required=True, help="Officer who prepares and signs.")
@click.option("--releaser", required=True, help="Another officer, who releases and signs.")
@click.option("--legal-basis", help="Ground on which the data leave.")
@operation_option
def build(
    country: str,
    preparer: str,
    releaser: str,
    legal_basis: str | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Build, check, sign and encrypt the next package for a country."""
    release = Release(preparer=preparer, releaser=releaser)
    if legal_basis:
        release = Release(preparer=preparer, releaser=releaser, legal_basis=legal_basis)
    path, built = build_for_country(session_of(workspace, operation, user), country, release)
    answer = {
        "package": str(path),
        "sha256": built.sha256,
        "size_bytes": len(built.data),
        "files": built.files,
    }
    if as_json:
        print_json(answer)
    else:
        print_facts(f"Package for {country} built.", answer)


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
@json_option
def verify(file: Path, identity: Path, lead_keys: Path, *, as_json: bool) -> None:
    """Check the package FILE; needs no workspace and writes nothing."""
    _show(check_package(file, identity, parse_lead_keys(lead_keys.read_text())), {}, as_json=as_json)


@package.command("open")
@click.argument("file", type=_FILE)
@click.option("--key", "identity", type=_FILE, required=True, help="Your age identity.")
@click.option("--lead-keys", type=_FILE, required=True, help="The lead country's public keys.")
@click.option("--officer", required=True, help="Officer of this workspace who signs the receipt.")
@user_option
@workspace_option
def open_(
    file: Path,
    identity: Path,
    lead_keys: Path,
    officer: str,
    workspace: Path | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Check the package FILE, keep its content in your workspace, and write a signed receipt."""
    verified, receipt = open_for_recipient(
        workspace_of(workspace),
        file,
        identity,
        parse_lead_keys(lead_keys.read_text()),
        officer=officer,
        user_name=user,
    )
    _show(verified, {"receipt": str(receipt)}, as_json=as_json)


@package.command("receipt")
@click.argument("file", type=_FILE)
@click.option(
    "--keys", type=_FILE, required=True, help="The recipient's public keys (`fairlead key export`)."
)
@operation_option
def receipt(
    file: Path, keys: Path, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Check a recipient's receipt FILE and keep it with its package."""
    taken = take_receipt(session_of(workspace, operation, user), file, parse_lead_keys(keys.read_text()))
    answer = {"package": taken.package, "state": taken.state.value, "country": taken.country}
    if as_json:
        print_json(answer)
    else:
        print_facts("Receipt kept.", answer)


def _show(verified: VerifiedPackage, more: dict[str, str], *, as_json: bool) -> None:
    answer = {
        "package": verified.package,
        "version": verified.version,
        "from": verified.from_country,
        "to": verified.to_country,
        "signed_by": list(verified.signers),
        "ledger_size": verified.checkpoint.size,
        "ledger_entry": verified.ledger_index,
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
