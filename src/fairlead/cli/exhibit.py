"""`fairlead exhibit`: add, list."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from fairlead.case.exhibits import NewExhibit, add_exhibit, list_exhibits
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_facts, print_json, print_rows


@click.group()
def exhibit() -> None:
    """Exhibits as received, and their custody."""


@exhibit.command("add")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--exhibit", "number", required=True, help="Number under which a court knows it, e.g. NSK/1.")
@click.option("--authority", required=True, help="Warrant or order under which it is held.")
@click.option("--description", default="", help="What it is.")
@click.option("--seized-at", type=click.DateTime(), help="When it was seized, UTC.")
@click.option("--location", default="", help="Where it is kept.")
@click.option("--reason", default="received for examination", help="Why it is taken in.")
@click.option("--handling", default="H0", show_default=True, help="Europol handling codes, e.g. H0+H1.")
@click.option("--restriction", default="", help="Text that H3 needs.")
@operation_option
def add(
    path: Path,
    number: str,
    authority: str,
    description: str,
    seized_at: datetime | None,
    location: str,
    reason: str,
    handling: str,
    restriction: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Take in the folder, archive or disk image at PATH. It is only ever read."""
    session = session_of(workspace, operation, user)
    row = add_exhibit(
        session,
        NewExhibit(
            number=number,
            path=path,
            authority=authority,
            description=description,
            seized_at=seized_at.replace(tzinfo=UTC) if seized_at else None,
            location=location,
            reason=reason,
            handling=handling,
            restriction=restriction,
        ),
    )
    if as_json:
        print_json(row)
    else:
        shown = {name: row[name] for name in ("kind", "files", "size_bytes", "sha256", "handling")}
        print_facts(f"Exhibit {number} taken in.", shown)


@exhibit.command("list")
@operation_option
def list_(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """List the exhibits of an operation."""
    rows = list_exhibits(session_of(workspace, operation, user))
    if as_json:
        print_json({"exhibits": rows})
    else:
        print_rows(rows, ["exhibit", "kind", "size_bytes", "handling", "authority", "received_at"])
