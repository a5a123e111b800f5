"""`fairlead deconflict`: ask, answer, result."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.persons.deconfliction import answer_country, ask_country, read_answer
from fairlead.cli.options import OUTPUT, operation_option, session_of
from fairlead.cli.render import print_json
from fairlead.leads.deconfliction import LARGEST_FILE
from fairlead.leads.rehearsal import read_partner_text

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def deconflict() -> None:
    """Learn whether two countries hold the same identifier, without either showing its list."""


@deconflict.command("ask")
@click.option("--country", required=True, help="Country that is asked.")
@click.option("--output", type=OUTPUT, required=True, help="Where to write the question.")
@operation_option
def ask(
    country: str,
    output: Path,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Write the question for another country. It tells them how many identifiers you ask, and no identifier."""
    text, count = ask_country(session_of(workspace, operation, user), country)
    output.write_text(text)
    if as_json:
        print_json({"country": country, "identifiers": count, "file": str(output)})
    else:
        click.echo(
            f"{count:,} identifiers blinded. Send {output} to {country} and keep this workspace as it is."
        )


@deconflict.command("answer")
@click.argument("file", type=_FILE)
@click.option("--country", required=True, help="Country that asks.")
@click.option("--output", type=OUTPUT, required=True, help="Where to write the answer.")
@operation_option
def answer(
    file: Path,
    country: str,
    output: Path,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Answer the question in FILE. They learn which of their own identifiers you hold, too."""
    text, asked = answer_country(
        session_of(workspace, operation, user), country, read_partner_text(file, most_bytes=LARGEST_FILE)
    )
    output.write_text(text)
    if as_json:
        print_json({"country": country, "asked": asked, "file": str(output)})
    else:
        click.echo(f"{country} asked {asked:,} identifiers. Answer written to {output}")


@deconflict.command("result")
@click.argument("file", type=_FILE)
@click.option("--country", required=True, help="Country that answered.")
@operation_option
def result(
    file: Path,
    country: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> int:
    """Read the answer in FILE. Exit code 1 when both hold an identifier."""
    common = read_answer(
        session_of(workspace, operation, user), country, read_partner_text(file, most_bytes=LARGEST_FILE)
    )
    if as_json:
        print_json({"country": country, "common": common})
    else:
        click.echo(f"{len(common):,} identifiers are held by both.")
        for text in common:
            click.echo(f"  {text}")
    return 1 if common else 0
