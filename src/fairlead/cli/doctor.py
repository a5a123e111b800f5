"""`fairlead doctor`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fairlead.case.doctor import examine
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_json


@click.command()
@operation_option
def doctor(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> int:
    """Check that everything in the workspace adds up. Exit code 1 when something does not."""
    checks = examine(session_of(workspace, operation, user))
    healthy = all(check.passed for check in checks)
    if as_json:
        print_json({"healthy": healthy, "checks": [{**asdict(c), "passed": c.passed} for c in checks]})
    else:
        for check in checks:
            mark = click.style("yes", fg="green") if check.passed else click.style("no ", fg="red")
            found = "" if check.passed else f"  {check.findings:,} found. {check.remedy}"
            click.echo(f"  {mark}  {check.question}{found}")
    return 0 if healthy else 1
