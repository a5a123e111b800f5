"""What the doctor compares row by row: it tells the same of a table that memory cannot hold, and holds little of it."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from benchmarks.scale.measure import measured

from fairlead.case.place.session import Session
from fairlead.case.upkeep.checks.check import Check
from fairlead.case.upkeep.checks.counts import check_counts
from fairlead.case.upkeep.doctor import examine
from fairlead.engine import catalogue as catalogue_module
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore, part_name
from fairlead.tables import Table
from fairlead.tables.evidence import FILES
from fairlead.tables.records import ACCESSES, ACTS, QUARANTINE
from fairlead.terms.errors import RunError

_KEYS = "Does every key stand in its table once?"
_MANY = 3_000_000
_SORTED = f"SELECT 0 AS k, md5(i::VARCHAR) AS digest FROM range({_MANY}) t(i) ORDER BY k, digest"


def check(store: PartStore, question: str, spill: Path | None = None) -> Check:
    catalogue = Catalogue(store, spill=spill, frugal=True)
    try:
        return next(answer for answer in check_counts(catalogue) if answer.question == question)
    finally:
        catalogue.close()


def write(store: PartStore, table: Table, part: str, *rows: dict[str, object]) -> None:
    store.write(table, part_name(part), [table.batch(rows)])


def line(locator: str, exhibit: str = "AB/1") -> dict[str, object]:
    return {"exhibit": exhibit, "locator": locator}


def lines(low: int, high: int) -> pa.RecordBatch:
    """So many lines of one log."""
    number = pa.array(np.arange(low, high)).cast(pa.string())
    there = {
        "exhibit": pa.array(["AB/1"]).take(pa.array(np.zeros(high - low, np.int32))),
        "locator": pc.binary_join_element_wise("path:var/log/access.log#bytes=", number, ""),
    }
    columns = [there.get(field.name, pa.nulls(high - low, field.type)) for field in ACCESSES.schema]
    return pa.RecordBatch.from_arrays(columns, schema=ACCESSES.schema)


def test_a_key_that_stands_in_two_parts_is_found_and_each_repeated_key_counts_once(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    write(store, ACCESSES, "first", line("a"), line("b"), line("c"))
    write(store, ACCESSES, "second", line("a"), line("a"), line("b"), line("d"))
    write(store, QUARANTINE, "first", line("a"), line("a"))
    found = check(store, _KEYS)
    assert found.findings == 3
    assert found.found == (
        "table accesses: a key stands there 2 times; written again by: fairlead records load",
        "table accesses: a key stands there 3 times; written again by: fairlead records load",
        "table quarantine: a key stands there 2 times; written again by: fairlead records load",
    )


def test_a_line_at_the_same_place_of_another_exhibit_is_another_line(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    write(store, ACCESSES, "first", line("a"), line("a", "AB/2"))
    assert check(store, _KEYS).passed


def test_two_lines_whose_digests_agree_are_not_taken_for_one(tmp_path: Path) -> None:
    first, second = "path:access.log#bytes=3364807-3364980", "path:access.log#bytes=3464807-3464980"
    store = PartStore(tmp_path)
    write(store, ACCESSES, "first", line(first), line(second), line("b"), line("b"))
    catalogue = Catalogue(store)
    alike = catalogue.scalar("SELECT count(DISTINCT hash(exhibit, locator)) FROM accesses")
    catalogue.close()
    assert alike == 2, "DuckDB takes other digests now: find two lines that share one"
    assert check(store, _KEYS).findings == 1


def test_everything_that_is_wrong_is_counted_and_the_first_twenty_are_named(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    acts = [
        {"act": f"act {n:02d}", "account": "nobody", "exhibit": "AB/1", "locator": "a"} for n in range(45)
    ]
    write(store, ACTS, "first", *reversed(acts))
    found = check(store, "Is every act that of an account that exists?")
    assert found.findings == 45
    assert found.found == tuple(f"table acts, act {n:02d}: no such account" for n in range(20))


def test_a_row_without_the_value_to_name_it_by_is_told_all_the_same(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    write(store, FILES, "first", {**line("a"), "verdict": "read"})
    found = check(store, "Has every content of a file that was read a verdict?")
    assert (found.findings, found.found) == (1, ("a row that lacks the values by which to name it",))


def test_a_table_that_memory_cannot_hold_is_compared_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_module, "_FRUGAL", "64MiB")
    store, spill = PartStore(tmp_path / "tables"), tmp_path / "spill"
    spill.mkdir()
    half = _MANY // 2
    store.write(ACCESSES, part_name("first"), [lines(0, half)])
    store.write(ACCESSES, part_name("second"), [lines(half - 3, _MANY)])
    check(PartStore(tmp_path / "none"), _KEYS, spill)  # what every comparison costs, whatever it compares
    before = _resident_mib()
    with measured() as cost:
        found = check(store, _KEYS, spill)
    assert found.findings == 3
    assert cost.peak_mib - before < 130
    assert list(spill.iterdir()) == []


def test_a_doctor_that_finds_no_room_on_the_disk_says_so_and_leaves_nothing_there(
    make_session: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_module, "_FRUGAL", "64MiB")
    session = make_session()
    session.store.write(ACCESSES, part_name("first"), [lines(0, _MANY)])
    folder = session.workspace.operation(session.operation)
    there = {*folder.iterdir(), folder / ".lock"}
    with small_files_only(), pytest.raises(RunError, match="RUN-DISK"):
        examine(session)
    assert {*folder.iterdir()} == there
    assert next(answer for answer in examine(session) if answer.question == _KEYS).passed
    assert {*folder.iterdir()} == there


@pytest.mark.parametrize(
    "ask",
    [
        lambda catalogue: catalogue.prepare(f"CREATE TEMP TABLE sorted AS {_SORTED}"),
        lambda catalogue: catalogue.query(_SORTED),
        lambda catalogue: list(catalogue.runs(_SORTED, "k")),
    ],
    ids=["prepared", "asked", "run by run"],
)
def test_a_statement_that_finds_no_room_on_the_disk_says_so(
    ask: Callable[[Catalogue], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_module, "_FRUGAL", "64MiB")
    catalogue = Catalogue(PartStore(tmp_path / "tables"), spill=tmp_path, frugal=True)
    with small_files_only(), pytest.raises(RunError, match="RUN-DISK"):
        ask(catalogue)
    catalogue.close()


@contextmanager
def small_files_only() -> Iterator[None]:
    """No file may grow beyond a megabyte, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _resident_mib() -> int:
    text = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) // 1024 for row in text if row.startswith("VmRSS:"))
