"""The file of a backup: written with a digest of every member, unpacked by rules of its own.

Needs the standard library only, and nothing of it that came after Python 3.11.0: `tarfile` refuses harmful members since
3.11.4 only, so every member is looked at here.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from fairlead.terms.errors import UsageError

FORMAT = "fairlead-backup/2"
_READ = (FORMAT, "fairlead-backup/1")  # the first form has its manifest in front and says nothing of the log
_MANIFEST, _MANIFEST_DIGEST = "manifest.json", "manifest.sha256"
_CHUNK = 1 << 20
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself: when it was made, of which workspace, how many entries its log had, and digests.

    Workspace and entries are empty and 0 in a backup of an older version.
    """

    format: str
    at: datetime
    workspace: str
    entries: int
    files: Mapping[str, str]


def write_backup_file(
    target: Path, members: Iterable[tuple[str, Path]], *, workspace: str, entries: int, at: datetime
) -> Manifest:
    """Write members, then the manifest with the digests of what was written. A file that is gone meanwhile is left out."""
    files: dict[str, str] = {}
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle, tarfile.open(fileobj=handle, mode="w|") as tar:
        for name, path in members:
            try:
                source = path.open("rb")
            except FileNotFoundError:
                continue
            with source:
                member = tarfile.TarInfo(name)
                member.size, member.mode = os.fstat(source.fileno()).st_size, 0o600
                digesting = _Digesting(source)
                tar.addfile(member, digesting)  # reads no more than the size, whoever writes meanwhile
                files[name] = digesting.hexdigest()
        manifest = Manifest(format=FORMAT, at=at, workspace=workspace, entries=entries, files=files)
        value = {
            "format": FORMAT,
            "at": at.isoformat(),
            "workspace": workspace,
            "entries": entries,
            "files": files,
        }
        text = json.dumps(value, indent=1).encode()
        for name, data in (
            (_MANIFEST, text),
            (_MANIFEST_DIGEST, hashlib.sha256(text).hexdigest().encode() + b"\n"),
        ):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o600
            tar.addfile(member, io.BytesIO(data))
    return manifest


def unpack_backup(source: Path, target: Path, *, name: str) -> Manifest:
    """Unpack a backup below ``target``, which is made, and check every digest; ``name`` is what messages call the file.

    Members are plain files only, by a relative path without ``..``; each is written once, below the folder, readable by
    its owner. UsageError with USAGE-RESTORE otherwise, or when the file is cut or changed; what was unpacked is then
    left to the caller to remove.
    """
    target.mkdir(mode=0o700)
    digests: dict[str, str] = {}
    try:
        with tarfile.open(source, mode="r:") as tar:
            for member in tar:
                untrusted = tar.extractfile(member) if _is_plain(member) else None
                if untrusted is None or member.name in digests:
                    raise _broken(name, "holds something that is no plain file below its folder")
                digests[member.name] = _write(untrusted, target / member.name, member.size)
    except (tarfile.TarError, EOFError) as problem:
        raise _broken(name, "cannot be read as a backup, or not to its end") from problem
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as problem:
        raise _broken(name, "holds one path twice, as two things") from problem
    manifest = _read_manifest(target, digests, name)
    wrong = sorted(path for path, digest in manifest.files.items() if digests.get(path) != digest)
    more = sorted(digests.keys() - manifest.files.keys() - {_MANIFEST, _MANIFEST_DIGEST})
    if wrong or more:
        shown = ", ".join((*wrong, *more)[:_NAMED])
        raise _broken(
            name, f"is damaged: {len(wrong) + len(more)} of its files do not have their digest ({shown})"
        )
    for path in (_MANIFEST, _MANIFEST_DIGEST):
        (target / path).unlink(missing_ok=True)
    return manifest


class _Digesting(io.RawIOBase):
    """A reader that digests what it hands on."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _is_plain(member: tarfile.TarInfo) -> bool:
    path = PurePosixPath(member.name)
    named = bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in member.name
    return named and member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()


def _write(source: IO[bytes], path: Path, size: int) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), size
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        while left and (chunk := source.read(min(_CHUNK, left))):
            handle.write(chunk)
            digest.update(chunk)
            left -= len(chunk)
    if left:
        raise EOFError(path.name)
    return digest.hexdigest()


def _read_manifest(folder: Path, digests: Mapping[str, str], name: str) -> Manifest:
    if _MANIFEST not in digests:
        raise _broken(name, "is cut: its list of files, which stands at the end, is not there")
    try:
        value = json.loads((folder / _MANIFEST).read_bytes())
        manifest = Manifest(
            format=str(value["format"]),
            at=datetime.fromisoformat(value["at"]),
            workspace=str(value.get("workspace", "")),
            entries=int(value.get("entries", 0)),
            files={str(path): str(digest) for path, digest in value["files"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise _broken(name, "is damaged: its list of files cannot be read") from problem
    if manifest.format not in _READ:
        raise UsageError(
            f"{name} is a backup of the form {manifest.format}, this program reads {' and '.join(_READ)}",
            "Restore it with the version of Fairlead that made it, or a later one.",
            code="USAGE-RESTORE",
        )
    if manifest.format == FORMAT:
        kept = folder / _MANIFEST_DIGEST
        if not kept.is_file() or kept.read_text(errors="replace").strip() != digests[_MANIFEST]:
            raise _broken(name, "is damaged: its list of files does not have its digest")
    return manifest


def _broken(name: str, what: str) -> UsageError:
    return UsageError(
        f"{name} {what}",
        "Nothing was restored. Use another copy of this backup, or the one before it. An encrypted backup needs "
        "--identity.",
        code="USAGE-RESTORE",
    )
