"""Inside the sandbox: reads hash databases of Autopsy and The Sleuth Kit (``.kdb``, SQLite)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import apsw

from fairlead.known.descriptor_database import guarded
from fairlead.known.entry import OF_NOTHING
from fairlead.known.refusal import unreadable
from fairlead.terms.matching import Algorithm

_COLUMNS = (("sha2_256", Algorithm.SHA256, 32), ("sha1", Algorithm.SHA1, 20), ("md5", Algorithm.MD5, 16))
_ROWS = 50_000


def read_kdb(descriptor: int) -> Iterator[tuple[Algorithm, list[str]]]:
    """The digests of the table ``hashes``, many at a time, each algorithm after the other.

    A row that holds several digests of one file gives each of them. Raises ItemError.
    """
    try:
        with closing(guarded(descriptor)) as database:
            there = {str(row[1]) for row in database.execute("PRAGMA table_info(hashes)")}
            if not {"md5", "sha1", "sha2_256"} <= there:
                raise unreadable("the database has no table hashes as Autopsy makes it")
            for column, algorithm, size in _COLUMNS:
                rows = database.execute(
                    f"SELECT lower(hex({column})) FROM hashes WHERE typeof({column}) = 'blob' AND length({column}) = ?",
                    (size,),
                )
                while found := list(islice(rows, _ROWS)):
                    yield algorithm, list({str(v): None for (v,) in found if v not in OF_NOTHING})
    except apsw.Error as problem:
        raise unreadable("the file is not an SQLite database, or a damaged one") from problem
