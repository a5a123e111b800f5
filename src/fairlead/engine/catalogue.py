"""The catalogue: every table of an operation as a DuckDB view over its Parquet parts, wherever they lie."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from fairlead.engine.objects import meaning_of
from fairlead.engine.parts import PartStore
from fairlead.tables import ALL, Table
from fairlead.terms.errors import RunError, UsageError
from fairlead.terms.shortage import shortage_of

_FRUGAL = "512MiB"
_ROWS_AT_ONCE = 8192

READING_ORDER = r"regexp_replace(regexp_replace(locator, '(\d+)', '00000000000000000000\1', 'g'), '\d*(\d{20})', '\1', 'g')"
"""By this rows stand in the order in which an exhibit is read: numbers in a locator count as numbers, and what lies in
a container stands behind it. An archive, or a mail box, is then gone through once."""

Parameters = Sequence[object] | Mapping[str, object]
"""Values for a statement, by their place or by name."""

R = TypeVar("R")

SPILL = ".spill-"
"""How the names of folders begin that ``spilling`` makes."""


def remove_spills(folder: Path) -> None:
    """Remove what killed processes left of ``spilling``. For whoever holds the folder's lock."""
    for left in folder.glob(f"{SPILL}*"):
        shutil.rmtree(left)


@contextmanager
def spilling(folder: Path | None) -> Iterator[Path | None]:
    """A new folder in ``folder``, readable by its owner only, gone at the end of the block; none where there is none."""
    if folder is None:
        yield None
        return
    with tempfile.TemporaryDirectory(dir=folder, prefix=SPILL) as made:
        yield Path(made)


class Catalogue:
    """Read-only SQL over the tables of one operation; nothing outside the parts can be reached.

    The connection is closed to files, extensions and the network after the views exist.
    """

    def __init__(
        self,
        store: PartStore,
        tables: Iterable[Table] = ALL.values(),
        *,
        files: Mapping[str, Path] | None = None,
        open_sql: bool = False,
        shared: bool = False,
        spill: Path | None = None,
        frugal: bool = False,
    ) -> None:
        """Open the tables, and ``files``: Parquet files by the name they have here.

        ``shared`` catalogues of a process have one DuckDB behind them, which is quicker to open and keeps what it
        knows of the files; each sees its own tables only. ``spill`` is a folder, see ``spilling``, for what statements
        hold beyond four fifths of the memory, or beyond 512 MiB if they are to be ``frugal``; without one they stop
        there (RUN-SHORT). Both are for a catalogue of its own.
        """
        self.store = store
        # ``open_sql`` marks a connection that runs a user's own statement: it is locked down after set-up.
        self._connection = _shared().cursor() if shared else _connect(spill, frugal=frugal)
        allowed: list[Path] = []
        for table, scan in store.scans(list(tables)):
            match scan:
                case list(parts):
                    allowed += parts
                    listed = ", ".join(_quoted(str(part)) for part in parts)
                    self._connection.execute(
                        f"CREATE TEMP VIEW {table.name} AS SELECT * FROM read_parquet([{listed}])"
                    )
                case scanned:
                    # In object storage, or empty: Arrow reads, and only what the statement asks for.
                    rows = table.schema.empty_table() if scanned is None else scanned
                    self._connection.register(f"_{table.name}", rows)
                    self._connection.execute(f"CREATE TEMP VIEW {table.name} AS SELECT * FROM _{table.name}")
        for name, path in (files or {}).items():
            self._connection.execute(
                f"CREATE TEMP VIEW {name} AS SELECT * FROM read_parquet({_quoted(str(path))})"
            )
        if open_sql:
            if allowed:
                listed = ", ".join(_quoted(str(part)) for part in allowed)
                self._connection.execute(f"SET allowed_paths = [{listed}]")
            self._connection.execute("SET enable_external_access = false")
            self._connection.execute("SET lock_configuration = true")

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """Run one SELECT and return an Arrow table; a wrong statement is a UsageError."""
        try:
            with _telling():
                relation = self._connection.sql(sql, params=parameters)
                if relation is None:
                    raise duckdb.InvalidInputException("only a SELECT gives rows")
                answer: pa.Table = relation.to_arrow_table()
        except (duckdb.Error, OSError) as problem:
            raise UsageError(
                f"the catalogue cannot run this statement: {str(problem).splitlines()[0]}",
                "Correct the SQL; `fairlead table --list` shows tables and columns.",
                code="USAGE-SQL",
            ) from problem
        return answer

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """Run one SELECT and return rows as dictionaries."""
        # Which columns there are is the statement's to say: where the program reads them by name, ``rows_as`` is meant.
        return list(self.query(sql, parameters).to_pylist())

    def rows_as(self, row: type[R], sql: str, parameters: Parameters | None = None) -> list[R]:
        """Run one SELECT and return rows of a type, a TypedDict; a statement that lacks one of its keys is a TypeError."""
        answer = self.query(sql, parameters)
        lacking = _required(row) - set(answer.column_names)
        if lacking:
            raise TypeError(f"the statement gives {row.__name__} no column {', '.join(sorted(lacking))}")
        listed: list[R] = answer.to_pylist()
        return listed

    def scalar(self, sql: str) -> Any:
        """The single value of a SELECT that returns one row and one column."""
        return self.query(sql).column(0)[0].as_py()

    def prepare(self, statement: str) -> None:
        """Run a statement of the program's own that makes a table for later ones, here and nowhere else."""
        with _telling():
            self._connection.execute(statement)

    def runs(self, sql: str, by: str) -> Iterator[tuple[Any, pa.Table]]:
        """Rows of a SELECT as tables, one for every value of the column ``by``, by which the SELECT must be in order.

        Only one such table is in memory at a time. ``by`` itself is left out of it.
        """
        current: Any = None
        held: list[pa.RecordBatch] = []
        with _telling():
            for batch in self._connection.sql(sql).to_arrow_reader(_ROWS_AT_ONCE):
                values = pc.run_end_encode(batch.column(by))
                rows = batch.drop_columns([by])
                start = 0
                for end, value in zip(values.run_ends.to_pylist(), values.values.to_pylist(), strict=True):
                    if held and value != current:
                        yield current, pa.Table.from_batches(held)
                        held = []
                    current = value
                    held.append(rows.slice(start, end - start))
                    start = end
        if held:
            yield current, pa.Table.from_batches(held)

    def write(self, sql: str, target: Path, *, rows_per_group: int) -> None:
        """Run one SELECT of the program's own and write its rows, in their order, into a Parquet file."""
        with _telling():
            self._connection.execute(
                f"COPY ({sql}) TO {_quoted(str(target))} "
                f"(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {rows_per_group})"
            )

    def hold(self, name: str, rows: pa.Table) -> None:
        """Let statements read an Arrow table under a name; it lasts as long as the catalogue."""
        self._connection.register(name, rows)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


def _connect(spill: Path | None = None, *, frugal: bool = False) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    if frugal:
        connection.execute(f"SET memory_limit = '{_FRUGAL}'")
    # Never DuckDB's own choice, which is wherever the user happens to stand.
    connection.execute(f"SET temp_directory = {_quoted(str(spill or ''))}")
    connection.execute("SET threads TO 2")
    connection.execute("SET TimeZone = 'UTC'")
    # After two seconds DuckDB would draw a bar on standard output, into whatever a command prints there.
    connection.execute("SET enable_progress_bar = false")
    return connection


_INSTANCES: dict[int, duckdb.DuckDBPyConnection] = {}
_OPENING = threading.Lock()


def _shared() -> duckdb.DuckDBPyConnection:
    """The DuckDB of this process. A forked process opens its own: threads do not survive a fork."""
    with _OPENING:
        if os.getpid() not in _INSTANCES:
            _INSTANCES[os.getpid()] = connection = _connect()
            connection.execute("SET parquet_metadata_cache = true")
        return _INSTANCES[os.getpid()]


@contextmanager
def _telling() -> Iterator[None]:
    """Say of object storage that refuses, of a full disk and of lacking memory what they are, and what to do."""
    try:
        yield
    except (duckdb.Error, OSError, pa.ArrowException) as problem:
        if refused := meaning_of(str(problem)) or _shortage(problem):
            raise refused from problem
        raise


def _shortage(problem: Exception) -> RunError | None:
    """The error that stops the run when DuckDB found no room on the disk, or no memory; None for any other."""
    if not isinstance(problem, duckdb.OutOfMemoryException | duckdb.IOException | pa.ArrowException):
        return None
    said = str(problem)
    if "max_temp_directory_size" in said or "Could not write file" in said:
        return shortage_of(OSError(errno.ENOSPC, said))
    return shortage_of(OSError(errno.ENOMEM, said)) if "Out of Memory" in said else None


def _required(row: type) -> set[str]:
    """The keys that rows of a TypedDict must have.

    Where annotations are kept as texts, ``__required_keys__`` has those that are not required, too.
    """
    texts = {name: getattr(kind, "__forward_arg__", "") for name, kind in row.__annotations__.items()}
    required: frozenset[str] = getattr(row, "__required_keys__", frozenset())
    return {name for name in required if not str(texts[name]).startswith("NotRequired[")}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
