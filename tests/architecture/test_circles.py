"""No file imports in a circle: what somebody reads first depends on nothing that depends on it."""

from __future__ import annotations

import grimp
import pytest


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules each of which reaches every other, by repeated removal of what has no arrow left."""
    left = {name: set(targets) & set(arrows) for name, targets in arrows.items()}
    while True:
        ends = {n for n in left if not left[n]} | (set(left) - set().union(*left.values(), set()))
        if not ends:
            break
        left = {n: t - ends for n, t in left.items() if n not in ends}
    found, rest = [], set(left)
    while rest:
        start = min(rest)
        reached, queue = set(), [start]
        while queue:
            for target in left[queue.pop()] - reached:
                reached.add(target)
                queue.append(target)
        group = {n for n in reached if start in _reach(left, n)} | {start}
        found.append(sorted(group))
        rest -= group
    return [group for group in found if len(group) > 1]


def _reach(arrows: dict[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    queue = [start]
    while queue:
        for target in arrows[queue.pop()] - reached:
            reached.add(target)
            queue.append(target)
    return reached


def test_no_file_of_the_program_imports_in_a_circle() -> None:
    graph = grimp.build_graph("fairlead")
    arrows = {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}
    assert circles(arrows) == []


@pytest.mark.parametrize(
    ("arrows", "expected"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, [["a", "b"]]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}}, [["a", "b", "c"], ["d", "e"]]),
    ],
)
def test_a_circle_is_found_wherever_it_lies(arrows: dict[str, set[str]], expected: list[list[str]]) -> None:
    assert circles(arrows) == expected
