"""A workspace as one file, and back: register, tables, packages, keys, with a digest of every part."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from fairlead.case.lists.prepared import FOLDER as PREPARED
from fairlead.case.place.session import Clock, utc_now
from fairlead.case.place.workspace import Workspace, find_workspace
from fairlead.case.upkeep.checks.leftovers import find_leftovers
from fairlead.engine.below import hold_folder, is_one_name, write_tree
from fairlead.engine.lock import sole_writer
from fairlead.engine.places import require_usable
from fairlead.register.dump import dump_register, restore_register
from fairlead.terms.errors import UsageError

_FORMAT = "fairlead-backup/1"
_DUMP, _MANIFEST = "register.dump", "manifest.json"
_LEFT_OUT = ("register/postgres", "ledger-tree/")  # the tree grows again from the entries
_GROWN_AGAIN = frozenset({"indexes", PREPARED})  # below an operation: from hash sets, from tables
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """How many files a backup holds, its own digest, and which operations' tables are not in it."""

    files: int
    bytes: int
    sha256: str
    encrypted: bool
    tables_elsewhere: tuple[str, ...]


def back_up(
    workspace: Workspace, target: Path, *, recipient: str = "", clock: Clock = utc_now
) -> BackupReport:
    """Write a backup. Exhibits are not in it: they lie where they were received from. Nor are tables in object storage.

    Nobody may write the tables meanwhile (RUN-LOCK). It holds private keys: ``recipient`` (an age public
    key) encrypts it; without one it is readable by its owner only.
    """
    if target.exists():
        raise UsageError(f"{target.name} exists already", "Name a new file.", code="USAGE-FILE")
    with ExitStack() as held, tempfile.TemporaryDirectory(dir=target.parent) as folder:
        for slug in workspace.operations():
            held.enter_context(sole_writer(workspace.operation(slug)))
        dump, packed = Path(folder) / _DUMP, Path(folder) / "packed.tar"
        dump_register(workspace.register, dump)
        listed = {_DUMP: dump} | {name: workspace.root / name for name in _names(workspace)}
        manifest = {
            "format": _FORMAT,
            "at": clock().isoformat(),
            "files": {name: _digest(path) for name, path in listed.items()},
        }
        manifest_file = Path(folder) / _MANIFEST
        manifest_file.write_text(json.dumps(manifest, indent=1))
        descriptor = os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle, tarfile.open(fileobj=handle, mode="w|") as tar:
            tar.add(manifest_file, _MANIFEST)
            for name, path in listed.items():
                tar.add(path, name)
        if recipient:
            packed = _encrypt(packed, recipient)
        packed.rename(target)
    return BackupReport(
        files=len(listed),
        bytes=target.stat().st_size,
        sha256=_digest(target),
        encrypted=bool(recipient),
        tables_elsewhere=tuple(
            slug for slug in workspace.operations() if not isinstance(workspace.tables(slug), Path)
        ),
    )


def restore(source: Path, root: Path, *, identity: Path | None = None) -> Workspace:
    """Bring a workspace back into an empty or absent folder; every digest is checked before the register is filled."""
    require_usable(root)
    if root.exists() and any(root.iterdir()):
        raise UsageError("the folder is not empty", "Name an empty folder.", code="USAGE-FOLDER")
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o700)
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        plain = _decrypt(source, identity, Path(folder)) if identity else source
        try:
            found = _unpack(plain, root)
            manifest = json.loads((root / _MANIFEST).read_text())
            stated = {str(name): str(digest) for name, digest in manifest["files"].items()}
            known = manifest["format"] == _FORMAT
        except (tarfile.TarError, KeyError, TypeError, ValueError, AttributeError, OSError) as problem:
            raise UsageError(
                "the file is not a backup that can be read",
                "Give the file of `fairlead backup`; an encrypted one needs --identity.",
                code="USAGE-RESTORE",
            ) from problem
    # Only what was unpacked is looked at: a manifest names nothing outside the folder.
    wrong = found - {_MANIFEST} ^ stated.keys()
    wrong |= {name for name in stated.keys() - wrong if _digest(root / name) != stated[name]}
    if wrong or not known:
        raise UsageError(
            f"{len(wrong)} files of the backup do not have their digest",
            "Use another copy of the backup.",
            code="USAGE-RESTORE",
        )
    restore_register(root / "register", root / _DUMP)
    (root / _DUMP).unlink()
    (root / _MANIFEST).unlink()
    return find_workspace(root)


def _unpack(packed: Path, root: Path) -> set[str]:
    """Write the plain files of a backup below a folder; returns their names. ValueError for anything else in it."""
    found = set()
    with tarfile.open(packed, mode="r:") as tar, hold_folder(root) as folder:
        for member in tar:
            parts = tuple(member.name.split("/"))
            # One file that has two names in the workspace is packed once, and named a second time.
            source = tar.extractfile(member) if member.isreg() or member.islnk() else None
            if source is None or not all(is_one_name(part) for part in parts):
                raise ValueError("a member of the archive is no file of a workspace")
            write_tree(folder, parts, source, mode=0o600 | (member.mode & 0o100))
            found.add(member.name)
    return found


def _names(workspace: Workspace) -> Iterator[str]:
    root = workspace.root
    leftovers = {path for slug in workspace.operations() for path in find_leftovers(workspace, slug)}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        left_out = (
            name.startswith(_LEFT_OUT)
            or not _GROWN_AGAIN.isdisjoint(path.relative_to(root).parts)
            or not leftovers.isdisjoint((path, *path.parents))
        )
        if path.is_file() and not path.is_symlink() and not left_out:
            yield name


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _encrypt(plain: Path, recipient: str) -> Path:
    import pyrage

    try:
        key = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as problem:
        raise UsageError(
            "the recipient is not an age public key", "Give one that begins with age1.", code="USAGE-KEY"
        ) from problem
    target = plain.with_suffix(".age")
    pyrage.encrypt_file(str(plain), str(target), [key])
    plain.unlink()
    target.chmod(0o600)
    return target


def _decrypt(source: Path, identity: Path, folder: Path) -> Path:
    import pyrage

    lines = [line for line in identity.read_text().splitlines() if line.startswith("AGE-SECRET-KEY-")]
    target = folder / "plain.tar"
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines]
        pyrage.decrypt_file(str(source), str(target), keys)
    except (pyrage.DecryptError, pyrage.IdentityError) as problem:
        raise UsageError(
            "the backup cannot be decrypted with this identity", "Give the right one.", code="USAGE-KEY"
        ) from problem
    return target
