"""`fairlead process`."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.process import process as run_process
from fairlead.cli.options import cluster_of, engine_options, operation_option, session_of
from fairlead.cli.render import TerminalProgress, print_json
from fairlead.cli.triage import print_figures
from fairlead.engine.sandbox import SandboxPolicy


@click.command()
@engine_options
@click.option("--no-verify-exhibits", is_flag=True, help="Do not digest the exhibits again before and after.")
@click.option(
    "--allow-unsandboxed", is_flag=True, help="Run even where no sandbox works; the ledger shows it."
)
@click.option(
    "--fast", is_flag=True, help="Look at key frames of videos only; a later run without it looks at all."
)
@click.option(
    "--one-process-per-file",
    is_flag=True,
    help="A decoder of its own for every picture and video: for the most suspicious exhibits, and slow.",
)
@operation_option
def process(
    workers: int | None,
    engine: str,
    master: str,
    settings: tuple[str, ...],
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    no_verify_exhibits: bool,
    allow_unsandboxed: bool,
    fast: bool,
    one_process_per_file: bool,
    as_json: bool,
) -> int:
    """Walk, identify, hash, match and weigh everything in the exhibits.

    May be killed at any moment; the same command goes on from there. Exit code 1 when a file or content
    could not be read whole.
    """
    outcome = run_process(
        session_of(workspace, operation, user),
        workers=workers,
        progress=None if as_json else TerminalProgress(),
        verify_exhibits=not no_verify_exhibits,
        sandbox=SandboxPolicy(required=not allow_unsandboxed, one_process_per_file=one_process_per_file),
        fast=fast,
        cluster=cluster_of(engine, master, settings),
    )
    figures = outcome.figures
    if as_json:
        stages = [{"stage": s.stage, "done": s.done, "reused": s.reused} for s in outcome.stages]
        print_json({**figures.to_dict(), "stages": stages, "sandbox": outcome.sandbox.summary})
    else:
        click.echo(f"Sandbox: {outcome.sandbox.summary}")
        print_figures(figures)
    return 0 if set(figures.verdicts) <= {"read", "not_a_file", "not_examined"} else 1
