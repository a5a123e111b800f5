"""What a computer does to a run: a full disk, a database that goes away. Told as such, with what to do."""

from __future__ import annotations

from fairlead.engine.objects import meaning_of
from fairlead.register import database
from fairlead.terms.errors import RunError
from fairlead.terms.shortage import shortage_of


def outage_of(problem: BaseException) -> RunError | None:
    """The error to show for an exception that the computer caused; None when it may be a fault of the program."""
    shortage = shortage_of(problem) if isinstance(problem, OSError) else None
    if shortage is not None:
        return shortage
    if isinstance(problem, OSError) and (refused := meaning_of(str(problem))):
        return refused
    return database.outage_of(problem)
