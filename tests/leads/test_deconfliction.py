"""Private set intersection: what each side learns, and what it does not."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.leads.deconfliction import answer, ask, find_common
from fairlead.terms.errors import ItemError, UsageError

names = st.sets(st.text("abcdef0123456789", min_size=1, max_size=6), min_size=1, max_size=30).map(sorted)


@settings(max_examples=25, deadline=None)
@given(names, names)
def test_the_asker_learns_exactly_what_both_hold(ours: list[str], theirs: list[str]) -> None:
    question = ask(ours)
    reply, asked = answer(theirs, question.request)
    assert asked == len(ours)
    assert find_common(ours, question.private_key, reply) == sorted(set(ours) & set(theirs))


def test_no_identifier_stands_in_question_or_answer() -> None:
    ours, theirs = ["email:alpha@example.org"], ["email:beta@example.org", "phone:+999123456"]
    question = ask(ours)
    reply, _ = answer(theirs, question.request)
    for text in (question.request, reply):
        assert not any(name.partition(":")[2] in text for name in (*ours, *theirs))


def test_the_same_list_asked_twice_looks_different() -> None:
    assert ask(["a", "b"]).request != ask(["a", "b"]).request


def test_an_answer_to_another_question_is_refused_or_shows_nothing() -> None:
    first, second = ask(["a", "b"]), ask(["a", "b"])
    reply, _ = answer(["a"], first.request)
    found: list[str] = []
    with contextlib.suppress(ItemError):
        found = find_common(["a", "b"], second.private_key, reply)
    assert found == []


@pytest.mark.parametrize(
    "text", ["", "{}", '{"format": "x"}', '{"format": "fairlead-deconfliction-request/1"}']
)
def test_a_file_that_is_no_question_is_refused(text: str) -> None:
    with pytest.raises(ItemError):
        answer(["a"], text)


def test_an_empty_list_is_not_compared() -> None:
    with pytest.raises(UsageError):
        ask([])
