"""`fairlead doctor`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fairlead.case.upkeep.doctor import examine
from fairlead.case.upkeep.intents import leave_intent
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_json


@click.command()
@click.option("--tidy", is_flag=True, help="Remove files that killed runs left under temporary names.")
@click.option("--adopt", is_flag=True, help="Keep digests of parts that an older version wrote without one.")
@click.option("--leave", type=int, help="Leave the act of this number, which was cut short, as it is.")
@click.option("--reason", default="", help="Why it is left so.")
@operation_option
def doctor(
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    tidy: bool,
    adopt: bool,
    leave: int | None,
    reason: str,
    as_json: bool,
) -> int:
    """Check that everything in the workspace adds up, and name what does not. Exit code 1 when there is any."""
    session = session_of(workspace, operation, user)
    if leave is not None:
        leave_intent(session, leave, reason=reason)
    checks = examine(session, tidy=tidy, adopt=adopt)
    healthy = all(check.passed for check in checks)
    if as_json:
        print_json({"healthy": healthy, "checks": [{**asdict(c), "passed": c.passed} for c in checks]})
        return 0 if healthy else 1
    for check in checks:
        click.echo(
            f"  {click.style('yes', fg='green') if check.passed else click.style('no ', fg='red')}  ",
            nl=False,
        )
        click.echo(check.question)
        for said in check.found:
            click.echo(f"       - {said}")
        if check.findings > len(check.found):
            click.echo(f"       - and {check.findings - len(check.found):,} more")
        if not check.passed:
            click.echo(f"       {check.remedy}")
    return 0 if healthy else 1
