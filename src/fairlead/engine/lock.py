"""One process at a time may write an operation's tables, and build the packages of a country."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairlead.terms.errors import RunError


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Hold the operation's write lock, or stop with RUN-LOCK.

    The kernel lets go of the lock when the process ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise RunError(
                "another fairlead process is writing the tables of this operation",
                "Wait until it has ended, then run the command again.",
                code="RUN-LOCK",
            ) from problem
        yield


def is_held(folder: Path) -> bool:
    """Whether a process writes the operation's tables at this moment."""
    lock = folder / ".lock"
    if not lock.is_file():
        return False
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def in_turn(file: Path) -> Iterator[None]:
    """Wait until no other process is inside, then go in. The kernel lets go when the process ends, however it ends."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
