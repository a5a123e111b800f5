"""The program `fairlead`: commands, exit codes, and errors as messages."""

from __future__ import annotations

import json
import os
import sys
import traceback
from importlib import import_module

import click

from fairlead import __version__
from fairlead.case.place.secrets import asking
from fairlead.cli.catalogue import COMMANDS
from fairlead.cli.secrets import ask_person
from fairlead.terms.errors import FairleadError, ItemError, UsageError

DONE, FINDINGS, STOPPED, WRONG_USAGE = 0, 1, 2, 64


class Commands(click.Group):
    """The commands by name; a command's module is imported when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the same in every context
        """The names of all commands, in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name, imported now; None when there is none."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = getattr(import_module(entry.module), entry.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing any."""
        room = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl([(name, _shortened(entry.help, room)) for name, entry in COMMANDS.items()])


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3].rsplit(" ", 1)[0] + "..."


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="fairlead")
def fairlead() -> None:
    """From a seized platform to fair leads.

    Every command takes --json, and --workspace or FAIRLEAD_WORKSPACE. Exit codes: 0 done, 1 findings,
    2 stopped, 64 wrong usage.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the program and end it with one of its exit codes. Whatever it writes is its user's alone."""
    os.umask(0o077)
    try:
        code = run(sys.argv[1:] if arguments is None else arguments)
    except Exception as problem:  # noqa: BLE001 - the last place: Python would end with 1, which here means findings
        from fairlead.cli.outages import outage_of

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
        with asking(ask_person):
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
