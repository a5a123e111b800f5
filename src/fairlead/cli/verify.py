"""`fairlead verify`."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.cli.options import json_option
from fairlead.cli.received import verify as verify_package_command


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--key", "identity", type=click.Path(path_type=Path, dir_okay=False), required=True, help="age identity."
)
@click.option(
    "--lead-keys",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Lead country's public keys.",
)
@json_option
@click.pass_context
def verify(context: click.Context, file: Path, identity: Path, lead_keys: Path, *, as_json: bool) -> None:
    """Check a package FILE: signatures, manifests, ledger inclusion, egress rules. Same as `package verify`."""
    context.invoke(
        verify_package_command,
        file=file,
        identity=identity,
        lead_keys=lead_keys,
        witness_keys=(),
        need_witnesses=0,
        as_json=as_json,
    )
