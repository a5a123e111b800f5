"""Options that commands share, and how a command reaches its workspace."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fairlead.case.place.session import Session, open_session
from fairlead.case.place.workspace import Workspace, find_workspace
from fairlead.case.running.engines import Cluster

Command = TypeVar("Command", bound=Callable[..., Any])


class OutputFile(click.Path):
    """A file to be written: refused before anything is done when it cannot be made where it is asked for."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False, writable=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, with a folder that is there and may be written in."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
            self.fail(f"There is no folder {path.parent} that you may write in.", param, ctx)
        return path


OUTPUT = OutputFile()


def json_option(command: Command) -> Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def workspace_option(command: Command) -> Command:
    """Add ``--workspace`` and ``--json``."""
    command = json_option(command)
    return click.option(
        "--workspace", type=click.Path(path_type=Path, file_okay=False), help="The workspace to work in."
    )(command)


def user_option(command: Command) -> Command:
    """Add ``--user``."""
    return click.option("--user", help="Work as this user; the login name if not given.")(command)


def operation_option(command: Command) -> Command:
    """Add ``--workspace``, ``--operation``, ``--user`` and ``--json``."""
    command = user_option(workspace_option(command))
    return click.option("--operation", help="Operation; may be left out when there is one only.")(command)


def engine_options(command: Command) -> Command:
    """Add ``--workers``, ``--engine``, ``--master`` and ``--spark-conf``; see ``cluster_of``."""
    for option in (
        click.option(
            "--spark-conf", "settings", multiple=True, metavar="NAME=VALUE", help="A setting for Spark."
        ),
        click.option(
            "--master",
            default="",
            help="Spark's master, e.g. spark://HOST:7077; left out under spark-submit.",
        ),
        click.option(
            "--engine",
            type=click.Choice(["local", "spark"]),
            default="local",
            show_default=True,
            help="Who does the work.",
        ),
        click.option("--workers", type=int, help="Worker processes; all cores if not given."),
    ):
        command = option(command)
    return command


def cluster_of(engine: str, master: str, settings: tuple[str, ...]) -> Cluster | None:
    """The cluster that the options of ``engine_options`` ask for; None for this computer."""
    pairs = []
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"--spark-conf takes NAME=VALUE, not {text}")
        pairs.append((name, value))
    return Cluster(master=master, settings=tuple(pairs)) if engine == "spark" else None


def workspace_of(workspace: Path | None) -> Workspace:
    """The workspace a command was told to work in."""
    return find_workspace(workspace)


def session_of(workspace: Path | None, operation: str | None, user: str | None) -> Session:
    """A session in the operation a command was told to work in."""
    return open_session(find_workspace(workspace), operation=operation, user_name=user)
