"""What a workspace knows of having been restored: from which backup, under which origin its log goes on, what it lacks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from fairlead.case.place.workspace import Workspace
from fairlead.ledger.checkpoint import Checkpoint, parse_checkpoint
from fairlead.ledger.continuation import Continuation, parse_continuation
from fairlead.ledger.notes import parse_note

RESTORATIONS = "restored.json"
_FORMAT = "fairlead-restored/1"
_NUMBERS_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_LEDGER = "ledger.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """One restoring: its signed declaration, the leaf of its ledger entry, and the digest of the backup's file."""

    note: str
    leaf: str
    backup_sha256: str

    @property
    def continuation(self) -> Continuation:
        """What was declared."""
        return parse_continuation(parse_note(self.note).text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A package that a country proved it was sent and that this workspace does not know."""

    package: str
    country: str
    sha256: str
    told_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Every restoring of a workspace, oldest first, and what turned out to be missing since."""

    restorations: tuple[Restoration, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def last(self) -> Continuation | None:
        """The last restoring; None for a workspace that never was."""
        return self.restorations[-1].continuation if self.restorations else None

    @property
    def sentence(self) -> str:
        """From when the workspace is, and what it is known to lack; empty for one that was never restored."""
        if (last := self.last) is None:
            return ""
        said = (
            f"Restored on {last.restored_at:%Y-%m-%d %H:%M}Z: this is the state of {last.backup_at:%Y-%m-%d %H:%M}Z, with "
            f"{last.entries} entries of its log. What came between is lacking."
        )
        if self.missing:
            said += f" Countries hold packages that are not known here: {', '.join(m.package for m in self.missing)}."
        return said

    def to_dict(self) -> dict[str, object]:
        """For other programs: the same as `sentence`, in parts."""
        last = self.last
        return {
            "state_of": last.backup_at.isoformat() if last else "",
            "restored_at": last.restored_at.isoformat() if last else "",
            "entries": last.entries if last else 0,
            "times": len(self.restorations),
            "missing": [asdict(m) for m in self.missing],
        }


def find_restored(workspace: Workspace) -> Restored:
    """What is kept about it; empty for a workspace that was never restored."""
    path = workspace.root / RESTORATIONS
    if not path.is_file():
        return Restored()
    value = json.loads(path.read_text())
    return Restored(
        restorations=tuple(Restoration(**row) for row in value["restorations"]),
        missing=tuple(Missing(**row) for row in value["missing"]),
    )


def keep_restored(workspace: Workspace, restored: Restored) -> None:
    """Write it in one step."""
    fresh = workspace.root / f".{RESTORATIONS}"
    fresh.write_text(json.dumps({"format": _FORMAT, **asdict(restored)}, indent=1) + "\n")
    fresh.replace(workspace.root / RESTORATIONS)


def note_missing(workspace: Workspace, missing: Missing) -> bool:
    """Keep that a country holds a package which is not known here; False when this workspace was never restored."""
    restored = find_restored(workspace)
    if restored.last is None:
        return False
    if missing.package not in {m.package for m in restored.missing}:
        keep_restored(
            workspace, Restored(restorations=restored.restorations, missing=(*restored.missing, missing))
        )
    return True


def number_floor(workspace: Workspace) -> int:
    """No number that this workspace gives out may be this or less; 0 for one that was never restored.

    Numbers may have been given out between the backup and its restoring, and nobody here knows which. Those of a restored
    workspace therefore go on from the seconds between 2020 and the restoring: that is beyond every number given out
    before, as long as less than one a second was.
    """
    last = find_restored(workspace).last
    return int((last.restored_at - _NUMBERS_FROM).total_seconds()) if last else 0


def next_number(workspace: Workspace, known: int) -> int:
    """The next number after ``known``, the highest one known here, that was surely never given out before."""
    return max(known, number_floor(workspace)) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What a recipient is told of a lead country's restoring: how far back it went, and what it lacks of what was seen.

    ``entries_gone`` are entries of the log that this recipient had seen counted; ``packages_gone`` were opened here
    and are not known to the lead country any more.
    """

    restored_at: datetime
    backup_at: datetime
    entries: int
    entries_gone: int
    packages_gone: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """For people."""
        said = (
            f"The lead country restored its workspace on {self.restored_at:%Y-%m-%d %H:%M}Z from a backup of "
            f"{self.backup_at:%Y-%m-%d %H:%M}Z, with {self.entries} entries of its log. Its log goes on from there "
            "under a new name, signed with the same key."
        )
        if self.entries_gone:
            said += f" {self.entries_gone} entries that were counted here before are not in it any more."
        if self.packages_gone:
            said += (
                f" It does not know these packages any more: {', '.join(self.packages_gone)}. Keep them, and send it "
                "your receipts and outcomes for them again."
            )
        return said


def explain_continuations(received: Path, continuations: Sequence[Continuation]) -> Explained | None:
    """What to tell a recipient whose packages of one operation lie below ``received``; None without a restoring."""
    if not continuations:
        return None
    left, last = {c.origin: c for c in continuations}, continuations[-1]
    gone, entries_gone = [], 0
    for path in sorted(received.glob(f"*/{_LEDGER}")):
        value = json.loads(path.read_text())
        seen = parse_checkpoint(parse_note(value["checkpoint"]).text)
        if seen.origin == last.continued_as:
            continue
        entries = left.get(seen.origin, last).entries
        entries_gone = max(entries_gone, seen.size - entries)
        if int(value["index"]) >= entries:
            gone.append(path.parent.name)
    return Explained(
        restored_at=last.restored_at,
        backup_at=last.backup_at,
        entries=last.entries,
        entries_gone=entries_gone,
        packages_gone=tuple(gone),
    )


def checkpoints_of(received: Path) -> list[Checkpoint]:
    """The checkpoints that came with the packages opened below a folder."""
    found = []
    for path in sorted(received.glob(f"*/{_LEDGER}")):
        found.append(parse_checkpoint(parse_note(json.loads(path.read_text())["checkpoint"]).text))
    return found
