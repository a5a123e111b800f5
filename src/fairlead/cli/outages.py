"""What a computer does to a run: a full disk, a database that goes away. Told as such, with what to do."""

from __future__ import annotations

import errno

from fairlead.register.database import is_outage
from fairlead.terms.errors import RunError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def outage_of(problem: BaseException) -> RunError | None:
    """The error to show for an exception that the computer caused; None when it may be a fault of the program."""
    if isinstance(problem, OSError) and problem.errno in _NO_ROOM:
        return RunError(
            "the disk is full, or a limit on files is reached",
            "Free space, then run the same command again: finished parts are kept.",
            code="RUN-DISK",
        )
    if is_outage(problem):
        return RunError(
            "the database broke off",
            "See that PostgreSQL runs and that its disk has room, then run the same command again: finished parts "
            "are kept.",
            code="RUN-DATABASE",
        )
    return None
