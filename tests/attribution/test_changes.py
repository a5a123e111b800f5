"""Persons of two runs: what became of whom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fairlead.attribution.changes import find_changes


def changes(before, after):
    return [(c.kind.value, c.before, c.after) for c in find_changes(before, after)]


def test_persons_with_the_same_members_have_no_history():
    assert changes({"P1": ["a", "b"]}, {"P1": ["a", "b"], "P9": ["new"]}) == []


def test_two_persons_become_one():
    assert changes({"P1": ["a"], "P2": ["b"]}, {"P3": ["a", "b"]}) == [("merged", ("P1", "P2"), ("P3",))]


def test_one_person_becomes_two():
    assert changes({"P3": ["a", "b"]}, {"P1": ["a"], "P2": ["b"]}) == [("split", ("P3",), ("P1", "P2"))]


def test_a_person_that_gains_a_new_record_grew():
    assert changes({"P1": ["a"]}, {"P2": ["a", "new"]}) == [("grew", ("P1",), ("P2",))]


def test_a_record_that_moves_regroups_two_persons():
    before, after = {"P1": ["a", "b"], "P2": ["c"]}, {"P3": ["a"], "P4": ["b", "c"]}
    assert changes(before, after) == [("regrouped", ("P1", "P2"), ("P3", "P4"))]


partitions = st.lists(st.integers(0, 4), min_size=1, max_size=12)


@given(partitions, st.data())
def test_every_person_that_changed_is_in_exactly_one_change(groups, data):
    others = data.draw(st.lists(st.integers(0, 4), min_size=len(groups), max_size=len(groups)))

    def persons(labels):
        held = {}
        for record, label in enumerate(labels):
            held.setdefault(label, []).append(str(record))
        return {"P" + "-".join(members): members for members in held.values()}

    before, after = persons(groups), persons(others)
    found = find_changes(before, after)
    assert sorted(p for c in found for p in c.before) == sorted(set(before) - set(after))
    assert sorted(p for c in found for p in c.after) == sorted(set(after) - set(before))
