"""`fairlead provenance`: file."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.provenance import weigh_loose_file
from fairlead.cli.options import json_option
from fairlead.cli.render import print_json, print_rows


@click.group()
def provenance() -> None:
    """What a file says about its own origin, and how that could be wrong."""


@provenance.command("file")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def file(path: Path, *, as_json: bool) -> None:
    """Weigh one loose file; needs no workspace."""
    answer = weigh_loose_file(path)
    if as_json:
        print_json(answer)
        return
    click.secho(str(answer["conclusion"]).replace("_", " "), bold=True)
    for ground in answer.get("grounds", []):
        click.echo(f"  for: {ground}")
    for contradiction in answer.get("contradictions", []):
        click.echo(f"  against: {contradiction}")
    print_rows(answer["signals"], ["kind", "finding", "strength", "tool", "caveat"])
