"""Views that lists read: joins over the tables, worked out once for each state of the tables and kept as Parquet.

A view is named after its statement and after name, size and time of every part it reads, so it can never be older
than the tables. It holds nothing that depends on who asks: rights are checked before it is opened, on every request.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import duckdb

from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table

FOLDER = "prepared"
_ROWS_PER_GROUP = 20_480


class Counted(TypedDict):
    """How many rows there are for one combination of facets, which stand beside it as texts."""

    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A named SELECT over tables, in the order in which a list shows it. ``after`` names views it reads.

    ``place`` numbers the rows of a list from 1; ``facets`` are the columns it can be filtered by. ``row`` is a TypedDict
    of its columns: ``check_views`` holds the two against each other.
    """

    name: str
    sql: str
    row: type
    reads: tuple[Table, ...] = ()
    after: tuple[View, ...] = ()
    facets: tuple[str, ...] = ()

    @property
    def counts(self) -> View:
        """How many rows there are for every combination of the facets: what a filter offers, without the rows."""
        listed = ", ".join(f"CAST({facet} AS VARCHAR) AS {facet}" for facet in self.facets)
        return View(
            name=f"{self.name}_counts",
            sql=f"SELECT {listed}, count(*) AS n FROM {self.name} GROUP BY ALL ORDER BY ALL",
            row=Counted,
            after=(self,),
        )


def check_view(view: View) -> None:
    """TypeError when the statement of a view gives other columns than its rows have. It runs over empty tables."""
    with duckdb.connect(":memory:") as connection:
        _describe(connection, view)
        found = {name for name, *_ in connection.execute(f"DESCRIBE {view.name}").fetchall()}
    declared = set(view.row.__annotations__)
    if found != declared:
        odd = ", ".join(sorted(found ^ declared))
        raise TypeError(f"the view {view.name} and its rows differ in {odd}")
    if lacking := set(view.facets) - found:
        raise TypeError(f"the view {view.name} has no column {', '.join(sorted(lacking))} to filter by")


def _describe(connection: duckdb.DuckDBPyConnection, view: View) -> None:
    """Make a view and those it reads, over tables without rows."""
    for other in view.after:
        _describe(connection, other)
    for table in view.reads:
        connection.register(table.name, table.schema.empty_table())
    connection.execute(f"CREATE OR REPLACE VIEW {view.name} AS {view.sql}")


def open_views(session: Session, views: Iterable[View], tables: Iterable[Table] = ()) -> Catalogue:
    """A catalogue in which the views stand beside the tables; a view that is not there yet is worked out first."""
    wanted, read = tuple(views), tuple(tables)
    try:
        return _open(session, wanted, read)
    except duckdb.IOException:
        # The tables changed in this very moment, and another process has just put a newer view in the place of this one.
        return _open(session, wanted, read)


def _open(session: Session, views: tuple[View, ...], tables: tuple[Table, ...]) -> Catalogue:
    files = {view.name: prepare(session, view) for view in views}
    return Catalogue(session.store, tables, files=files, shared=True)


def prepare(session: Session, view: View) -> Path:
    """The file of a view for the tables as they are now. Of several processes that want it, one works it out."""
    before = {other.name: prepare(session, other) for other in view.after}
    folder = session.workspace.operation(session.operation) / FOLDER
    path = folder / f"{view.name}-{_state(session, view)}.parquet"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{view.name}.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not path.is_file():
            _write(session, view, before, path)
    return path


def _write(session: Session, view: View, before: dict[str, Path], path: Path) -> None:
    temporary = path.with_name(f".{path.name}")
    catalogue = Catalogue(session.store, view.reads, files=before)
    try:
        catalogue.write(view.sql, temporary, rows_per_group=_ROWS_PER_GROUP)
    finally:
        catalogue.close()
    temporary.rename(path)
    for older in path.parent.glob(f"{view.name}-*.parquet"):
        # Whoever still reads an older one has it open: the file goes when they are done.
        if older != path:
            older.unlink(missing_ok=True)


def _state(session: Session, view: View) -> str:
    """A digest of the statement and of every part that is read."""
    digest = hashlib.blake2b(view.sql.encode(), digest_size=10)
    for table in view.reads:
        for name, (size, written) in session.store.sizes(table).items():
            digest.update(f"{table.name}/{name}/{size}/{written}".encode())
    for other in view.after:
        digest.update(_state(session, other).encode())
    return digest.hexdigest()
