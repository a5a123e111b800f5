"""Writing and reading below a folder that is held open: no name leads out of it, and no link is followed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from fairlead.terms.errors import RunError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PLAIN = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_CHUNK = 1 << 20
_LONGEST_NAME_BYTES = 255


@dataclass(frozen=True, slots=True)
class HeldFolder:
    """A folder by its open descriptor. Every name is one step down from it; `hold_folder` opens one.

    A name that is empty, ``.``, ``..``, or holds a slash, a NUL or a control character raises RunError, and so does a
    link in its place: what stands at the other end is neither read nor written. Somebody who may write in the folder
    already can still move a whole folder that is held; it stays the same folder.
    """

    descriptor: int
    path: Path

    @contextmanager
    def below(self, *names: str, make: bool = False) -> Iterator[HeldFolder]:
        """The folder some names down, held for the block; with ``make`` it is made where it is missing."""
        held = os.dup(self.descriptor)
        try:
            for name in names:
                step = _step_down(held, name, make=make)
                os.close(held)
                held = step
            yield HeldFolder(held, self.path.joinpath(*names))
        finally:
            os.close(held)

    @contextmanager
    def create(self, name: str, *, mode: int = 0o600) -> Iterator[IO[bytes]]:
        """A new file to write; RunError when anything of that name is there."""
        _check(name)
        try:
            made = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, mode, dir_fd=self.descriptor)
        except FileExistsError as problem:
            raise _refused("something of that name is there already") from problem
        with os.fdopen(made, "wb") as handle:
            yield handle

    def write(self, name: str, data: bytes) -> Path:
        """Write a file, in place of an earlier one: whole or not at all. Returns where it lies."""
        _check(name)
        fresh = f".{name}.new"
        self.remove(fresh)
        with self.create(fresh) as handle:
            handle.write(data)
        os.replace(fresh, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
        return self.path / name

    def read(self, name: str) -> bytes | None:
        """The bytes of a plain file, or None when there is nothing of that name."""
        _check(name)
        try:
            found = os.open(name, os.O_RDONLY | _PLAIN, dir_fd=self.descriptor)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise _refused("what is there is no plain file") from problem
        with os.fdopen(found, "rb") as handle:
            return handle.read()

    def names(self) -> list[str]:
        """The names of what is in the folder, sorted."""
        with os.scandir(self.descriptor) as entries:
            return sorted(entry.name for entry in entries)

    def holds(self, name: str) -> bool:
        """Whether there is anything of that name, a link too."""
        _check(name)
        try:
            os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it, when there is one; a link itself, never what it leads to."""
        _check(name)
        try:
            os.unlink(name, dir_fd=self.descriptor)
        except FileNotFoundError:
            return
        except (IsADirectoryError, PermissionError):  # Linux says the one for a folder, POSIX the other
            shutil.rmtree(name, dir_fd=self.descriptor)

    def rename(self, old: str, new: str) -> None:
        """Give a file or folder its name; RunError when anything of the new name is there."""
        _check(old)
        if self.holds(new):
            raise _refused("something of that name is there already")
        os.rename(old, new, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)


@contextmanager
def hold_folder(folder: Path) -> Iterator[HeldFolder]:
    """Hold a folder of this program, made where it is missing. The way to it is the user's, and may lead over links."""
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield HeldFolder(held, folder)
    finally:
        os.close(held)


def write_tree(folder: HeldFolder, path: tuple[str, ...], source: IO[bytes], *, mode: int = 0o600) -> None:
    """Write a new file some names below a folder, making the folders between."""
    with folder.below(*path[:-1], make=True) as place, place.create(path[-1], mode=mode) as handle:
        shutil.copyfileobj(source, handle, _CHUNK)


def is_one_name(name: str) -> bool:
    """Whether a text is exactly one step down from a folder, and can be the name of a file at all."""
    try:
        length = len(os.fsencode(name))
    except UnicodeEncodeError:
        return False
    return (
        name not in ("", ".", "..")
        and "/" not in name
        and not any(ord(c) < 0x20 or ord(c) == 0x7F for c in name)
        and length <= _LONGEST_NAME_BYTES
    )


def _check(name: str) -> None:
    if not is_one_name(name):
        raise _refused("a name that was to be one leads somewhere else")


def _step_down(held: int, name: str, *, make: bool) -> int:
    _check(name)
    if make:
        with suppress(FileExistsError):  # whether it is a folder is found out in opening it
            os.mkdir(name, 0o700, dir_fd=held)
    try:
        return os.open(name, _FOLDER, dir_fd=held)
    except FileNotFoundError:
        raise
    except OSError as problem:
        raise _refused("a link or a file stands where a folder should be") from problem


def _refused(fact: str) -> RunError:
    return RunError(
        f"nothing was written: {fact}",
        "Look what lies in the workspace under that name, and who put it there.",
        code="RUN-BELOW",
    )
