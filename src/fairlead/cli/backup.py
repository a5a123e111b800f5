"""`fairlead backup` and `fairlead restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fairlead.case.upkeep.backup import back_up
from fairlead.case.upkeep.backup import restore as bring_back
from fairlead.cli.options import json_option, user_option, workspace_of, workspace_option
from fairlead.cli.render import print_facts, print_json


@click.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--recipient", default="", help="age public key to encrypt the backup for.")
@click.option("--unencrypted", is_flag=True, help="Leave it readable: it holds private keys.")
@workspace_option
def backup(target: Path, recipient: str, workspace: Path | None, *, unencrypted: bool, as_json: bool) -> None:
    """Write the workspace into the file TARGET: register, tables, packages, keys. Exhibits are not in it.

    It is encrypted to --recipient, or expressly --unencrypted.
    """
    report = back_up(workspace_of(workspace), target.absolute(), recipient=recipient, unencrypted=unencrypted)
    if as_json:
        print_json(asdict(report))
        return
    facts = asdict(report)
    elsewhere = facts.pop("tables_elsewhere")
    print_facts("Backup written.", facts)
    if elsewhere:
        click.secho(
            f"The tables of {', '.join(elsewhere)} lie in object storage and are not in it: keep versions of that bucket.",
            fg="yellow",
        )
    if not report.encrypted:
        click.secho("It holds private keys and is not encrypted: keep it as you keep keys.", fg="yellow")


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--identity",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="age identity of an encrypted one.",
)
@click.option(
    "--over-newer",
    is_flag=True,
    help="The same workspace lies in FOLDER: move it aside, though it may be newer than the backup.",
)
@user_option
@json_option
def restore(
    source: Path,
    folder: Path,
    identity: Path | None,
    user: str | None,
    *,
    over_newer: bool,
    as_json: bool,
) -> int:
    """Bring a workspace back from the file SOURCE into FOLDER, and verify its ledger; exit code 1 if it does not hold.

    What came after the backup is not in it. The ledger says so and goes on under a new name; so do numbers of packages.
    """
    report = bring_back(source, folder.absolute(), identity=identity, over_newer=over_newer, user_name=user)
    declared = report.continuation
    facts = {
        "workspace": str(report.workspace.root),
        "state_of": declared.backup_at.isoformat(),
        "entries": declared.entries,
        "ledger_verified": report.ledger.verified,
        "log": declared.continued_as,
        "aside": str(report.aside) if report.aside else "",
    }
    if as_json:
        print_json({**facts, "findings": list(report.ledger.findings)})
        return 0 if report.ledger.verified else 1
    print_facts("Restored.", facts)
    for finding in report.ledger.findings:
        click.secho(f"The ledger does not hold: {finding}", fg="red")
    click.echo(
        f"What came after {declared.backup_at:%Y-%m-%d %H:%M}Z is lacking here. The next package tells every country "
        "so, and its number is one that was never given out. The workspace that this one replaces must not be used any more."
    )
    return 0 if report.ledger.verified else 1
