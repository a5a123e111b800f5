"""Lets a user look for themselves: one SELECT over the tables, read-only, noted in the ledger."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


def look(session: Session, statement: str) -> pa.Table:
    """Run one SELECT; the statement's digest, not its text, goes into the ledger."""
    session.require_sight()
    catalogue = Catalogue(session.store, open_sql=True)
    try:
        answer = catalogue.query(statement)
    finally:
        catalogue.close()
    session.record(
        Operation.CONSULTATION,
        "sql",
        (hashlib.sha256(statement.encode()).hexdigest(),),
        "tables consulted",
        facts={"rows": answer.num_rows},
    )
    return answer


def export_parquet(answer: pa.Table, output: Path) -> None:
    """Write an answer as Parquet; never over an existing file."""
    if output.exists():
        raise UsageError(f"{output.name} exists already", "Name a new file.", code="USAGE-FILE")
    pq.write_table(answer, output, compression="zstd")
