"""Weighs signals into one conclusion with its grounds: a pure function, by rules that can be read aloud.

1. Nothing found is nothing found: absence of marks never speaks for a camera.
2. A signature counts when its signer is on the trust list; any other signature weighs as unsigned text.
3. A machine claim and camera evidence in one file contradict each other, unless a trusted signer stands
   behind the machine claim: that is a conflict, and a conflict is for people to look at.
4. Whether a real picture may stand behind the file is a question of its own; it never lowers attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.provenance.signal import Signal
from fairlead.terms.provenance import Conclusion, Finding, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The conclusion about one content, what speaks for it, what against."""

    conclusion: Conclusion
    derived_from_picture: bool
    grounds: tuple[str, ...]
    contradictions: tuple[str, ...]


def weigh(signals: Sequence[Signal]) -> Weighed:
    """Weigh the signals of one content. The order of the signals does not matter."""
    speaking = [signal for signal in signals if signal.strength is not Strength.NO_SUPPORT]
    machine = [s for s in speaking if s.finding in {Finding.MACHINE_MADE, Finding.DERIVED_FROM_PICTURE}]
    camera = [s for s in speaking if s.finding is Finding.CAMERA_MADE]
    derived = any(s.finding is Finding.DERIVED_FROM_PICTURE for s in speaking)
    machine_signed = any(_vouched(s) for s in machine)
    camera_signed = any(_vouched(s) for s in camera)
    if machine and camera and not (machine_signed and not camera_signed):
        return _weighed(Conclusion.CONFLICT, derived, machine, camera)
    if machine_signed:
        return _weighed(Conclusion.DECLARED_MACHINE_SIGNED, derived, machine, camera)
    if machine:
        return _weighed(Conclusion.DECLARED_MACHINE_UNSIGNED, derived, machine, [])
    if camera_signed:
        return _weighed(Conclusion.DECLARED_CAMERA_SIGNED, derived, camera, [])
    if camera:
        return _weighed(Conclusion.CAMERA_TRACES, derived, camera, [])
    return _weighed(Conclusion.NOTHING_FOUND, derived, [], [])


def _vouched(signal: Signal) -> bool:
    return signal.signed and signal.strength is Strength.STRONG


def _weighed(
    conclusion: Conclusion, derived: bool, speaking_for: Sequence[Signal], against: Sequence[Signal]
) -> Weighed:
    return Weighed(
        conclusion=conclusion,
        derived_from_picture=derived,
        grounds=tuple(sorted({_sentence(signal) for signal in speaking_for})),
        contradictions=tuple(sorted({_sentence(signal) for signal in against})),
    )


def _sentence(signal: Signal) -> str:
    return f"{signal.detail} [{signal.finding.value}, {signal.strength.value}]"
