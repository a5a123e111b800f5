"""Locators, handling codes: the small words everything else is built from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.terms.grades import Handling, HandlingCode, combine_handling, parse_handling
from fairlead.terms.origin import Locator, Step, StepKind, display_path, parse_locator

names = st.binary(min_size=0, max_size=40)
steps = st.one_of(
    st.builds(Step, kind=st.just(StepKind.PATH), path=names),
    st.builds(Step, kind=st.just(StepKind.MEMBER), path=names, index=st.integers(0, 9999)),
    st.builds(
        Step,
        kind=st.just(StepKind.INODE),
        path=names,
        partition=st.integers(0, 9),
        inode=st.integers(0, 2**40),
    ),
    st.builds(
        Step,
        kind=st.just(StepKind.STREAM),
        path=names,
        partition=st.integers(0, 9),
        inode=st.integers(0, 2**40),
        attribute=st.integers(0, 999),
    ),
    st.builds(
        Step,
        kind=st.just(StepKind.VOLUME),
        path=names,
        partition=st.integers(0, 9),
        volume=st.integers(0, 9),
        inode=st.integers(0, 2**60),
    ),
    st.builds(Step, kind=st.just(StepKind.PART), path=names, message=st.integers(0), index=st.integers(0)),
    st.builds(
        Step, kind=st.just(StepKind.OBJECT), path=names, number=st.integers(0), generation=st.integers(0)
    ),
    st.builds(Step, kind=st.just(StepKind.RANGE), path=names, start=st.integers(0), end=st.integers(0)),
)
ranges = st.one_of(st.none(), st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)))


@given(st.builds(Locator, steps=st.lists(steps, min_size=1, max_size=4).map(tuple), byte_range=ranges))
def test_a_locator_survives_being_written_whatever_bytes_a_name_holds(locator: Locator) -> None:
    assert parse_locator(str(locator)) == locator
    assert str(locator).isascii()


def test_a_path_for_eyes_hides_no_control_character() -> None:
    assert display_path(b"a\nb\xff\x1b") == "a\\x0ab\\xff\\x1b"


codes = st.frozensets(st.sampled_from([HandlingCode.H0, HandlingCode.H1, HandlingCode.H2]))
handlings = st.one_of(
    st.builds(Handling, codes=codes),
    st.builds(
        lambda c, text: Handling(codes=c | {HandlingCode.H3}, restriction=text),
        codes,
        st.sampled_from(["a", "b"]),
    ),
)


@given(st.lists(handlings, max_size=5))
def test_what_is_derived_carries_every_restriction_of_its_parts(parts: list[Handling]) -> None:
    union = combine_handling(parts)
    assert HandlingCode.H0 in union.codes
    for part in parts:
        assert part.codes <= union.codes
        assert part.restriction in union.restriction


@given(handlings, handlings)
def test_the_order_of_combining_does_not_change_the_codes(a: Handling, b: Handling) -> None:
    assert combine_handling([a, b]).codes == combine_handling([b, a]).codes


def test_h3_without_its_text_is_refused() -> None:
    with pytest.raises(ValueError, match="H3"):
        parse_handling("H0+H3")
