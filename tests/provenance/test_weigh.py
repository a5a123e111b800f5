"""The rules of weighing, one by one."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.provenance.signal import Signal
from fairlead.provenance.weigh import weigh
from fairlead.terms.provenance import Conclusion, Finding, SignalKind, Strength


def signal(finding: Finding, *, trusted: bool = False, signed: bool = False, weight: bool = True) -> Signal:
    strength = Strength.STRONG if trusted else Strength.WEAK if weight else Strength.NO_SUPPORT
    return Signal(
        kind=SignalKind.C2PA,
        finding=finding,
        strength=strength,
        signed=signed or trusted,
        detail=f"{finding} {trusted}",
        caveat="made up",
    )


MACHINE, CAMERA = signal(Finding.MACHINE_MADE), signal(Finding.CAMERA_MADE)
MACHINE_SIGNED = signal(Finding.MACHINE_MADE, trusted=True)
CAMERA_SIGNED = signal(Finding.CAMERA_MADE, trusted=True)
DERIVED = signal(Finding.DERIVED_FROM_PICTURE)


@pytest.mark.parametrize(
    ("signals", "conclusion"),
    [
        ([], Conclusion.NOTHING_FOUND),
        ([signal(Finding.MACHINE_MADE, weight=False)], Conclusion.NOTHING_FOUND),
        ([signal(Finding.EDITED)], Conclusion.NOTHING_FOUND),
        ([MACHINE], Conclusion.DECLARED_MACHINE_UNSIGNED),
        ([signal(Finding.MACHINE_MADE, signed=True)], Conclusion.DECLARED_MACHINE_UNSIGNED),
        ([MACHINE_SIGNED], Conclusion.DECLARED_MACHINE_SIGNED),
        ([CAMERA], Conclusion.CAMERA_TRACES),
        ([CAMERA_SIGNED], Conclusion.DECLARED_CAMERA_SIGNED),
        ([MACHINE, CAMERA], Conclusion.CONFLICT),
        ([MACHINE, CAMERA_SIGNED], Conclusion.CONFLICT),
        ([MACHINE_SIGNED, CAMERA_SIGNED], Conclusion.CONFLICT),
        ([MACHINE_SIGNED, CAMERA], Conclusion.DECLARED_MACHINE_SIGNED),
    ],
)
def test_the_conclusion_follows_the_rules(signals: list[Signal], conclusion: Conclusion) -> None:
    for order in permutations(signals):
        assert weigh(order).conclusion is conclusion


def test_what_speaks_against_is_shown() -> None:
    assert weigh([MACHINE_SIGNED, CAMERA]).contradictions
    assert weigh([MACHINE, CAMERA]).contradictions


@given(st.lists(st.sampled_from([MACHINE, CAMERA, MACHINE_SIGNED, CAMERA_SIGNED, DERIVED])))
def test_derived_is_never_lost_whatever_else_is_found(signals: list[Signal]) -> None:
    assert weigh([*signals, DERIVED]).derived_from_picture
