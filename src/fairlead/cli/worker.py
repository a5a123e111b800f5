"""`fairlead worker`: does the long work that was asked for in the workbench."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import click

from fairlead.cli.options import workspace_of, workspace_option
from fairlead.cli.render import print_json
from fairlead.cli.serve import SETTINGS
from fairlead.register.database import open_register

_LOOK_EVERY_S = 1.0


@click.command()
@click.option("--once", is_flag=True, help="End when nothing is left to do.")
@click.option("--until-ends", type=int, hidden=True, help="End when that process has ended.")
@workspace_option
def worker(workspace: Path | None, *, once: bool, until_ends: int | None, as_json: bool) -> None:
    """Do long work until stopped; several workers share it. Killed anywhere, the next one goes on."""
    place = workspace_of(workspace)
    os.environ["FAIRLEAD_WORKSPACE"] = str(place.root)
    open_register(place.register, settings=SETTINGS)
    from fairlead.workbench.tasks import run_worker

    if until_ends is not None:
        threading.Thread(target=_end_with, args=(until_ends,), daemon=True).start()
    run_worker(wait=not once)
    if as_json:
        print_json({"worker": "ended"})


def _end_with(parent: int) -> None:
    """Ask this process to stop, as a person would, once the one that started it is gone, however it went."""
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
