"""`fairlead init`."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.place.operations import init_workspace
from fairlead.cli.options import json_option
from fairlead.cli.render import print_facts, print_json


@click.command()
@click.argument("workspace", type=click.Path(path_type=Path, file_okay=False))
@click.option("--user", help="Name of the first user; the login name if not given.")
@json_option
def init(workspace: Path, user: str | None, *, as_json: bool) -> None:
    """Make a WORKSPACE: one directory with register, ledger and keys."""
    made = init_workspace(workspace, user_name=user)
    answer = {"workspace": str(made.root), "ledger": made.log_name}
    if as_json:
        print_json(answer)
    else:
        print_facts("Workspace made.", answer)
