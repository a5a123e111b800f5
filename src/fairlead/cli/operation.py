"""`fairlead operation`: new, list, show."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.place.operations import new_operation
from fairlead.case.place.session import open_session, utc_now
from fairlead.cli.options import operation_option, user_option, workspace_of, workspace_option
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.engine.places import parse_place


@click.group()
def operation() -> None:
    """Operations and the countries that take part."""


@operation.command("new")
@click.argument("slug")
@click.option("--lead", required=True, help="Country that leads, ISO 3166-1 alpha-2.")
@click.option("--partner", "partners", multiple=True, help="Country that takes part; may be repeated.")
@click.option(
    "--tables",
    metavar="s3://BUCKET/PREFIX",
    help="Keep the tables in object storage, below an unused prefix.",
)
@user_option
@workspace_option
def new(
    slug: str,
    lead: str,
    partners: tuple[str, ...],
    tables: str | None,
    workspace: Path | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Open the operation SLUG."""
    place = parse_place(tables) if tables is not None else None
    new_operation(workspace_of(workspace), slug, lead=lead, partners=partners, tables=place, user_name=user)
    countries = sorted({lead, *partners})
    if as_json:
        print_json({"operation": slug, "lead": lead, "countries": countries})
    else:
        print_facts(f"Operation {slug} opened.", {"lead": lead, "countries": " ".join(countries)})


@operation.command("show")
@operation_option
def show(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """Show the countries of an operation and whether their keys are here."""
    session = open_session(workspace_of(workspace), operation=operation, user_name=user)
    from fairlead.register.people import countries_of, get_user

    countries = countries_of(get_user(session.user_name), session.operation, at=utc_now())
    rows = [
        {"country": code, "role": row.role, "age_recipients": len(row.age_recipients)}
        for code, row in countries.items()
    ]
    if as_json:
        print_json({"operation": session.operation, "countries": rows})
    else:
        print_rows(rows, ["country", "role", "age_recipients"], title=session.operation)


@operation.command("list")
@user_option
@workspace_option
def list_(workspace: Path | None, user: str | None, *, as_json: bool) -> None:
    """List the operations you work in."""
    place = workspace_of(workspace)
    from fairlead.case.place.session import operator_name
    from fairlead.register.database import open_register

    open_register(place.register)
    from fairlead.register.people import find_operations, get_user

    slugs = find_operations(get_user(operator_name(user)), at=utc_now())
    if as_json:
        print_json({"operations": slugs})
    else:
        print_rows([{"operation": slug} for slug in slugs], ["operation"])
