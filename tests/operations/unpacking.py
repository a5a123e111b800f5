"""Unpacks harmless and harmful backups with whatever Python runs this; needs nothing but it. Prints what came of each."""

from __future__ import annotations

import io
import json
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from fairlead.case.upkeep.backup_file import unpack_backup, write_backup_file
from fairlead.terms.errors import UsageError


def good(folder: Path) -> Path:
    (folder / "in").mkdir()
    (folder / "in" / "a").write_bytes(bytes(range(256)) * 40)
    (folder / "in" / "b").write_bytes(b"benign")
    members = [("keys/a", folder / "in" / "a"), ("b", folder / "in" / "b"), ("gone", folder / "in" / "gone")]
    write_backup_file(
        folder / "good.tar", members, workspace="w", entries=3, at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    return folder / "good.tar"


def bad(folder: Path, name: str, **changed: object) -> Path:
    """A good backup with one more member."""
    path = folder / "bad.tar"
    path.write_bytes((folder / "good.tar").read_bytes())
    member = tarfile.TarInfo(name)
    data = b"" if "type" in changed else b"benign"
    member.size = len(data)
    for key, value in changed.items():
        setattr(member, key, value)
    with tarfile.open(path, "a") as tar:
        tar.addfile(member, io.BytesIO(data))
    return path


def unpacked(folder: Path, path: Path) -> str:
    target = folder / "out" / "workspace"
    with tempfile.TemporaryDirectory(dir=folder) as place:
        target = Path(place) / "workspace"
        try:
            unpack_backup(path, target, name=path.name)
        except UsageError as problem:
            strange = list(folder.rglob("evil*"))
            return f"{problem.code}{' AND WRITTEN' if strange else ''}"
        return ",".join(sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        came = {"good": unpacked(folder, good(folder))}
        harmful: dict[str, dict[str, object]] = {
            "../evil": {},
            str(folder / "evil"): {},
            "keys/../../evil": {},
            "evil-link": {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
            "evil-hard-link": {"type": tarfile.LNKTYPE, "linkname": "b"},
            "evil-device": {"type": tarfile.CHRTYPE},
            "evil-fifo": {"type": tarfile.FIFOTYPE},
            "evil-folder": {"type": tarfile.DIRTYPE},
            "b": {},
            "b/c": {},
            "more": {},
        }
        for member, changed in harmful.items():
            came[member.replace(name, "")] = unpacked(folder, bad(folder, member, **changed))
    json.dump({"python": list(sys.version_info[:3]), "came": came}, sys.stdout)


if __name__ == "__main__":
    main()
