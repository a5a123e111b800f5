"""`fairlead worker`: does the long work that was asked for in the workbench."""

from __future__ import annotations

import os
from pathlib import Path

import click

from fairlead.cli.options import workspace_of, workspace_option
from fairlead.cli.render import print_json
from fairlead.cli.serve import SETTINGS
from fairlead.register.database import open_register


@click.command()
@click.option("--once", is_flag=True, help="End when nothing is left to do.")
@workspace_option
def worker(workspace: Path | None, *, once: bool, as_json: bool) -> None:
    """Do long work until stopped; several workers share it. Killed anywhere, the next one goes on."""
    place = workspace_of(workspace)
    os.environ["FAIRLEAD_WORKSPACE"] = str(place.root)
    open_register(place.register, settings=SETTINGS)
    from fairlead.workbench.tasks import run_worker

    run_worker(wait=not once)
    if as_json:
        print_json({"worker": "ended"})
