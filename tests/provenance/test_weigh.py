"""The rules of weighing, one by one, on made-up signals."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.provenance.queue import place_in_queue
from fairlead.provenance.signal import Observation, Signal
from fairlead.provenance.weigh import combined_bound, weigh
from fairlead.provenance.weights import shipped_text, weights_of
from fairlead.terms.errors import UsageError
from fairlead.terms.provenance import Conclusion, SignalKind, Strength

TABLE = weights_of()


def signal(kind: SignalKind, state: str, **given_: float) -> Signal:
    return TABLE.signal(Observation(kind=kind, state=state, detail=f"{kind} {state}", **given_))


TEXT = signal(SignalKind.GENERATOR_METADATA, "declared")
SOURCE_TYPE = signal(SignalKind.DIGITAL_SOURCE_TYPE, "machine")
DERIVED = signal(SignalKind.GENERATOR_METADATA, "derived")
WATERMARK = signal(SignalKind.WATERMARK, "found")
SIGNED_MACHINE = signal(SignalKind.C2PA, "machine_trusted")
SIGNED_CAMERA = signal(SignalKind.C2PA, "camera_allowed")
EXIF = signal(SignalKind.CAMERA_METADATA, "consistent")
NOISE = signal(SignalKind.DEVICE_NOISE, "same")
RESAVED = signal(SignalKind.STRUCTURE, "resaved")
TWICE = signal(SignalKind.DOUBLE_JPEG, "found")
FOREIGN = signal(SignalKind.STRUCTURE, "exif_foreign")
LATTICE = signal(SignalKind.UPSAMPLING, "found")
DETECTOR = signal(SignalKind.DETECTOR, "machine")
BROKEN = signal(SignalKind.C2PA, "broken")
EVERY = [
    TEXT, SOURCE_TYPE, DERIVED, WATERMARK, SIGNED_MACHINE, SIGNED_CAMERA, EXIF, NOISE, RESAVED, TWICE, FOREIGN, LATTICE,
    DETECTOR, BROKEN,
]  # fmt: skip


@pytest.mark.parametrize(
    ("signals", "conclusion"),
    [
        ([], Conclusion.NOTHING_FOUND),
        ([BROKEN], Conclusion.NOTHING_FOUND),
        ([TWICE], Conclusion.NOTHING_FOUND),
        ([LATTICE], Conclusion.NOTHING_FOUND),
        ([LATTICE, DETECTOR], Conclusion.NOTHING_FOUND),
        ([TEXT], Conclusion.GENERATED),
        ([WATERMARK], Conclusion.GENERATED),
        ([SIGNED_MACHINE], Conclusion.GENERATED),
        ([TEXT, DERIVED], Conclusion.DERIVED_FROM_PICTURE),
        ([SIGNED_MACHINE, DERIVED], Conclusion.DERIVED_FROM_PICTURE),
        ([EXIF], Conclusion.CAPTURED),
        ([SIGNED_CAMERA], Conclusion.CAPTURED),
        ([EXIF, LATTICE], Conclusion.CAPTURED),
        ([EXIF, RESAVED], Conclusion.CAPTURED_THEN_EDITED),
        ([NOISE, TWICE], Conclusion.CAPTURED_THEN_EDITED),
        ([TEXT, EXIF], Conclusion.CONFLICT),
        ([WATERMARK, NOISE], Conclusion.CONFLICT),
        ([DERIVED, EXIF], Conclusion.CONFLICT),
        ([EXIF, FOREIGN], Conclusion.CONFLICT),
        ([TEXT, FOREIGN], Conclusion.CONFLICT),
        ([SIGNED_MACHINE, EXIF], Conclusion.GENERATED),
        ([SIGNED_MACHINE, NOISE], Conclusion.CONFLICT),
        ([SIGNED_MACHINE, SIGNED_CAMERA], Conclusion.CONFLICT),
    ],
)
def test_the_conclusion_follows_the_rules(signals: list[Signal], conclusion: Conclusion) -> None:
    answers = {weigh(order, TABLE) for order in permutations(signals)}
    assert len(answers) == 1
    assert answers.pop().conclusion is conclusion


def test_what_speaks_against_is_shown_and_what_bears_on_nothing_too() -> None:
    weighed = weigh([SIGNED_MACHINE, EXIF, BROKEN], TABLE)
    assert weighed.vouched
    assert weighed.contradictions == ("camera_metadata consistent [camera_made, weak support]",)
    assert weighed.beside == ("c2pa broken [other, no support]",)


def test_signals_that_share_a_cause_are_never_multiplied() -> None:
    assert combined_bound([TEXT, SOURCE_TYPE, TEXT], cap=1e9) == TEXT.bound
    assert combined_bound([TEXT, WATERMARK], cap=1e9) == TEXT.bound * WATERMARK.bound
    assert combined_bound([TEXT, WATERMARK], cap=TABLE.cap) == TABLE.cap
    assert combined_bound([], cap=TABLE.cap) == 1.0


@given(st.lists(st.sampled_from(EVERY)))
def test_derived_is_never_lost_and_always_looked_at_first(signals: list[Signal]) -> None:
    weighed = weigh([*signals, DERIVED], TABLE)
    assert weighed.derived_from_picture
    assert place_in_queue(weighed)[0] == 1


@given(st.lists(st.sampled_from(EVERY)), st.sampled_from(EVERY))
def test_evidence_of_a_camera_never_moves_a_picture_back_in_the_queue(
    signals: list[Signal], more: Signal
) -> None:
    before = place_in_queue(weigh(signals, TABLE))[0]
    if more.finding in {"camera_made", "contradiction", "derived_from_picture"} and before != 3:
        assert place_in_queue(weigh([*signals, more], TABLE))[0] <= before


@given(st.lists(st.sampled_from(EVERY)))
def test_the_strength_stays_within_the_cap_and_everything_found_is_named(signals: list[Signal]) -> None:
    weighed = weigh(signals, TABLE)
    assert 1 <= weighed.bound <= TABLE.cap
    named = {*weighed.grounds, *weighed.contradictions, *weighed.beside}
    assert len(named) == len({(s.kind, s.state) for s in signals})


def test_a_signal_with_its_own_measure_stays_below_the_bound_of_the_table() -> None:
    assert signal(SignalKind.DETECTOR, "machine", bound=4.0).bound == 4
    assert signal(SignalKind.DETECTOR, "machine", bound=1e6).strength is Strength.WEAK
    assert signal(SignalKind.DETECTOR, "machine", bound=0.2).strength is Strength.NO_SUPPORT


def test_an_edited_table_counts_when_it_is_whole_and_is_refused_when_it_is_not() -> None:
    text = shipped_text()
    lower = text.replace(
        'strength = "moderately strong support"\nbound = 300', 'strength = "weak support"\nbound = 5'
    )
    assert weights_of(lower).weights[SignalKind.WATERMARK, "found"].bound == 5
    for wrong in (
        text.replace("bound = 300", "bound = 3000"),
        text.replace("[overall]", "[all]"),
        text.replace('state = "quincunx"', 'state = "chessboard"'),
        text.replace("decides = true", "decide = true", 1),
        text[: text.rindex("[[weight]]")],
    ):
        with pytest.raises(UsageError, match="WEIGHTS-001"):
            weights_of(wrong)


def test_every_row_says_what_it_does_not_show_and_how_to_forge_it() -> None:
    for weight in TABLE.weights.values():
        assert weight.not_shown
        assert weight.forgery
        assert weight.source
        assert weight.bound <= TABLE.cap
