"""Passphrases at the command line: asked for without an echo, or read from a file that only its owner can read."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import click

from fairlead.case.place.secrets import require_strong
from fairlead.terms.errors import UsageError

FILE = "FAIRLEAD_PASSPHRASE_FILE"


def ask_person(name: str) -> str | None:
    """The passphrase of an officer: the first line of the file that FAIRLEAD_PASSPHRASE_FILE names, or asked for."""
    kept = os.environ.get(FILE)
    if kept:
        return _first_line(Path(kept))
    if not sys.stdin.isatty():
        return None
    secret: str = click.prompt(f"Passphrase of {name}", hide_input=True, err=True)
    return secret


def new_passphrase(name: str) -> str:
    """A new passphrase for an officer's key, asked for twice or from that file; UsageError when it is too short."""
    kept = os.environ.get(FILE)
    if kept:
        return require_strong(_first_line(Path(kept)))
    if not sys.stdin.isatty():
        raise UsageError(
            f"the key of officer {name} needs a passphrase, and nobody is there to be asked",
            f"Run it at a terminal, or name a file with {FILE}.",
            code="USAGE-PASSPHRASE",
        )
    secret: str = click.prompt(
        f"New passphrase of {name}", hide_input=True, confirmation_prompt=True, err=True
    )
    return require_strong(secret)


def _first_line(path: Path) -> str:
    """The first line of a file that is its owner's alone; UsageError when it cannot be read or others may read it."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UsageError(
                f"{path.name} may be read by others",
                "Make it yours alone: chmod 600.",
                code="USAGE-PASSPHRASE",
            )
        return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(
            f"{path.name} cannot be read as a passphrase's file",
            f"{FILE} names a text file whose first line is the passphrase.",
            code="USAGE-PASSPHRASE",
        ) from problem
