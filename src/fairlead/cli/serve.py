"""`fairlead serve`: the workbench on this computer. `fairlead sign-in-link`: a link for one person."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from pathlib import Path

import click

from fairlead.case.place.made_up import is_made_up
from fairlead.case.place.session import operator_name, utc_now
from fairlead.case.place.tables_place import require_own_place
from fairlead.case.place.workspace import Workspace
from fairlead.cli.options import user_option, workspace_of, workspace_option
from fairlead.cli.render import print_json
from fairlead.register.database import open_register
from fairlead.terms.errors import UsageError

SETTINGS = "fairlead.workbench.settings"


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; leave it to a proxy."
)
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--demo", "as_demo", is_flag=True, help="For a made-up operation: no second factor is asked.")
@click.option("--link-for", "others", multiple=True, help="Print a link for this person, too.")
@user_option
@workspace_option
def serve(
    workspace: Path | None,
    user: str | None,
    others: tuple[str, ...],
    host: str,
    port: int,
    workers: int,
    *,
    as_demo: bool,
    as_json: bool,
) -> None:
    """Serve the workbench and print a sign-in link that works once."""
    place = workspace_of(workspace)
    for operation in place.operations():
        require_own_place(place, operation)
    os.environ["FAIRLEAD_WORKSPACE"] = str(place.root)
    if as_demo:
        _require_made_up(place)
        os.environ["FAIRLEAD_DEMO"] = "1"
    here = f"http://{host}:{port}"
    names = dict.fromkeys((operator_name(user), *others))
    links = {name: here + _link(place, name) for name in names}
    if as_json:
        print_json({"url": f"{here}/", "sign_in": links[operator_name(user)], "links": links})
    else:
        click.echo(f"The workbench is at {here}/")
        click.echo("Sign in once with a link, within 30 minutes:")
        for name, link in links.items():
            click.echo(f"  {name:<10} {link}")
        click.echo("Stop with Ctrl-C.")
    sys.stdout.flush()
    from fairlead.workbench.server import serve as run

    mine = ("--until-ends", str(os.getpid()))  # a serve that is killed takes its worker with it
    worker = subprocess.Popen(
        [sys.executable, "-m", "fairlead", "worker", "--workspace", str(place.root), *mine]
    )
    atexit.register(worker.terminate)
    run(host, port, workers=workers)


def _require_made_up(place: Workspace) -> None:
    """UsageError unless the workspace lies in a folder that `fairlead demo` made: without a second factor goes no other."""
    if not is_made_up(place):
        raise UsageError(
            "this workspace is not of the made-up operation: --demo asks for no second factor",
            "Leave --demo away. `fairlead demo --serve` makes a workspace for which it is meant.",
            code="USAGE-DEMO",
        )


@click.command("sign-in-link")
@user_option
@workspace_option
def sign_in_link(workspace: Path | None, user: str | None, *, as_json: bool) -> None:
    """Print a link that signs one person in once; give it to nobody else."""
    path = _link(workspace_of(workspace), user)
    if as_json:
        print_json({"path": path})
    else:
        click.echo("Add this to the address of the workbench; it works once, for 30 minutes:")
        click.secho(f"  {path}", bold=True)


def _link(workspace: Workspace, user: str | None) -> str:
    open_register(workspace.register, settings=SETTINGS)
    from fairlead.register.people import get_user
    from fairlead.register.signin import create_link

    token = create_link(get_user(operator_name(user)), at=utc_now())
    return f"/sign-in/link/{token}/"
