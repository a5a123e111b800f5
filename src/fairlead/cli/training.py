"""`fairlead training`: make."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.cli.options import json_option
from fairlead.cli.render import print_facts, print_json


@click.group()
def training() -> None:
    """A made-up seized platform for training and measuring. Everything in it is benign."""


@training.command("make")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed gives the same bytes.")
@click.option("--scale", type=float, default=1.0, show_default=True, help="Everything grows with it.")
@json_option
def make(folder: Path, seed: int, scale: float, *, as_json: bool) -> None:
    """Write the made-up operation below FOLDER; the truth lies apart in FOLDER/truth."""
    from fairlead.training.make import make_operation

    made = make_operation(
        folder, seed=seed, scale=scale, tell=lambda text: click.echo(f"  {text} …", err=True)
    )
    answer = {
        "folder": str(made.folder),
        "files": made.files,
        "pictures": made.pictures,
        "persons": made.persons,
        "accounts": made.accounts,
        "log_lines": made.log_lines,
    }
    if as_json:
        print_json(answer)
    else:
        print_facts("Made-up operation written.", answer)
