"""Stages on this computer: complete parts, resume, versions, SIGKILL at random points."""

from __future__ import annotations

import multiprocessing
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.local import LocalEngine
from fairlead.engine.lock import sole_writer
from fairlead.engine.parts import PartStore, part_name
from fairlead.tables.schema import FLAG, INT, TEXT, Column, Table
from fairlead.terms.errors import RunError, UsageError

NUMBERS = Table(
    name="numbers", row="a number", key=("n",), written_by="test", columns=(Column("n", INT, "it"),)
)
SQUARES = Table(
    name="squares",
    row="a number squared",
    key=("n",),
    written_by="test",
    columns=(Column("n", INT, "number"), Column("square", INT, "its square"), Column("by", TEXT, "version")),
)
SUMS = Table(
    name="sums",
    row="a sum of squares",
    key=("parity",),
    written_by="test",
    columns=(Column("parity", INT, "n mod 2"), Column("total", INT, "sum")),
)

NOTES = Table(
    name="notes",
    row="a note",
    key=("n",),
    written_by="test",
    columns=(
        Column("n", INT, "number"),
        Column("count", INT, "how many"),
        Column("flag", FLAG, "yes or no"),
        Column("said", pa.list_(pa.struct([pa.field("word", TEXT)])), "words"),
    ),
)


class Squaring:
    name = "squaring"
    reads = NUMBERS
    writes = SQUARES
    rows_per_task = 7

    def __init__(self, version: str = "1", pause: float = 0.0) -> None:
        self.version = version
        self.pause = pause

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            time.sleep(self.pause)
            yield SQUARES.batch(
                {"n": n, "square": n * n, "by": self.version} for n in batch.column("n").to_pylist()
            )


class Summing:
    name = "summing"
    version = "1"
    reads = (SQUARES,)
    writes = SUMS
    runs = 0

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        self.runs += 1
        for parity in (0, 1):
            rows = catalogue.query(
                f"SELECT {parity}::BIGINT AS parity, sum(square)::BIGINT AS total FROM squares WHERE n % 2 = {parity}"
            )
            yield str(parity), rows.cast(SUMS.schema)


def store_with(folder: Path, count: int, parts: int = 3) -> PartStore:
    store = PartStore(folder)
    for part in range(parts):
        rows = NUMBERS.batch({"n": n} for n in range(part, count, parts))
        store.write(NUMBERS, part_name("numbers", str(part)), [rows])
    return store


def table_bytes(store: PartStore, table: Table) -> bytes:
    rows = store.read(table).sort_by([(k, "ascending") for k in table.key]).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


def test_every_row_goes_through_the_stage_once(tmp_path: Path) -> None:
    store = store_with(tmp_path, 100)
    with LocalEngine(store, workers=2) as engine:
        engine.run(Squaring())
    assert sorted(store.read(SQUARES).column("square").to_pylist()) == [n * n for n in range(100)]


def test_a_second_run_does_nothing_again(tmp_path: Path) -> None:
    store = store_with(tmp_path, 100)
    with LocalEngine(store, workers=1) as engine:
        first = engine.run(Squaring())
        second = engine.run(Squaring())
    assert first.done == 15
    assert (second.done, second.reused) == (0, 15)


def test_a_changed_version_redoes_the_stage_and_removes_what_the_old_one_left(tmp_path: Path) -> None:
    store = store_with(tmp_path, 20)
    with LocalEngine(store, workers=1) as engine:
        engine.run(Squaring("1"))
        outcome = engine.run(Squaring("2"))
    assert outcome.removed == outcome.done
    assert set(store.read(SQUARES).column("by").to_pylist()) == {"2"}


def test_a_new_part_leaves_the_answers_to_the_others_as_they_are(tmp_path: Path) -> None:
    store = store_with(tmp_path, 30)
    with LocalEngine(store, workers=1) as engine:
        engine.run(Squaring())
        store.write(NUMBERS, part_name("numbers", "late"), [NUMBERS.batch([{"n": 1000}])])
        outcome = engine.run(Squaring())
    assert outcome.done == 1


def test_an_empty_table_is_an_empty_answer(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    with LocalEngine(store, workers=1) as engine:
        assert engine.run(Squaring()).done == 0
        engine.run(Summing())
    assert store.read(SQUARES).num_rows == 0


def test_a_gathering_is_repeated_only_when_its_input_changed(tmp_path: Path) -> None:
    store, summing = store_with(tmp_path, 10), Summing()
    with LocalEngine(store, workers=1) as engine:
        engine.run(Squaring())
        engine.run(summing)
        engine.run(summing)
        assert summing.runs == 1
        engine.run(Squaring("2"))
        engine.run(summing)
        assert summing.runs == 2
    assert sum(store.read(SUMS).column("total").to_pylist()) == sum(n * n for n in range(10))


class Silent(Summing):
    name = "silent"

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        yield from ()


def test_a_gathering_that_finds_nothing_leaves_an_empty_table(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    with LocalEngine(store, workers=1) as engine:
        engine.run(Silent())
        engine.run(Silent())
    assert store.read(SUMS).num_rows == 0


def test_two_writers_at_a_time_are_refused(tmp_path: Path) -> None:
    with sole_writer(tmp_path), pytest.raises(RunError, match="RUN-LOCK"), sole_writer(tmp_path):
        pytest.fail("the second writer got in")


class Given:
    """Gathers whatever it is given."""

    name = "given"
    reads: tuple[Table, ...] = ()
    writes = NOTES

    def __init__(self, version: str, rows: pa.Table) -> None:
        self.version = version
        self.rows = rows

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        yield "all", self.rows.cast(NOTES.schema)


def notes(listed: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(listed, schema=NOTES.schema)


def with_garbage_where_nothing_is(table: pa.Table) -> pa.Table:
    whole = table.column("count").combine_chunks()
    validity, values = whole.buffers()
    numbers = np.frombuffer(values, np.int64).copy()
    numbers[~np.asarray(whole.is_valid())] = 4711
    altered = pa.Array.from_buffers(pa.int64(), len(whole), [validity, pa.py_buffer(numbers)])
    return table.set_column(table.column_names.index("count"), NOTES.schema.field("count"), altered)


def test_rows_that_are_the_same_make_the_same_part_however_they_lie_in_memory(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    listed = [
        {"n": 1, "count": None, "flag": True, "said": [{"word": "a"}, {"word": None}]},
        {"n": 2, "count": 7, "flag": None, "said": None},
        {"n": 3, "count": None, "flag": False, "said": []},
    ]
    rows = notes(listed)
    named = []
    shapes = (rows, with_garbage_where_nothing_is(rows), pa.concat_tables([rows.slice(0, 1), rows.slice(1)]))
    with LocalEngine(store, workers=1) as engine:
        for version, shape in enumerate(shapes):
            engine.run(Given(str(version), shape))
            named.append([part.name for part in store.parts(NOTES)])
        assert named[0] == named[1] == named[2]
        for changed in (
            {"count": 0},
            {"flag": False},
            {"said": [{"word": "a"}, None]},
            {"said": [{"word": "a"}]},
        ):
            engine.run(Given(repr(changed), notes([{**listed[0], **changed}, *listed[1:]])))
            named.append([part.name for part in store.parts(NOTES)])
    assert len({tuple(names) for names in named[2:]}) == 5


def test_what_a_killed_engine_could_not_hold_in_memory_is_gone_when_the_next_begins(tmp_path: Path) -> None:
    store = store_with(tmp_path / "tables", 5)
    left = tmp_path / ".spill-x1" / "duckdb_temp_1.tmp"
    left.parent.mkdir()
    left.write_bytes(b"compared")
    with LocalEngine(store, workers=1, alone_up_to=9, spill=tmp_path) as engine:
        assert not left.parent.exists()
        engine.run(Squaring())
        engine.run(Summing())
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]


def test_a_stage_with_few_tasks_needs_no_process_but_this_one(tmp_path: Path) -> None:
    few, many = store_with(tmp_path / "few", 14), store_with(tmp_path / "many", 14)
    with LocalEngine(few, workers=1, alone_up_to=10) as alone:
        alone.run(Squaring())
        assert multiprocessing.active_children() == []
    with LocalEngine(many, workers=1) as pooled:
        pooled.run(Squaring())
    assert few.read(SQUARES).equals(many.read(SQUARES))


def test_runs_of_a_statement_come_one_by_one_whatever_batches_they_lie_in(tmp_path: Path) -> None:
    store = store_with(tmp_path, 3)
    catalogue = Catalogue(store, (NUMBERS,))
    runs = list(catalogue.runs("SELECT i // 20000 AS half, i FROM range(40000) t(i) ORDER BY i", "half"))
    assert [(half, rows.num_rows, rows.column_names) for half, rows in runs] == [
        (0, 20000, ["i"]),
        (1, 20000, ["i"]),
    ]
    assert [rows.column("i")[0].as_py() for _, rows in runs] == [0, 20000]
    assert list(catalogue.runs("SELECT n AS k, n FROM numbers WHERE n < 0", "k")) == []


def test_the_catalogue_reaches_no_file_beyond_the_parts(tmp_path: Path) -> None:
    store = store_with(tmp_path / "tables", 3)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    catalogue = Catalogue(store, (NUMBERS,), open_sql=True)
    assert catalogue.scalar("SELECT count(*) FROM numbers") == 3
    for statement in (
        f"SELECT * FROM '{tmp_path}/secret.csv'",
        f"COPY numbers TO '{tmp_path}/out.csv'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(UsageError):
            catalogue.query(statement)
    assert not (tmp_path / "out.csv").exists()


DRIVER = """
import sys
from pathlib import Path
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore
from tests.engine.test_local import Squaring, Summing
if __name__ == "__main__":
    with LocalEngine(PartStore(Path(sys.argv[1])), workers=2) as engine:
        engine.run(Squaring(pause=0.02))
        engine.run(Summing())
    print("complete")
"""


@pytest.mark.long
def test_killed_at_random_points_the_final_tables_are_the_same(tmp_path: Path) -> None:
    whole = store_with(tmp_path / "whole", 200)
    with LocalEngine(whole, workers=2) as engine:
        engine.run(Squaring(pause=0.0))
        engine.run(Summing())
    killed = store_with(tmp_path / "killed", 200)
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)
    rng = random.Random(7)
    kills = 0
    for _ in range(30):
        process = subprocess.Popen(
            [sys.executable, str(driver), str(tmp_path / "killed")],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"},
        )
        try:
            output, _ = process.communicate(timeout=rng.uniform(0.8, 2.2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            continue
        assert b"complete" in output
        break
    subprocess.run(
        [sys.executable, str(driver), str(tmp_path / "killed")],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert kills
    assert table_bytes(killed, SQUARES) == table_bytes(whole, SQUARES)
    assert table_bytes(killed, SUMS) == table_bytes(whole, SUMS)
    left_over = list((tmp_path / "killed").rglob(".part*"))
    assert not left_over
