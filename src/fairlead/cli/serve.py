"""`fairlead serve`: the workbench on this computer. `fairlead sign-in-link`: a link for one person."""

from __future__ import annotations

import os
from pathlib import Path

import click

from fairlead.case.session import operator_name, utc_now
from fairlead.case.workspace import Workspace
from fairlead.cli.options import user_option, workspace_of, workspace_option
from fairlead.cli.render import print_json
from fairlead.register.database import open_register

SETTINGS = "fairlead.workbench.settings"


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; leave it to a proxy."
)
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--demo", "as_demo", is_flag=True, help="For a made-up operation: no second factor is asked.")
@user_option
@workspace_option
def serve(
    workspace: Path | None,
    user: str | None,
    host: str,
    port: int,
    workers: int,
    *,
    as_demo: bool,
    as_json: bool,
) -> None:
    """Serve the workbench and print a sign-in link that works once."""
    start(
        workspace_of(workspace), user, host=host, port=port, workers=workers, as_demo=as_demo, as_json=as_json
    )


def start(
    workspace: Workspace,
    user: str | None,
    *,
    host: str,
    port: int,
    workers: int = 1,
    as_demo: bool,
    as_json: bool = False,
) -> None:
    """Open the register with everything the workbench needs, print a link, and serve."""
    os.environ["FAIRLEAD_WORKSPACE"] = str(workspace.root)
    if as_demo:
        os.environ["FAIRLEAD_DEMO"] = "1"
    link = f"http://{host}:{port}{_link(workspace, user)}"
    if as_json:
        print_json({"url": f"http://{host}:{port}/", "sign_in": link})
    else:
        click.echo(f"The workbench is at http://{host}:{port}/")
        click.echo("Sign in once with this link, within 30 minutes:")
        click.secho(f"  {link}", bold=True)
        click.echo("Stop with Ctrl-C.")
    from fairlead.workbench.server import serve as run

    run(host, port, workers=workers)


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
