"""`fairlead records`: propose, load, restore, clock."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from fairlead.case.records.loading import (
    LoadReport,
    load_records,
    measure_clock,
    restore_records,
)
from fairlead.case.records.proposing import propose_records
from fairlead.cli.options import OUTPUT, operation_option, session_of
from fairlead.cli.render import TerminalProgress, print_facts, print_json, print_rows


@click.group()
def records() -> None:
    """The platform's own records: dumps, logs, payments, replies."""


@records.command("propose")
@click.option("--exhibit", required=True, help="Exhibit that holds the records.")
@click.option(
    "--path", help="Path in the exhibit, or a pattern; everything but media and programs if left out."
)
@click.option("--name", default="platform", show_default=True, help="Name of the source.")
@click.option("--output", type=OUTPUT, required=True, help="Where to write it.")
@operation_option
def propose(
    exhibit: str,
    path: str | None,
    name: str,
    output: Path,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Draft one mapping for all records of an exhibit, with reasons and samples. Read and correct it before you load it."""
    proposal = propose_records(session_of(workspace, operation, user), exhibit=exhibit, path=path, name=name)
    output.write_text(proposal.toml)
    if as_json:
        print_json(
            {
                "mapping": str(output),
                "sources": list(proposal.sources),
                "tables": [asdict(table) for table in proposal.tables],
                "unmapped": list(proposal.unmapped),
            }
        )
        return
    for line in proposal.sources:
        click.secho(line, bold=True)
    for table in proposal.tables:
        click.secho(f"{table.source}, {table.table} → {table.rows.value}: {table.reason}", bold=True)
        print_rows([asdict(role) for role in table.roles], ["role", "column", "score", "reason", "samples"])
        for line in table.join:
            click.echo(f"  join: {line}")
    if proposal.unmapped:
        click.secho("Not understood, and so not mapped:", bold=True)
        for line in proposal.unmapped:
            click.echo(f"  {line}")
    click.echo(f"Draft written to {output}. Edit it, then run `fairlead records load --mapping {output}`.")


@records.command("load")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="Which column is what; see docs/how-to/map-a-platforms-records.md.",
)
@click.option("--accept", is_flag=True, help="Go on where the load would stop: what would go is meant to go.")
@operation_option
def load(
    mapping: Path,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    accept: bool,
    as_json: bool,
) -> int:
    """Read what the mapping names. Exit code 1 with quarantine or values that cannot be read.

    It stops, with everything as it was, when a source fits no file, when more than a tenth of the accounts or payments
    would go, or when no value of a mapped column can be read.
    """
    report = load_records(
        session_of(workspace, operation, user),
        mapping,
        accept=accept,
        progress=None if as_json else TerminalProgress(),
    )
    return _show(report, as_json=as_json)


@records.command("restore")
@click.option("--reason", required=True, help="Why the last load is undone.")
@operation_option
def restore(
    workspace: Path | None, operation: str | None, user: str | None, *, reason: str, as_json: bool
) -> int:
    """Put back what the last load replaced. Doing it again undoes that."""
    report = restore_records(
        session_of(workspace, operation, user),
        reason=reason,
        progress=None if as_json else TerminalProgress(),
    )
    return _show(report, as_json=as_json)


def _show(report: LoadReport, *, as_json: bool) -> int:
    """Say what was read, passed over, and not understood."""
    if as_json:
        totals = {
            name: getattr(report, name)
            for name in ("lines_in", "lines_parsed", "lines_quarantined", "lines_skipped", "values_unread")
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
        for reading in report.readings:
            click.echo(f"{reading.source}: read as {reading.dialect} ({reading.dialect_reason})")
        for part, title in (
            (report.passed_over, "Passed over"),
            (report.placed, "Accounts found"),
            (report.unread, "Values that could not be read; their rows are kept"),
        ):
            if part:
                rows = [asdict(row) for row in part]
                print_rows(rows, list(rows[0]), title=title)
        for joined in report.joined:
            click.secho(f"{joined.source}, {joined.rows_of}, joined by {joined.way}", bold=True)
            click.echo(f"{joined.found:,} found their account, {joined.not_found:,} did not")
            for said in joined.lost:
                click.echo(f"  {said}")
            for title, examples in (("found", joined.found_examples), ("not found", joined.lost_examples)):
                for example in examples:
                    click.echo(f"  {title}: {example}")
        for name in report.without_file:
            click.echo(f"No readable file fits the source {name}: check exhibit and path in the mapping.")
    return 1 if report.lines_quarantined or report.values_unread or report.without_file else 0


@records.command("clock")
@click.argument("source")
@click.option("--against", required=True, help="A source with a clock that is known to be right.")
@operation_option
def clock(
    source: str,
    against: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> int:
    """Measure by how much the clock of SOURCE was wrong, on payments that another source recorded, too.

    Exit code 1 when no single offset fits.
    """
    measured = measure_clock(session_of(workspace, operation, user), source=source, against=against)
    if as_json:
        print_json(asdict(measured) | {"steady": measured.steady, "evidence": measured.evidence})
    elif measured.steady:
        click.echo(f"For the source {source} in the mapping, if you agree:\n")
        click.echo(
            f"clock_offset_seconds = {measured.seconds}\nclock_evidence = {json.dumps(measured.evidence)}"
        )
    elif measured.pairs:
        click.echo(f"No single offset fits: {measured.evidence}.")
    else:
        click.echo(f"No payment of {source} and one of {against} name each other by reference.")
    return 0 if measured.steady else 1
