"""Plug-in detectors: a model in ONNX form with a record of how it was calibrated. Without a record, no weight.

A folder holds ``model.onnx`` and ``plugin.json``. The model runs in the sandbox, on the processor, from bytes whose
digest the record names; nothing beside it is loaded. It sees crops at the picture's own size; nothing is scaled.
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.provenance.sandboxed import DETECTOR, shared_pool
from fairlead.provenance.signal import Observation
from fairlead.terms.errors import UsageError
from fairlead.terms.provenance import SignalKind

_MOST_MODEL_BYTES = 2 << 30
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")]
_Words = Annotated[str, Field(min_length=1, max_length=300)]
_Triple = tuple[float, float, float]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelInput(_Strict):
    """What the model takes: name of the input, side of the square crops, and how pixels become numbers."""

    name: _Words
    size: Annotated[int, Field(ge=16, le=2048)]
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    crops: Literal["centre", "ten"] = "ten"
    scale: Annotated[float, Field(gt=0)] = 1 / 255
    mean: _Triple = (0.0, 0.0, 0.0)
    deviation: _Triple = (1.0, 1.0, 1.0)


class ModelOutput(_Strict):
    """What the model gives: name of the output, the place of the score in it, and which way it points."""

    name: _Words
    index: Annotated[int, Field(ge=0, le=9999)] = 0
    polarity: Literal["machine_high", "machine_low"]


class Calibration(_Strict):
    """How scores were measured on known pictures: the corpus, its size, and log10 likelihood ratios by score."""

    corpus: _Words
    real_pictures: Annotated[int, Field(ge=50)]
    machine_pictures: Annotated[int, Field(ge=50)]
    cllr: Annotated[float, Field(ge=0, le=1)]
    most_log10_lr: Annotated[float, Field(gt=0, le=3)]
    table: Annotated[tuple[tuple[float, float], ...], Field(min_length=2, max_length=1000)]

    @model_validator(mode="after")
    def _rising(self) -> Calibration:
        scores = [score for score, _ in self.table]
        if scores != sorted(set(scores)):
            raise ValueError("the scores of the table do not rise")
        return self

    def log10_lr(self, score: float) -> float:
        """The likelihood ratio of the table at a score, between the table's points, held within the record's cap."""
        scores = [point[0] for point in self.table]
        place = bisect_left(scores, score)
        if place == 0:
            value = self.table[0][1]
        elif place == len(scores):
            value = self.table[-1][1]
        else:
            (low, first), (high, second) = self.table[place - 1], self.table[place]
            value = first + (second - first) * (score - low) / (high - low)
        return max(-self.most_log10_lr, min(self.most_log10_lr, value))


class Validity(_Strict):
    """Where the calibration holds: types of picture, and the least side in pixels."""

    media_types: tuple[str, ...]
    least_side: Annotated[int, Field(ge=16)]


class Plugin(_Strict):
    """The whole of plugin.json."""

    name: _Name
    version: _Words
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    licence: _Words
    source: _Words
    input: ModelInput
    output: ModelOutput
    calibration: Calibration | None = None
    validity: Validity

    @model_validator(mode="after")
    def _one_way(self) -> Plugin:
        if self.calibration is not None:
            ratios = [ratio for _, ratio in self.calibration.table]
            rising = self.output.polarity == "machine_high"
            if ratios != sorted(ratios, reverse=not rising):
                raise ValueError("the calibration table does not go the way the polarity says")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A checked plug-in: its record and the model's bytes."""

    plugin: Plugin
    model: bytes
    record: str


def load_detector(folder: Path) -> Detector:
    """Read a plug-in folder. Raises UsageError (DETECTOR-001) when record and model do not fit together."""
    try:
        record = (folder / "plugin.json").read_text("utf-8")
        plugin = Plugin.model_validate_json(record)
        path = folder / "model.onnx"
        if path.stat().st_size > _MOST_MODEL_BYTES:
            raise _wrong("the model has more than 2 GiB")
        model = path.read_bytes()
    except (OSError, UnicodeDecodeError) as problem:
        raise _wrong("plugin.json and model.onnx cannot both be read") from problem
    except ValidationError as problem:
        raise _wrong(" ".join(str(problem).split())[:200]) from problem
    if hashlib.sha256(model).hexdigest() != plugin.sha256:
        raise _wrong("the model is not the one whose SHA-256 plugin.json names")
    return Detector(plugin=plugin, model=model, record=record)


def ask_detector(
    descriptor: int,
    detector: Detector,
    *,
    media_type: str,
    width: int,
    height: int,
) -> Iterator[Observation]:
    """What a detector says of one picture, with weight only inside its calibration."""
    plugin = detector.plugin
    model = os.memfd_create("model", os.MFD_CLOEXEC)
    try:
        view = memoryview(detector.model)
        while view:
            view = view[os.write(model, view) :]
        job = {
            "model": plugin.sha256,
            "input": plugin.input.model_dump(),
            "output": plugin.output.model_dump(),
        }
        reply = shared_pool(DETECTOR).call(job, [descriptor, model])
    finally:
        os.close(model)
    yield read_detector_reply(reply, plugin, media_type=media_type, width=width, height=height)


def read_detector_reply(
    reply: SandboxReply, plugin: Plugin, *, media_type: str, width: int, height: int
) -> Observation:
    """A pure reading of the worker's answer."""
    named = f"{plugin.name} {plugin.version}"
    score = reply.body.get("score") if reply.outcome is Outcome.OK else None
    if not isinstance(score, float):
        why = "picture smaller than the model's crops" if reply.outcome is Outcome.OK else reply.outcome.value
        return _observed("uncalibrated", f"{named}: no answer ({why})", plugin)
    if plugin.calibration is None:
        return _observed("uncalibrated", f"{named}: score {score:.3f}; uncalibrated, no weight", plugin)
    valid = media_type in plugin.validity.media_types and min(width, height) >= plugin.validity.least_side
    if not valid:
        detail = f"{named}: score {score:.3f}; outside the conditions of its calibration, no weight"
        return _observed("uncalibrated", detail, plugin)
    lr = 10 ** plugin.calibration.log10_lr(score)
    detail = (
        f"{named}: score {score:.3f}, likelihood ratio {lr:.2g} by its calibration on {plugin.calibration.corpus} "
        f"({plugin.calibration.real_pictures} real, {plugin.calibration.machine_pictures} machine-made, "
        f"Cllr {plugin.calibration.cllr:.2f})"
    )
    return _observed("machine" if lr > 1 else "camera", detail, plugin, bound=lr)


def _observed(state: str, detail: str, plugin: Plugin, *, bound: float | None = None) -> Observation:
    return Observation(kind=SignalKind.DETECTOR, state=state, tool=plugin.name, detail=detail, bound=bound)


def _wrong(fact: str) -> UsageError:
    return UsageError(
        f"the plug-in cannot be used: {fact}",
        "See docs/how-to/weigh-the-origin-of-pictures.md for what a plug-in folder holds.",
        code="DETECTOR-001",
    )
