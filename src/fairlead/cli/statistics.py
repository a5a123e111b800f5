"""`fairlead statistics`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from fairlead.case.board.figures import figures, publish_figures
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.leads.statistics import DEFINITIONS


@click.command()
@click.option("--as-of", type=click.DateTime(), help="Count outcomes reported up to then, UTC.")
@click.option("--publish", is_flag=True, help="Write them as the next version, which is never changed.")
@click.option(
    "--internal", is_flag=True, help="Count numbers that are not released, too. Not for publication."
)
@operation_option
def statistics(
    as_of: datetime | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    publish: bool,
    internal: bool,
    as_json: bool,
) -> None:
    """Figures derived from what countries reported: released numbers only, small cells not shown."""
    session = session_of(workspace, operation, user)
    until = as_of.replace(tzinfo=UTC) if as_of else None
    if publish:
        path, changed = publish_figures(session, as_of=until)
        if as_json:
            print_json({"file": str(path), "delta": changed})
        else:
            print_facts(f"Version {path.stem} written to {path}. Changed since the last version:", changed)
        return
    counted = figures(session, as_of=until, internal=internal)
    if as_json:
        print_json(
            {
                "as_of": counted.as_of,
                "totals": counted.totals,
                "by_country": counted.by_country,
                "cut_off": counted.cut_off,
                "not_released": counted.not_released,
                "definitions": DEFINITIONS,
            }
        )
        return
    print_facts(
        f"As of {counted.as_of:%Y-%m-%d %H:%M} UTC",
        {k: "not shown" if v is None else v for k, v in counted.totals.items()},
    )
    rows = [
        {
            "country": c,
            **{k: "not shown" if v is None else v for k, v in row.items()},
            "cut_off": counted.cut_off[c],
        }
        for c, row in counted.by_country.items()
    ]
    print_rows(rows, ["country", *(k for k in counted.totals if k != "countries"), "cut_off"])
    for name, meaning in DEFINITIONS.items():
        click.echo(f"  {name.replace('_', ' ')}: {meaning}")
    if counted.not_released:
        click.echo(f"  {counted.not_released:,} outcomes are not released by their country and not counted.")
