"""`fairlead docs`: build, check."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.cli.options import json_option
from fairlead.cli.render import print_json
from fairlead.reference.documents import render_documents

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("docs"),
    show_default=True,
    help="The documentation folder.",
)


@click.group()
def docs() -> None:
    """Reference pages made from the program itself."""


@docs.command("build")
@_FOLDER
@json_option
def build(folder: Path, *, as_json: bool) -> None:
    """Write the pages."""
    made = render_documents()
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if as_json:
        print_json({"written": sorted(made)})
    else:
        click.echo(f"{len(made)} pages written below {folder}")


@docs.command("check")
@_FOLDER
@json_option
def check(folder: Path, *, as_json: bool) -> int:
    """Compare the pages with the program. Exit code 1 when one differs."""
    stale = [
        name
        for name, text in render_documents().items()
        if not (folder / name).is_file() or (folder / name).read_text() != text
    ]
    if as_json:
        print_json({"stale": stale})
    else:
        click.echo(
            "All pages are current."
            if not stale
            else f"Stale: {', '.join(stale)}. Run `fairlead docs build`."
        )
    return 1 if stale else 0
