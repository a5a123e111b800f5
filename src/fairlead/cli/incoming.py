"""Taking in what a country sends back, the same for every kind of file."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.place.session import Session
from fairlead.case.receiving.foreign import Incoming, kind_of
from fairlead.case.receiving.incoming import take_in
from fairlead.case.receiving.partners import know_partner
from fairlead.cli.render import print_facts, print_json
from fairlead.leads.rehearsal import read_partner_text

KEYS = click.option(
    "--keys",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The country's public keys, kept from now on where none are; `fairlead key partner` replaces them.",
)


def take(session: Session, file: Path, keys: Path | None, kind: Incoming, *, as_json: bool) -> None:
    """Take in a signed file of a country, and say what came of it."""
    text = read_partner_text(file)
    if keys is not None:
        know_partner(session, kind_of(text)[1].country, read_partner_text(keys))
    taken = take_in(session, text, kind=kind)
    answer = {
        "package": taken.package,
        "country": taken.package.country,
        "kind": taken.kind.value,
        "said": taken.said,
        "again": taken.again,
        "older": taken.older,
        "replaced": list(taken.replaced),
    }
    if as_json:
        print_json(answer)
        return
    print_facts("Taken in.", answer)
    if taken.replaced:
        click.echo(
            "The newest report of a lead takes the place of those before. This is not counted any more:"
        )
        for line in taken.replaced:
            click.echo(f"  {line}")
    if taken.again:
        click.echo("The same was taken in before: nothing changed.")
    if taken.older:
        click.echo("The country has given a newer answer, which still holds.")
