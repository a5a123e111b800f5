"""`fairlead status`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from fairlead.case.log.restoration import find_restored
from fairlead.case.place.session import Session
from fairlead.case.running.runs import RunState, find_run
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_json, speed_text
from fairlead.tables.known import RECOGNISED
from fairlead.terms.errors import UsageError

if TYPE_CHECKING:
    from fairlead.case.lists.recognised import RecognisedCount

_BAR = 28


@click.command()
@click.option("--watch", is_flag=True, help="Go on showing it until the run has ended.")
@click.option("--every", type=click.FloatRange(0.2, 3600), default=2.0, show_default=True, help="Seconds.")
@operation_option
def status(
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    every: float,
    *,
    watch: bool,
    as_json: bool,
) -> int:
    """Show where the run that writes tables stands, also from another terminal. Exit code 1 when it was killed."""
    session = session_of(workspace, operation, user)
    state, restored = _find(session), find_restored(session.workspace)
    known = _recognised(session)
    if as_json:
        print_json(
            {
                "run": state.to_dict() if state else None,
                "recognised": known,
                "restored": restored.to_dict() if restored.last else None,
            }
        )
    elif watch and state is not None and state.state == "running":
        with Live(_picture(state, known), console=Console(stderr=True)) as live:
            while state is not None and state.state == "running":
                time.sleep(every)
                state = _find(session)
                live.update(_picture(state, _recognised(session)))
    else:
        Console().print(_picture(state, known))
    if restored.last and not as_json:
        click.echo(restored.sentence)
    return 1 if state is not None and state.state in ("killed", "failed") else 0


def _find(session: Session) -> RunState | None:
    return find_run(session.workspace.operation(session.operation))


def _recognised(session: Session) -> list[RecognisedCount]:
    """What hash sets have byte for byte; nothing for a user who does not see the whole operation."""
    if not session.store.parts(RECOGNISED):
        return []  # what counts them takes longer to load than all else here
    from fairlead.case.lists.recognised import count_recognised

    try:
        return count_recognised(session)
    except UsageError as problem:
        if problem.code != "USAGE-RIGHT":
            raise
        return []


def _picture(state: RunState | None, known: Sequence[RecognisedCount]) -> Group:
    if state is None:
        return Group(Text("Nothing has run in this operation yet."))
    lines = [
        f"{state.command}: {state.state}{' ' + state.code if state.code else ''}, begun {state.began_at:%H:%M:%SZ}"
    ]
    lines += [f"  {d.stage:<16} {d.rows:>12,} rows  {d.seconds:>9.1f} s" for d in state.stages]
    if state.state == "running" and state.stage and state.stage not in {d.stage for d in state.stages}:
        filled = _BAR * state.done // max(state.total, 1)
        left = f"  about {state.seconds_left:,.0f} s left" if state.seconds_left is not None else ""
        bar = "━" * filled + " " * (_BAR - filled)
        lines.append(f"  {state.stage:<16} {bar} {state.done:,}/{state.total:,}{left}")
        told = speed_text(state.rows, state.size_bytes, state.verdicts, state.stage_seconds)
        lines.append(f"  {'':<16} {told}")
    lines += [
        f"  same bytes as {one['set']} ({one['meaning']}): {one['files']:,} files, {one['contents']:,} contents"
        for one in known
    ]
    if state.state == "killed":
        lines.append("  The process is gone. Run the same command again: finished parts are kept.")
    return Group(*(Text(line) for line in lines))
