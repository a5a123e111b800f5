"""`fairlead records`: load."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fairlead.case.records import load_records
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import TerminalProgress, print_facts, print_json, print_rows


@click.group()
def records() -> None:
    """The platform's own records: dumps, logs, payments, replies."""


@records.command("load")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="Which column is what; see docs/how-to/map-a-platforms-records.md.",
)
@operation_option
def load(
    mapping: Path, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> int:
    """Read what the mapping names. Lines in = parsed + quarantined + skipped; exit code 1 with quarantine."""
    report = load_records(
        session_of(workspace, operation, user), mapping, progress=None if as_json else TerminalProgress()
    )
    if as_json:
        totals = {
            name: getattr(report, name)
            for name in ("lines_in", "lines_parsed", "lines_quarantined", "lines_skipped")
        }
        print_json({**asdict(report), **totals})
    else:
        print_rows(
            report.sources,
            ["source", "exhibit", "kind", "lines_in", "lines_parsed", "lines_quarantined", "lines_skipped"],
        )
        print_facts(
            "Rows",
            {
                "accounts": report.accounts,
                "payments": report.payments,
                "accesses": report.accesses,
                "acts": report.acts,
            },
        )
        for name in report.without_file:
            click.echo(f"No readable file fits the source {name}: check exhibit and path in the mapping.")
    return 1 if report.lines_quarantined or report.without_file else 0
