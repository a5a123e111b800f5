"""Figures of a running workspace for an agency's monitoring: counts, sizes and times; nothing of any exhibit or person."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from fairlead.case.place.session import Session
from fairlead.case.running.runs import find_run
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.engine.places import Place
from fairlead.tables import ALL, Table
from fairlead.tables.evidence import FILES
from fairlead.tables.media import CONTENTS
from fairlead.tables.records import SOURCES

_MOST_PARTS = 100_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a figure, with what it is of."""

    value: float
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its meaning and unit, and its values."""

    name: str
    meaning: str
    samples: tuple[Sample, ...]


def figures(session: Session) -> Iterator[Figure]:
    """Every figure of the operation as it is now; reads the ends of parts, three counts and two numbers of the register."""
    session.require_sight()
    yield from _of_tables(session)
    yield from _of_verdicts(session)
    yield from _of_run(session)
    yield from _of_register(session)
    free = shutil.disk_usage(session.workspace.root).free
    yield Figure("fairlead_disk_free_bytes", "Bytes free on the disk of the workspace", (Sample(free),))


def _of_tables(session: Session) -> Iterator[Figure]:
    rows, sizes = [], []
    for table in ALL.values():
        label = (("table", table.name),)
        counted = total = 0
        for name, (size, written) in session.store.sizes(table).items():
            with suppress(FileNotFoundError):  # a run has just replaced it
                counted += _count_rows(session.store.place, table, name, written)
                total += size
        rows.append(Sample(counted, label))
        sizes.append(Sample(total, label))
    yield Figure("fairlead_table_rows", "Rows of a table", tuple(rows))
    yield Figure("fairlead_table_bytes", "Bytes of the parts of a table", tuple(sizes))


@lru_cache(maxsize=_MOST_PARTS)
def _count_rows(place: Place, table: Table, name: str, _written: int) -> int:
    """Rows of a part; read again only when it was written again."""
    with PartStore(place).part(table, name).open() as file:
        rows: int = file.metadata.num_rows
    return rows


def _of_verdicts(session: Session) -> Iterator[Figure]:
    catalogue = Catalogue(session.store, (FILES, CONTENTS, SOURCES))
    try:
        for table in ("files", "contents"):
            counted = catalogue.rows(f"SELECT verdict, count(*) AS n FROM {table} GROUP BY 1 ORDER BY 1")
            samples = tuple(Sample(row["n"], (("verdict", row["verdict"] or ""),)) for row in counted)
            yield Figure(f"fairlead_{table}", f"Rows of the table {table} by verdict", samples)
        kinds = ("in", "parsed", "quarantined", "skipped")
        columns = ", ".join(
            f"coalesce(sum(lines_{kind}), 0)::BIGINT AS {kind!r}".replace("'", '"') for kind in kinds
        )
        row = catalogue.rows(f"SELECT {columns} FROM sources")[0]
        samples = tuple(Sample(row[kind], (("became", kind),)) for kind in kinds)
        yield Figure("fairlead_record_lines", "Lines of record files, and what became of them", samples)
    finally:
        catalogue.close()


def _of_run(session: Session) -> Iterator[Figure]:
    run = find_run(session.workspace.operation(session.operation))
    if run is None:
        return
    label = (("command", run.command), ("stage", run.stage), ("state", run.state))
    yield Figure(
        "fairlead_run_tasks_done",
        "Tasks done of the stage that runs, or ran last",
        (Sample(run.done, label),),
    )
    yield Figure("fairlead_run_tasks", "Tasks of that stage", (Sample(run.total, label),))
    yield Figure("fairlead_run_rows", "Rows that stage has written", (Sample(run.rows, label),))
    began, changed = run.began_at.timestamp(), run.changed_at.timestamp()
    yield Figure("fairlead_run_began_seconds", "When the run began, Unix time", (Sample(began, label),))
    yield Figure(
        "fairlead_run_changed_seconds", "When it last came forward, Unix time", (Sample(changed, label),)
    )


def _of_register(session: Session) -> Iterator[Figure]:
    from fairlead.register.jobs import count_jobs
    from fairlead.register.ledger_store import count_entries

    yield Figure("fairlead_ledger_entries", "Entries of the ledger", (Sample(count_entries()),))
    jobs = count_jobs(session.user_id, session.operation, at=session.clock())
    samples = tuple(Sample(n, (("state", state),)) for state, n in sorted(jobs.items()))
    yield Figure("fairlead_jobs", "Work that was asked for in the workbench, by state", samples)
