"""Backups that a worker makes on request, and those that lie in the folder set aside for them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fairlead.case.place.session import Session
from fairlead.case.upkeep.backup import BackupReport, back_up
from fairlead.case.verbs.verb import verb
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

FOLDER_VARIABLE, RECIPIENT_VARIABLE = "FAIRLEAD_BACKUPS", "FAIRLEAD_BACKUP_RECIPIENT"
_SHOWN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBackup:
    """A backup file: its name, its size in bytes, and when it was written."""

    name: str
    size_bytes: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """What is set up for backups, and what lies there."""

    folder: str
    encrypted: bool
    kept: tuple[KeptBackup, ...]


def open_backups(session: Session) -> Backups:
    """The backups of this workspace, newest first."""
    session.require(Action.ADMINISTER)
    folder = os.environ.get(FOLDER_VARIABLE, "")
    found = sorted(Path(folder).glob("*.age"), reverse=True)[:_SHOWN] if folder else []
    kept = tuple(
        KeptBackup(
            name=path.name,
            size_bytes=path.stat().st_size,
            at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        )
        for path in found
    )
    return Backups(folder=folder, encrypted=bool(os.environ.get(RECIPIENT_VARIABLE)), kept=kept)


@verb(
    "backup.make",
    Action.ADMINISTER,
    becomes=Operation.DISCLOSURE,
    command="none: see fairlead backup, which asks nobody",
    page="workbench:backups",
)
def make_backup(session: Session) -> BackupReport:
    """Write an encrypted backup into the folder set aside. UsageError when no folder or no recipient is set."""
    folder, recipient = os.environ.get(FOLDER_VARIABLE, ""), os.environ.get(RECIPIENT_VARIABLE, "")
    if not folder or not recipient:
        raise UsageError(
            "no folder or no recipient is set for backups",
            f"Set {FOLDER_VARIABLE} and {RECIPIENT_VARIABLE} for the server and its workers.",
            code="USAGE-BACKUP",
        )
    name = f"{session.clock():%Y%m%dT%H%M%SZ}.age"
    report = back_up(session.workspace, Path(folder).absolute() / name, recipient=recipient)
    session.record(Operation.DISCLOSURE, "backup.make", (name, report.sha256), "encrypted backup")
    return report
