"""The table of weights: what each signal in each state is worth, as data that a specialist reads and edits."""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fairlead.provenance.signal import Observation, Signal
from fairlead.terms.errors import UsageError
from fairlead.terms.provenance import Finding, SignalKind, Strength

_SHIPPED = Path(__file__).parent / "data" / "weights.toml"
_Sentence = Annotated[str, Field(min_length=3, max_length=400)]


class Weight(BaseModel):
    """One row of the table; the file itself says what each field means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signal: SignalKind
    state: Annotated[str, Field(pattern=r"^[a-z0-9_]{2,40}$")]
    finding: Finding
    strength: Strength
    bound: Annotated[float, Field(ge=1, le=1e9)]
    basis: Annotated[str, Field(pattern="^(measured|assigned)$")]
    cause: Annotated[str, Field(pattern=r"^[a-z-]{2,40}$")]
    decides: bool
    vouched: bool = False
    against: _Sentence
    not_shown: _Sentence
    forgery: _Sentence
    source: _Sentence


class _Step(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    start: Annotated[float, Field(alias="from", ge=1)]
    words: Strength


class _Overall(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cap: Annotated[float, Field(ge=1, le=1e9)]
    source: _Sentence


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    overall: _Overall
    scale: tuple[_Step, ...]
    weight: tuple[Weight, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightTable:
    """Weights by signal and state, the verbal scale, the cap over everything, and a digest of the file."""

    weights: dict[tuple[SignalKind, str], Weight]
    scale: tuple[tuple[float, Strength], ...]
    cap: float
    digest: str

    def words(self, bound: float) -> Strength:
        """The words of the verbal scale for a likelihood ratio."""
        return max((step for step in self.scale if step[0] <= max(bound, 1.0)), key=lambda s: s[0])[1]

    def signal(self, seen: Observation) -> Signal:
        """The observation with its weight. KeyError for a state that the table does not have."""
        weight = self.weights[seen.kind, seen.state]
        bound = weight.bound if seen.bound is None else max(1.0, min(weight.bound, seen.bound))
        return Signal(
            kind=seen.kind,
            state=seen.state,
            finding=weight.finding,
            strength=self.words(bound),
            bound=bound,
            basis=weight.basis,
            cause=weight.cause,
            decides=weight.decides,
            vouched=weight.vouched,
            signed=seen.signed,
            against=weight.against,
            tool=seen.tool,
            detail=seen.detail,
            caveat=weight.not_shown,
            forgery=weight.forgery,
            source=weight.source,
            offset=seen.offset,
            length=seen.length,
        )

    def signals(self, seen: Iterable[Observation]) -> list[Signal]:
        """All observations with their weights, in order."""
        return [self.signal(observation) for observation in seen]


def shipped_text() -> str:
    """The table of weights that comes with Fairlead, as text."""
    return _SHIPPED.read_text("utf-8")


@functools.cache
def weights_of(text: str = "") -> WeightTable:
    """The table in ``text``, or the one that comes with Fairlead when it is empty.

    Raises UsageError (WEIGHTS-001) for an unknown key or state, a missing state, words that do not go with a
    bound, or a scale that does not begin at 1.
    """
    table = _parse(text or shipped_text())
    if text:
        expected = weights_of().weights.keys()
        if table.weights.keys() != expected:
            odd = sorted(f"{kind.value}.{state}" for kind, state in table.weights.keys() ^ expected)
            raise _wrong(f"signals or states missing or unknown: {', '.join(odd[:5])}")
    return table


def _parse(text: str) -> WeightTable:
    try:
        file = _File.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as problem:
        raise _wrong(" ".join(str(problem).split())[:200]) from problem
    scale = tuple(sorted((step.start, step.words) for step in file.scale))
    if not scale or scale[0][0] != 1:
        raise _wrong("the scale does not begin at 1")
    table = WeightTable(
        weights={(weight.signal, weight.state): weight for weight in file.weight},
        scale=scale,
        cap=file.overall.cap,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )
    if len(table.weights) != len(file.weight):
        raise _wrong("a signal has a state twice")
    for weight in file.weight:
        if table.words(weight.bound) is not weight.strength:
            named = f"{weight.signal.value}.{weight.state}"
            raise _wrong(f"{named}: a bound of {weight.bound:g} is {table.words(weight.bound).value}")
    return table


def _wrong(fact: str) -> UsageError:
    return UsageError(
        f"the table of weights cannot be used: {fact}",
        "Correct the file; `fairlead provenance weights --export FILE` writes one that is right.",
        code="WEIGHTS-001",
    )
