"""`fairlead table` and `fairlead sql`: look for yourself."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.lists.sql import export_parquet, look
from fairlead.cli.options import OUTPUT, operation_option, session_of
from fairlead.cli.render import print_json, print_rows
from fairlead.tables import ALL
from fairlead.terms.errors import UsageError
from fairlead.terms.spreadsheet import inert

_FORMATS = ("table", "csv", "json", "parquet")
_FIRST_ROWS = 50


@click.command()
@click.argument("name", required=False)
@click.option("--list", "list_tables", is_flag=True, help="List tables and their columns.")
@click.option("--where", help="Condition in SQL, e.g. \"verdict <> 'read'\".")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option("--output", type=OUTPUT, help="File for parquet.")
@operation_option
def table(
    name: str | None,
    where: str | None,
    form: str,
    output: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    list_tables: bool,
    as_json: bool,
) -> None:
    """Show the rows of the table NAME."""
    if list_tables or name is None:
        _list_tables(as_json=as_json)
        return
    if name not in ALL:
        raise UsageError(
            f"there is no table {name}", "`fairlead table --list` names all.", code="USAGE-TABLE"
        )
    statement = f'SELECT * FROM "{name}"' + (f" WHERE {where}" if where else "")
    _answer(statement, "json" if as_json else form, output, workspace, operation, user)


@click.command()
@click.argument("statement")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option("--output", type=OUTPUT, help="File for parquet.")
@operation_option
def sql(
    statement: str,
    form: str,
    output: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Run the SELECT STATEMENT over the tables. Nothing can be changed by it."""
    _answer(statement, "json" if as_json else form, output, workspace, operation, user)


def _list_tables(*, as_json: bool) -> None:
    rows = [
        {"table": t.name, "row": t.row, "columns": [c.name for c in t.columns], "written_by": t.written_by}
        for t in ALL.values()
    ]
    if as_json:
        print_json({"tables": rows})
    else:
        print_rows(rows, ["table", "row", "columns"])


def _answer(
    statement: str,
    form: str,
    output: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
) -> None:
    answer = look(session_of(workspace, operation, user), statement)
    match form:
        case "json":
            print_json({"rows": answer.to_pylist(), "count": answer.num_rows})
        case "csv":
            click.echo(_csv(answer), nl=False)
        case "parquet":
            if output is None:
                raise UsageError("parquet needs a file", "Give --output FILE.", code="USAGE-OUTPUT")
            export_parquet(answer, output)
            click.echo(f"{answer.num_rows:,} rows written to {output}")
        case _:
            print_rows(answer.slice(0, _FIRST_ROWS).to_pylist(), answer.column_names)
            if answer.num_rows > _FIRST_ROWS:
                click.echo(
                    f"{_FIRST_ROWS} of {answer.num_rows:,} rows; --format csv, json or parquet gives all."
                )


def _csv(answer: object) -> str:
    import csv
    import io

    import pyarrow as pa

    if not isinstance(answer, pa.Table):
        raise TypeError("an Arrow table is expected")
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([inert(name) for name in answer.column_names])
    for row in answer.to_pylist():
        writer.writerow([v.hex() if isinstance(v, bytes) else inert(v) for v in row.values()])
    return buffer.getvalue()
