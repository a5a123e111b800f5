"""`fairlead triage`."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.looking.queue import TriageFigures
from fairlead.case.looking.queue import triage as count
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_facts, print_json


def print_figures(figures: TriageFigures) -> None:
    """The figures for eyes."""
    print_facts("Files by verdict", figures.verdicts)
    print_facts(
        "Distinct contents",
        {
            "in all": figures.contents,
            "exact match": figures.exact,
            "near match": figures.near,
            "known benign": figures.known_benign,
            "made by a machine, as far as the signals go": figures.machine_made,
            "neither picture nor video": figures.not_media,
            "left for a person": figures.for_people,
        },
    )
    click.secho("The order of looking, and why", bold=True)
    for row in figures.queue:
        click.echo(f"  {row['queue_rank']}  {row['contents']:>7,}  {row['queue_reason']}")
    print_facts(
        "Looking",
        {"picture and video files": figures.media_files, "views avoided": figures.views_avoided},
    )


@click.command()
@operation_option
def triage(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """How many contents a machine recognised, how many are left for a person, and views avoided."""
    figures = count(session_of(workspace, operation, user))
    if as_json:
        print_json(figures.to_dict())
    else:
        print_figures(figures)
