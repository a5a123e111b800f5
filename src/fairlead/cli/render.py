"""How answers look in a terminal, and as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.table import Column
from rich.table import Table as RichTable
from rich.text import Text

from fairlead.engine.progress import Done

_MANY_COLUMNS = 8
_WIDTH_OF_A_FILE = 140


def print_json(value: Any) -> None:
    """One line of JSON."""
    click.echo(json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=False))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_facts(title: str, facts: Mapping[str, Any]) -> None:
    """A title and aligned names with values."""
    click.secho(title, bold=True)
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        click.echo(f"  {name.replace('_', ' '):<{width}}  {_fact(value)}")


def _fact(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list() | tuple():
            return ", ".join(str(v) for v in value) or "none"
    return str(value)


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, title: str = "") -> None:
    """Rows as a table; says so when there are none."""
    if not rows:
        click.echo(f"{title + ': ' if title else ''}nothing to show.")
        return
    shown = list(columns)
    if len(shown) > _MANY_COLUMNS:
        shown = [c for c in shown if any(row.get(c) not in (None, "", []) for row in rows)]
    table = RichTable(*(c.replace("_", " ") for c in shown), title=title or None, title_justify="left")
    for row in rows:
        table.add_row(*(Text(_short(row.get(c))) for c in shown))
    console = Console()
    Console(width=None if console.is_terminal else _WIDTH_OF_A_FILE).print(table)


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, list | tuple):
        return ", ".join(_short(v) for v in value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def speed_text(rows: int, size_bytes: int, verdicts: Mapping[str, int], seconds: float) -> str:
    """What was done in a time: rows, rows and megabytes a second, and what became of files or contents."""
    pace = max(seconds, 0.001)
    parts = [f"{rows:,} rows, {rows / pace:,.0f}/s"]
    if size_bytes:
        parts.append(f"{size_bytes / pace / 1e6:,.1f} MB/s")
    parts += [f"{name} {count:,}" for name, count in sorted(verdicts.items(), key=lambda one: -one[1])]
    return ", ".join(parts)


class TerminalProgress:
    """A bar a stage, on standard error, so that standard output stays clean."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars: RichProgress | None = None
        self._task: Any = None
        self._done = Done()
        self._began = 0.0

    def begin(self, stage: str, total: int) -> None:
        """Start a bar."""
        self._done = Done()
        self._began = time.monotonic()
        self._bars = RichProgress(
            TextColumn("  {task.description:<14}"),
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[told]}", table_column=Column(ratio=1, no_wrap=False)),
            console=self._console,
        )
        self._bars.start()
        self._task = self._bars.add_task(stage, total=total, told="")

    def advance(self, stage: str, done: Done) -> None:
        """Move the bar of ``stage`` on by one task."""
        if self._bars is not None:
            self._done += done
            self._bars.update(self._task, advance=1, description=stage)
            (bar,) = self._bars.tasks
            left = f"; about {bar.time_remaining:,.0f} s left" if bar.time_remaining else ""
            self._bars.update(self._task, told=self._told() + left)

    def finish(self, stage: str) -> None:
        """End the bar of ``stage``."""
        if self._bars is not None:
            told = self._told() if self._done.rows else "up to date"
            self._bars.update(self._task, description=stage, told=told)
            self._bars.stop()
            self._bars = None

    def _told(self) -> str:
        seconds = time.monotonic() - self._began
        return speed_text(self._done.rows, self._done.size_bytes, self._done.verdicts, seconds)
