"""When the computer runs short: a full disk, too many open files. That says nothing of an item, so it stops the run."""

from __future__ import annotations

import errno

from fairlead.terms.errors import RunError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_TOO_MANY = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


def shortage_of(problem: OSError) -> RunError | None:
    """The error that stops the run when an operating-system error is a shortage; None for any other."""
    if problem.errno in _NO_ROOM:
        return RunError(
            "the disk is full, or a limit on files is reached",
            "Free space, then run the same command again: finished parts are kept.",
            code="RUN-DISK",
        )
    if problem.errno in _TOO_MANY:
        return RunError(
            "this process may open no more files, or has no memory left",
            "Raise the limit (`ulimit -n`) or free memory, then run the same command again: finished parts are kept.",
            code="RUN-SHORT",
        )
    return None
