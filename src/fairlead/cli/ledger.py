"""`fairlead ledger`: checkpoint, verify, erase, witness."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.log.ledger import (
    erase_entry,
    export_consistency,
    make_checkpoint,
    verify_ledger,
    witness_key,
)
from fairlead.case.log.ledger import witness as cosign
from fairlead.case.place.keys import ledger_note_key
from fairlead.cli.options import (
    OUTPUT,
    json_option,
    operation_option,
    session_of,
    workspace_of,
    workspace_option,
)
from fairlead.cli.render import print_facts, print_json
from fairlead.ledger.notes import parse_note_key
from fairlead.register.database import open_register

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def ledger() -> None:
    """The append-only log of everything done, which partners can check."""


@ledger.command("checkpoint")
@click.option("--since", type=int, help="Add the proof that it continues the checkpoint of this size.")
@click.option("--output", type=OUTPUT, help="Write to a file instead of the screen.")
@workspace_option
def checkpoint(
    since: int | None,
    output: Path | None,
    workspace: Path | None,
    *,
    as_json: bool,
) -> None:
    """Sign the log as it stands."""
    place = workspace_of(workspace)
    open_register(place.register)
    text = make_checkpoint(place) if since is None else export_consistency(place, since=since)
    if output is not None:
        output.write_text(text)
    if as_json:
        print_json({"checkpoint": text, "key": str(ledger_note_key(place))})
    elif output is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"Written to {output}. The log's key: {ledger_note_key(place)}")


@ledger.command("verify")
@click.option("--against", type=_FILE, help="A checkpoint kept elsewhere, e.g. by a witness.")
@click.option("--witness-key", "witness_keys", type=_FILE, multiple=True, help="Verifier key of a witness.")
@workspace_option
def verify(
    against: Path | None,
    witness_keys: tuple[Path, ...],
    workspace: Path | None,
    *,
    as_json: bool,
) -> int:
    """Check the log. Exit code 1 when something was changed, removed, inserted or reordered."""
    report = verify_ledger(workspace_of(workspace), against=against, witness_keys=witness_keys)
    answer = {
        "verified": report.verified,
        "size": report.size,
        "root": report.root,
        "findings": list(report.findings),
        "witnessed_by": list(report.witnessed_by),
        "compared": list(report.compared),
        "warnings": list(report.warnings),
    }
    if as_json:
        print_json(answer)
    else:
        print_facts("The log is consistent." if report.verified else "The log does not hold.", answer)
        if against is not None and not report.witnessed_by:
            click.echo("No known witness has signed the checkpoint given.")
    for warning in report.warnings:
        click.echo(f"Warning: {warning}", err=True)
    return 0 if report.verified else 1


@ledger.command("erase")
@click.argument("index", type=click.IntRange(min=0))
@click.option("--reason", required=True, help="Why it must be forgotten.")
@click.option("--officer", required=True, help="Officer who signs the certificate.")
@click.option("--output", type=OUTPUT, required=True, help="Where to write the certificate.")
@operation_option
def erase(
    index: int,
    reason: str,
    officer: str,
    output: Path,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Erase the personal part of entry INDEX for good. The log verifies as before."""
    output.write_text(
        erase_entry(session_of(workspace, operation, user), index, reason=reason, officer_name=officer)
    )
    if as_json:
        print_json({"entry": index, "certificate": str(output)})
    else:
        click.echo(f"Entry {index}: personal part erased. Certificate written to {output}")


@ledger.command("witness")
@click.argument("file", type=_FILE)
@click.option("--log-key", required=True, help="The log's verifier key, name+id+base64.")
@click.option("--name", required=True, help="Name of this witness, e.g. SE.")
@click.option("--key", "key_file", type=_FILE, required=True, help="Ed25519 key of this witness.")
@click.option(
    "--seen", type=_FILE, required=True, help="File in which this witness keeps what it has signed."
)
@json_option
def witness(file: Path, log_key: str, name: str, key_file: Path, seen: Path, *, as_json: bool) -> None:
    """Check that the log in FILE (from `ledger checkpoint --since`) continues what was seen, and cosign."""
    note = cosign(file, log_key=parse_note_key(log_key), name=name, key_file=key_file, seen_file=seen)
    public = str(witness_key(name, key_file))
    if as_json:
        print_json({"note": note, "witness_key": public})
    else:
        click.echo(note, nl=False)
        click.echo(f"Verifier key of this witness: {public}")
