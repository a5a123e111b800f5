"""`fairlead backup` and `fairlead restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fairlead.case.log.ledger import verify_ledger
from fairlead.case.upkeep.backup import back_up
from fairlead.case.upkeep.backup import restore as bring_back
from fairlead.cli.options import json_option, workspace_of, workspace_option
from fairlead.cli.render import print_facts, print_json


@click.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--recipient", default="", help="age public key to encrypt the backup for.")
@workspace_option
def backup(target: Path, recipient: str, workspace: Path | None, *, as_json: bool) -> None:
    """Write the workspace into the file TARGET: register, tables, packages, keys. Exhibits are not in it."""
    report = back_up(workspace_of(workspace), target.absolute(), recipient=recipient)
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
@json_option
def restore(source: Path, folder: Path, identity: Path | None, *, as_json: bool) -> int:
    """Bring a workspace back from the file SOURCE into FOLDER, and verify its ledger; exit code 1 if it does not hold."""
    workspace = bring_back(source, folder.absolute(), identity=identity)
    report = verify_ledger(workspace)
    facts = {"workspace": str(workspace.root), "entries": report.size, "ledger_verified": report.verified}
    if as_json:
        print_json(facts)
    else:
        print_facts("Restored.", facts)
    return 0 if report.verified else 1
