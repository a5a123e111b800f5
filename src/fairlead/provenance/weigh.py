"""Weighs signals into one conclusion with its grounds: a pure function, by rules that can be read aloud.

1. Nothing found is nothing found: absence of marks never speaks for a camera.
2. A signature counts when its signer is on the trust list; any other signature weighs as unsigned text.
3. A machine claim and camera evidence in one file contradict each other: that is a conflict, and a conflict is for
   people to look at first. A trusted signature behind the machine claim overrules weak camera evidence (unsigned
   text), and nothing more than that.
4. Whether a real picture may stand behind the file is a question of its own; it never lowers attention.
5. Signals that share a cause are never multiplied: of each cause the strongest counts. The product of the causes is
   capped. Forgery is outside these numbers.
6. Statistics of pixels never decide alone that a machine made a picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fairlead.provenance.signal import Signal
from fairlead.provenance.weights import WeightTable
from fairlead.terms.provenance import Conclusion, Finding, Strength

_MACHINE = frozenset({Finding.MACHINE_MADE, Finding.DERIVED_FROM_PICTURE})
_WEAK = frozenset({Strength.NO_SUPPORT, Strength.WEAK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The conclusion about one content, how strong its grounds are, what speaks for it, against, and beside it.

    ``bound`` limits the likelihood ratio of the grounds together, forgery left aside; 1 when nothing was found.
    ``bound_against`` does so for what speaks against: in a conflict the two stand side by side.
    """

    conclusion: Conclusion
    derived_from_picture: bool
    vouched: bool
    strength: Strength
    bound: float
    bound_against: float
    grounds: tuple[str, ...]
    contradictions: tuple[str, ...]
    beside: tuple[str, ...]


def weigh(signals: Sequence[Signal], table: WeightTable) -> Weighed:
    """Weigh the signals of one content. The order of the signals does not matter."""
    speaking = [signal for signal in signals if signal.strength is not Strength.NO_SUPPORT]
    machine = [s for s in speaking if s.finding in _MACHINE]
    camera = [s for s in speaking if s.finding is Finding.CAMERA_MADE]
    edited = [s for s in speaking if s.finding is Finding.EDITED]
    odd = [s for s in speaking if s.finding is Finding.CONTRADICTION]
    conclusion = _conclude(machine, camera, edited, odd)
    match conclusion:
        case Conclusion.GENERATED | Conclusion.DERIVED_FROM_PICTURE:
            grounds, against = machine, [*camera, *odd]
        case Conclusion.CAPTURED:
            grounds, against = camera, [*machine, *odd]
        case Conclusion.CAPTURED_THEN_EDITED:
            grounds, against = [*camera, *edited], [*machine, *odd]
        case Conclusion.CONFLICT:
            grounds, against = (machine, [*camera, *odd]) if _decides(machine) else (camera, odd)
        case Conclusion.NOTHING_FOUND:
            grounds, against = [], []
    bound = combined_bound(grounds, table.cap)
    used = {id(signal) for signal in (*grounds, *against)}
    return Weighed(
        conclusion=conclusion,
        derived_from_picture=any(s.finding is Finding.DERIVED_FROM_PICTURE for s in speaking),
        vouched=any(s.vouched for s in grounds),
        strength=table.words(bound),
        bound=bound,
        bound_against=combined_bound(against, table.cap),
        grounds=_sentences(grounds),
        contradictions=_sentences(against),
        beside=_sentences(s for s in signals if id(s) not in used),
    )


def combined_bound(signals: Iterable[Signal], cap: float) -> float:
    """The product of the strongest bound of each cause, at most ``cap``."""
    strongest: dict[str, float] = {}
    for signal in signals:
        strongest[signal.cause] = max(strongest.get(signal.cause, 1.0), signal.bound)
    return min(cap, math.prod(strongest[cause] for cause in sorted(strongest)))


def _conclude(
    machine: Sequence[Signal], camera: Sequence[Signal], edited: Sequence[Signal], odd: Sequence[Signal]
) -> Conclusion:
    derived = any(s.finding is Finding.DERIVED_FROM_PICTURE for s in machine)
    if _decides(machine):
        overruled = any(s.vouched for s in machine) and all(s.strength in _WEAK for s in (*camera, *odd))
        if (camera or odd) and not overruled:
            return Conclusion.CONFLICT
        return Conclusion.DERIVED_FROM_PICTURE if derived else Conclusion.GENERATED
    if odd:
        return Conclusion.CONFLICT
    if _decides(camera):
        return Conclusion.CAPTURED_THEN_EDITED if edited else Conclusion.CAPTURED
    return Conclusion.NOTHING_FOUND


def _decides(signals: Sequence[Signal]) -> bool:
    return any(signal.decides for signal in signals)


def _sentences(signals: Iterable[Signal]) -> tuple[str, ...]:
    return tuple(sorted({f"{s.detail} [{s.finding.value}, {s.strength.value}]" for s in signals}))
