"""A workspace: one directory with everything an agency holds of its operations."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from fairlead.engine.parts import PartStore
from fairlead.engine.places import ObjectPlace, Place, parse_place, require_usable
from fairlead.terms.errors import UsageError

MARK = "fairlead.json"
_FORMAT = 1
_SETTINGS = "operation.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where things lie. Holds paths only; nothing is open."""

    root: Path
    identity: str
    branch: str = ""  # set when it was restored from a backup: its log goes on under another origin

    @property
    def register(self) -> Path:
        """The embedded database and its secret."""
        return self.root / "register"

    @property
    def keys(self) -> Path:
        """Private keys of this workspace, readable by its owner only."""
        return self.root / "keys"

    @property
    def log_name(self) -> str:
        """The origin line of this workspace's ledger."""
        return f"fairlead/{self.identity}" + (f"/{self.branch}" if self.branch else "")

    @property
    def law(self) -> Path:
        """The agency's own law files, laid over those that come with Fairlead; absent when there are none."""
        return self.root / "law"

    def operation(self, slug: str) -> Path:
        """The folder of one operation."""
        return self.root / "operations" / slug

    def store(self, slug: str) -> PartStore:
        """The tables of one operation: in its folder, or where its settings say."""
        return PartStore(self.tables(slug))

    def tables(self, slug: str) -> Place:
        """Where the tables of one operation lie."""
        try:
            settings = json.loads((self.operation(slug) / _SETTINGS).read_text())
        except FileNotFoundError:
            return self.operation(slug) / "tables"
        return parse_place(settings["tables"])

    def place_tables(self, slug: str, place: ObjectPlace) -> None:
        """Keep with an operation that its tables lie in object storage."""
        path = self.operation(slug) / _SETTINGS
        fresh = path.with_name(f".{path.name}")
        fresh.write_text(json.dumps({"tables": str(place)}, indent=1) + "\n")
        fresh.rename(path)

    def operations(self) -> list[str]:
        """Slugs of the operations that have a folder here."""
        folder = self.root / "operations"
        return sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def create_workspace(root: Path, *, at: datetime) -> Workspace:
    """Make a workspace in an empty or absent folder; raises UsageError otherwise."""
    root = root.absolute()
    require_usable(root)
    if root.exists() and any(root.iterdir()):
        raise UsageError(
            "the folder for the workspace is not empty",
            "Name a folder that is empty or does not exist.",
            code="USAGE-FOLDER",
        )
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o700)
    identity = uuid4().hex[:12]
    mark = {"format": _FORMAT, "id": identity, "created_at": at.isoformat()}
    (root / MARK).write_text(json.dumps(mark, indent=1) + "\n")
    (root / "keys").mkdir(mode=0o700)
    (root / "operations").mkdir()
    return Workspace(root=root, identity=identity)


def find_workspace(given: Path | None) -> Workspace:
    """The workspace that was named, or FAIRLEAD_WORKSPACE, or the current folder; else UsageError."""
    root = given or Path(os.environ.get("FAIRLEAD_WORKSPACE") or ".")
    root = root.absolute()
    try:
        mark = json.loads((root / MARK).read_text())
    except FileNotFoundError as problem:
        raise UsageError(
            f"there is no workspace in {root}",
            "Give --workspace or FAIRLEAD_WORKSPACE, or make one with `fairlead init`.",
            code="USAGE-WORKSPACE",
        ) from problem
    if mark.get("format") != _FORMAT:
        raise UsageError(
            f"the workspace has format {mark.get('format')}, this program reads {_FORMAT}",
            "Use the version of Fairlead that made it.",
            code="USAGE-FORMAT",
        )
    return Workspace(root=root, identity=mark["id"], branch=mark.get("branch", ""))
