"""`fairlead grant`: gives a person a role in an operation."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.upkeep.administration import give_role
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_json
from fairlead.register.actions import WHOLE_OPERATION, Role


@click.command()
@click.argument("name")
@click.option("--role", type=click.Choice([r.value for r in Role]), required=True)
@click.option(
    "--country", default=WHOLE_OPERATION, show_default=True, help="Country code; * is the whole operation."
)
@operation_option
def grant(
    name: str,
    role: str,
    country: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Give the person NAME a role; somebody new becomes a user. Taken away in the workbench."""
    give_role(session_of(workspace, operation, user), name, role=role, country=country)
    if as_json:
        print_json({"user": name, "role": role, "country": country})
    else:
        click.echo(f"{name} is {role.replace('_', ' ')} for {country}.")
