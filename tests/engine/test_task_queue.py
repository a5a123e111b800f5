"""Which task is done next, and by whom: streams from their beginning by one worker, the dearest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore, part_name
from fairlead.engine.stage import Cut, cut_by_cost
from fairlead.engine.task_queue import TaskQueue
from fairlead.engine.tasks import Task, tasks_of
from tests.engine.test_local import NUMBERS, SQUARES, Squaring


def task(number: int, *, cost: float = 1.0, stream: str = "") -> Task:
    return Task(
        part="p",
        start=number,
        stop=number + 1,
        name=str(number),
        order=f"{number:03}",
        cost=cost,
        stream=stream,
    )


def numbers(queue: TaskQueue, worker: int, most: int = 100) -> list[int]:
    taken = []
    while len(taken) < most and (given := queue.next_for(worker)) is not None:
        taken.append(given.start)
    return taken


def test_what_costs_most_is_begun_first_and_equals_in_the_order_of_reading() -> None:
    queue = TaskQueue([task(0), task(1, cost=9), task(2), task(3, cost=4)])
    assert numbers(queue, 0) == [1, 3, 0, 2]


def test_what_is_waited_for_comes_before_what_costs_most() -> None:
    some = [
        task(0, cost=9),
        replace(task(1), urgent=0.5),
        replace(task(2), urgent=0.9),
        replace(task(3, cost=2), urgent=0.5),
    ]
    assert numbers(TaskQueue(some), 0) == [2, 3, 1, 0]


def test_a_piece_is_as_urgent_as_the_share_of_its_cost_that_is() -> None:
    pieces = list(
        cut_by_cost(
            [3.0, 1.0, 2.0, 2.0], ["a", "a", "b", "b"], most_rows=9, urgent=[True, False, False, True]
        )
    )
    assert [(piece.stop, piece.urgent) for piece in pieces] == [(1, 1.0), (2, 0.0), (3, 0.0), (4, 1.0)]
    whole = list(cut_by_cost([0.3, 0.2], ["a", "a"], most_rows=9, urgent=[True, False]))
    assert [(piece.stop, piece.urgent) for piece in whole] == [(2, 0.6)]


def test_a_worker_stays_with_its_stream_and_reads_it_forward() -> None:
    queue = TaskQueue(
        [*(task(n, stream="a.tar.gz") for n in range(3)), *(task(n, cost=0.5) for n in range(3, 6))]
    )
    assert numbers(queue, 0, most=2) == [0, 1]
    assert numbers(queue, 1, most=2) == [3, 4]
    assert numbers(queue, 0, most=1) == [2]


def test_a_worker_without_work_takes_the_second_half_of_the_longest_stream() -> None:
    queue = TaskQueue([task(n, stream="a.7z") for n in range(9)])
    assert numbers(queue, 0, most=1) == [0]
    assert numbers(queue, 1, most=4) == [5, 6, 7, 8]
    assert numbers(queue, 0, most=4) == [1, 2, 3, 4]


def test_a_short_rest_of_a_stream_is_left_to_who_reads_it() -> None:
    queue = TaskQueue([task(n, stream="a.7z") for n in range(3)])
    assert numbers(queue, 0, most=1) == [0]
    assert queue.next_for(1) is None


def test_a_task_that_was_not_done_is_given_out_again() -> None:
    queue = TaskQueue([task(0), task(1)])
    assert numbers(queue, 0) == [0, 1]
    queue.put_back(task(0))
    assert numbers(queue, 1) == [0]


@given(
    st.lists(st.tuples(st.floats(0, 30), st.sampled_from(["", "a", "b"])), max_size=60), st.integers(1, 20)
)
def test_every_row_is_in_one_piece_and_no_piece_mixes_streams(
    rows: list[tuple[float, str]], most: int
) -> None:
    costs, streams = [cost for cost, _ in rows], [stream for _, stream in rows]
    start = 0
    for piece in cut_by_cost(costs, streams, most_rows=most):
        assert start < piece.stop <= start + most
        assert {piece.stream} == set(streams[start : piece.stop])
        start = piece.stop
    assert start == len(rows)


class CutByTheRow(Squaring):
    name = "cut by the row"
    cut_by = ("n",)
    ends = (2, 3, 20)

    def cut(self, rows: pa.Table) -> Iterator[Cut]:
        yield from (Cut(stop=stop, cost=1.0) for stop in (*self.ends, rows.num_rows) if stop <= rows.num_rows)


def test_a_stage_that_cuts_itself_gives_every_row_once_and_another_cut_is_another_task(
    tmp_path: Path,
) -> None:
    store = PartStore(tmp_path)
    store.write(NUMBERS, part_name("numbers"), [NUMBERS.batch({"n": n} for n in range(30))])
    stage = CutByTheRow()
    with LocalEngine(store, workers=1) as engine:
        assert engine.run(stage).done == 4
        stage.ends = (2, 3, 10)
        outcome = engine.run(stage)
    assert (outcome.done, outcome.reused) == (2, 2)
    assert sorted(store.read(SQUARES).column("n").to_pylist()) == list(range(30))


def test_tasks_come_in_the_order_of_the_exhibit_whatever_the_parts_of_their_input_are_called(
    tmp_path: Path,
) -> None:
    store = PartStore(tmp_path)
    for place in range(12):
        rows = NUMBERS.batch({"n": n} for n in range(place * 20, place * 20 + 20))
        store.write(NUMBERS, part_name("numbers", str(place)), [rows], order=f"{place:06}")
    with LocalEngine(store, workers=1) as engine:
        engine.run(Squaring())
    second = [store.part(SQUARES, task.part).read(["n"]).column("n")[task.start].as_py()
              for task in tasks_of(store, _Again())]  # fmt: skip
    assert second == sorted(second)
    assert len(second) == 36


class _Again(Squaring):
    name = "again"
    reads = SQUARES
