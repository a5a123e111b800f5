"""The program `fairlead`: commands, exit codes, and errors as messages."""

from __future__ import annotations

import json
import sys
import traceback

import click

from fairlead import __version__
from fairlead.cli import (
    attribute,
    backup,
    deconflict,
    demo,
    doctor,
    documents,
    exhibit,
    grant,
    init,
    key,
    known,
    law,
    lead,
    ledger,
    metrics,
    operation,
    outcome,
    package,
    process,
    provenance,
    records,
    serve,
    statistics,
    status,
    tables,
    training,
    triage,
    verify,
    worker,
)
from fairlead.cli.outages import outage_of
from fairlead.terms.errors import FairleadError, ItemError, UsageError

DONE, FINDINGS, STOPPED, WRONG_USAGE = 0, 1, 2, 64


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="fairlead")
def fairlead() -> None:
    """From a seized platform to fair leads.

    Every command takes --json, and --workspace or FAIRLEAD_WORKSPACE. Exit codes: 0 done, 1 findings,
    2 stopped, 64 wrong usage.
    """


for command in (
    init.init,
    operation.operation,
    key.key,
    exhibit.exhibit,
    known.known,
    process.process,
    status.status,
    metrics.metrics,
    triage.triage,
    records.records,
    attribute.attribute,
    law.law,
    lead.lead,
    package.package,
    outcome.outcome,
    deconflict.deconflict,
    statistics.statistics,
    ledger.ledger,
    verify.verify,
    provenance.provenance,
    tables.table,
    tables.sql,
    training.training,
    demo.demo,
    serve.serve,
    serve.sign_in_link,
    worker.worker,
    backup.backup,
    backup.restore,
    grant.grant,
    doctor.doctor,
    documents.docs,
):
    fairlead.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the program and end it with one of its exit codes."""
    try:
        code = run(sys.argv[1:] if arguments is None else arguments)
    except Exception as problem:  # noqa: BLE001 - the last place: Python would end with 1, which here means findings
        code = STOPPED
        if outage := outage_of(problem):
            _show(outage, as_json="--json" in sys.argv)
        else:
            traceback.print_exc()
            click.echo(
                "This is a fault of the program, not of your data. Please report it without evidence.",
                err=True,
            )
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line; returns the exit code and never raises for what a user or a file did."""
    try:
        outcome = fairlead.main(args=arguments, prog_name="fairlead", standalone_mode=False)
    except click.exceptions.Exit as ending:
        return int(ending.exit_code)
    except click.Abort:
        click.echo("Stopped. Finished parts are kept; run the same command again to go on.", err=True)
        return STOPPED
    except click.UsageError as problem:
        problem.show()
        return WRONG_USAGE
    except FairleadError as problem:
        _show(problem, as_json="--json" in arguments)
        return WRONG_USAGE if isinstance(problem, UsageError) else STOPPED
    except KeyboardInterrupt:
        click.echo("Stopped. Finished parts are kept; run the same command again to go on.", err=True)
        return STOPPED
    return outcome if isinstance(outcome, int) else DONE


def _show(problem: FairleadError, *, as_json: bool) -> None:
    if as_json:
        family = (
            "usage"
            if isinstance(problem, UsageError)
            else "item"
            if isinstance(problem, ItemError)
            else "run"
        )
        answer = {"error": problem.code, "family": family, "fact": problem.fact, "remedy": problem.remedy}
        click.echo(json.dumps(answer))
    click.echo(str(problem), err=True)
