"""An entry of the ledger that is still to be added. Plain words: nothing here needs the database."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.ledger.entry import EntryDetail
from fairlead.terms.custody import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An entry to be added, with its personal part."""

    operation: Operation
    what: str
    case: str
    detail: EntryDetail
