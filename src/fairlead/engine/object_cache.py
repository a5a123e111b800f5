"""Objects on the machine that works on them: fetched whole once, bounded in size, removed when others need the room.

Decoders and the sandbox need descriptors. An object is kept under a name that follows from its place, size, time and
ETag, so an object that was replaced is never taken for the one before; the name holds the digest (BLAKE3) of its bytes
as they came, and the first time a process opens it they are held against that. Deleting the folder loses nothing but
time. Everything is readable by its owner only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

from blake3 import blake3

from fairlead.engine.lock import in_turn
from fairlead.engine.objects import asked, filesystem
from fairlead.engine.places import ObjectPlace
from fairlead.terms.errors import ItemError, RunError, UsageError

FOLDER, MOST_GIB = "FAIRLEAD_CACHE", "FAIRLEAD_CACHE_GIB"
_OBJECTS, _SPOOL, _LOCKS, _ROOM = "objects", "spool", "locks", "room"
_CHUNK_BYTES = 8 << 20
_KEPT_FULL = 0.8  # of the bound, after room was made
_LONGEST_S = 7 * 24 * 3600.0
_LOOK_AGAIN_S = 24 * 3600.0

_SEEN: set[tuple[str, int]] = set()


def cache_folder() -> Path:
    """Where this machine keeps what it can fetch or make again: FAIRLEAD_CACHE, or a folder of the user's below /var/tmp."""
    given = os.environ.get(FOLDER)
    folder = Path(given) if given else Path("/var/tmp") / f"fairlead-{os.getuid()}"  # noqa: S108 - owner checked below
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.lstat()
    if status.st_uid != os.getuid() or not folder.is_dir() or folder.is_symlink():
        raise UsageError(
            "the folder for what is fetched belongs to somebody else",
            f"Set {FOLDER} to a folder of your own.",
            code="USAGE-CACHE",
        )
    folder.chmod(0o700)
    return folder


@contextmanager
def spool() -> Iterator[Path]:
    """A file of this machine to write something in that is then taken elsewhere; gone at the end of the block.

    It is locked meanwhile, so that those of killed processes can be told and removed.
    """
    folder = cache_folder() / _SPOOL
    folder.mkdir(exist_ok=True)
    path = folder / uuid4().hex
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(descriptor)
        path.unlink(missing_ok=True)


def open_object(place: ObjectPlace) -> int:
    """A read-only descriptor of an object, fetched if it is not here. Raises FileNotFoundError when there is none.

    ItemError when it changes while it is fetched; RunError when this machine has no room for it.
    """
    identity, size = _identity(place)
    key = blake2b(identity.encode(), digest_size=20).hexdigest()
    folder = cache_folder() / _OBJECTS / key[:2]
    found = _open_kept(folder, key, size)
    if found is not None:
        return found
    with in_turn(cache_folder() / _LOCKS / key[:2]):
        found = _open_kept(folder, key, size)
        if found is not None:
            return found
        _make_room(size)
        with spool() as temporary:
            digest = _fetch(place, temporary, size)
            if _identity(place)[0] != identity:
                raise _changed()
            temporary.chmod(0o400)
            folder.mkdir(parents=True, exist_ok=True)
            kept = folder / f"{key}-{digest}"
            temporary.rename(kept)
        _SEEN.add((kept.name, kept.stat().st_ino))
        return os.open(kept, os.O_RDONLY | os.O_CLOEXEC)


def _identity(place: ObjectPlace) -> tuple[str, int]:
    """What tells one state of an object from another, and its size."""
    with asked(place), filesystem().open_input_file(place.path) as file:
        told = file.metadata()
        size = file.size()
    marks = [told.get(name, b"").decode(errors="replace") for name in ("ETag", "Last-Modified", "VersionId")]
    return "\0".join([str(place), str(size), *marks]), size


def _fetch(place: ObjectPlace, target: Path, size: int) -> str:
    digest, count = blake3(), 0
    with asked(place), filesystem().open_input_stream(place.path) as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            sink.write(chunk)
            count += len(chunk)
    if count != size:
        raise _changed()
    return digest.hexdigest()


def _changed() -> ItemError:
    return ItemError(
        "an object changed while it was fetched",
        "Nobody may write to the place of an exhibit; verify it with `fairlead exhibit verify`.",
        code="EVIDENCE-011",
    )


def _open_kept(folder: Path, key: str, size: int) -> int | None:
    """What is kept under a key, if its bytes are those that came."""
    for path in folder.glob(f"{key}-*"):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:  # removed in this moment
            return None
        status = os.fstat(descriptor)
        seen = (path.name, status.st_ino)
        if status.st_size == size and (seen in _SEEN or _digest(descriptor) == path.name.partition("-")[2]):
            _SEEN.add(seen)
            with contextlib.suppress(FileNotFoundError):
                os.utime(path)
            return descriptor
        os.close(descriptor)
        path.unlink(missing_ok=True)
    return None


def _digest(descriptor: int) -> str:
    return blake3().update_mmap(f"/proc/self/fd/{descriptor}").hexdigest()


def _make_room(size: int) -> None:
    """See to it that another object fits below the bound; what was not used for longest goes first."""
    folder = cache_folder()
    with in_turn(folder / _LOCKS / "room"):
        room = folder / _ROOM
        used, looked_at = _read_room(room)
        most = _most_bytes(folder, used)
        if size > most:
            raise RunError(
                f"an object of {size} bytes is larger than this machine may keep of fetched ones ({most} bytes)",
                f"Free space, set {FOLDER} to a larger disk, or raise {MOST_GIB}; then run the same command again.",
                code="RUN-CACHE",
            )
        if used + size > most or abs(time.time() - looked_at) > _LOOK_AGAIN_S:
            used, looked_at = _sweep(folder, int(most * _KEPT_FULL) - size), time.time()
        temporary = folder / f".{_ROOM}"
        temporary.write_text(f"{used + size} {looked_at}")
        temporary.rename(room)


def _read_room(room: Path) -> tuple[int, float]:
    try:
        used, looked_at = room.read_text().split()
        return int(used), float(looked_at)
    except (OSError, ValueError):
        return 0, 0.0


def _most_bytes(folder: Path, used: int) -> int:
    """The bound: as the environment says, else what is kept and half of what is free."""
    given = os.environ.get(MOST_GIB, "")
    if not given:
        return used + shutil.disk_usage(folder).free // 2
    try:
        return int(float(given) * (1 << 30))
    except ValueError as problem:
        raise UsageError(
            f"{MOST_GIB} is no number", "Give it in GiB, e.g. 50.", code="USAGE-CACHE"
        ) from problem


def _sweep(folder: Path, most: int) -> int:
    """Remove what killed processes left, what nobody used for a week, and then the oldest; returns the bytes kept."""
    for left in (folder / _SPOOL).glob("*"):
        _remove_orphan(left)
    kept = []
    for path in (folder / _OBJECTS).glob("*/*"):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            kept.append((status.st_mtime, status.st_size, path))
    total, oldest = sum(size for _, size, _ in kept), time.time() - _LONGEST_S
    for used_at, size, path in sorted(kept):
        if used_at >= oldest and total <= most:
            break
        path.unlink(missing_ok=True)
        total -= size
    return total


def _remove_orphan(path: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
