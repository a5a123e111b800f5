"""Inside the sandbox: reads the NSRL Reference Data Set, version 3 (SQLite), full or minimal.

Known is not known to be good.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import apsw

from fairlead.known.descriptor_database import guarded
from fairlead.known.entry import OF_NOTHING
from fairlead.known.refusal import unreadable
from fairlead.terms.matching import Algorithm

# Full sets keep digests in METADATA, and FILE is a view of it; minimal sets have a table FILE.
_TABLES = ("METADATA", "FILE")
_DIGESTS = (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5)
_ROWS = 50_000
Values = tuple[Algorithm, list[str]]


def read_nsrl(descriptor: int) -> Iterator[Values]:
    """Digests of the set, many at a time: SHA-256 where the set has it, else SHA-1, else MD5.

    Columns are found by name, since releases differ in them. Views are never run: what a file brought along
    as a statement is not executed. Digests of zero bytes are left out, as everywhere.
    """
    try:
        with closing(guarded(descriptor)) as database:
            table, digest = _find_table(database)
            rows = database.execute(
                f'SELECT lower("{digest}") FROM "{table}" WHERE length("{digest}") = ? '
                f"AND lower(\"{digest}\") NOT GLOB '*[^0-9a-f]*'",
                (_LENGTH[digest],),
            )
            while found := list(islice(rows, _ROWS)):
                yield digest, list({value: None for (value,) in found if value not in OF_NOTHING})
    except apsw.Error as problem:
        raise unreadable("the file is not an SQLite database, or a damaged one") from problem


_LENGTH = {Algorithm.SHA256: 64, Algorithm.SHA1: 40, Algorithm.MD5: 32}


def _find_table(database: apsw.Connection) -> tuple[str, Algorithm]:
    tables = {
        name.upper(): name
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    for wanted in _TABLES:
        if wanted not in tables:
            continue
        columns = {row[1].lower() for row in database.execute(f'PRAGMA table_info("{tables[wanted]}")')}
        for digest in _DIGESTS:
            if digest.value in columns:
                return tables[wanted], digest
    raise unreadable("the database has neither a table METADATA nor a table FILE with digests")
