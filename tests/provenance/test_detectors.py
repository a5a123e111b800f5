"""Plug-in detectors: weight only with a record of calibration, and only inside it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.provenance.detectors import Plugin, ask_detector, load_detector, read_detector_reply
from fairlead.provenance.signal import Observation
from fairlead.terms.errors import UsageError
from tests.media.pictures import encode


def brightness_model() -> bytes:
    """A model whose score is the mean of its input: it tells bright pictures from dark ones, and nothing else."""
    given = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, 64, 64])
    answered = helper.make_tensor_value_info("score", TensorProto.FLOAT, [1])
    node = helper.make_node("ReduceMean", ["pixels"], ["score"], axes=[1, 2, 3], keepdims=0)
    graph = helper.make_graph([node], "brightness", [given], [answered])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


CALIBRATION = {
    "corpus": "bright and dark squares", "real_pictures": 200, "machine_pictures": 200, "cllr": 0.4, "most_log10_lr": 1.0,
    "table": [[0.0, -2.0], [0.5, 0.0], [1.0, 2.0]],
}  # fmt: skip


def record(model: bytes, **changed: Any) -> dict[str, Any]:
    given = {
        "name": "brightness", "version": "1", "sha256": hashlib.sha256(model).hexdigest(), "licence": "Apache-2.0",
        "source": "made by a test", "input": {"name": "pixels", "size": 64}, "calibration": CALIBRATION,
        "output": {"name": "score", "polarity": "machine_high"},
        "validity": {"media_types": ["image/png"], "least_side": 64},
    }  # fmt: skip
    return {key: value for key, value in {**given, **changed}.items() if value is not None}


def plugin_folder(folder: Path, **changed: Any) -> Path:
    model = brightness_model()
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_bytes(model)
    (folder / "plugin.json").write_text(json.dumps(record(model, **changed)))
    return folder


def ask(folder: Path, shade: int, *, side: int = 80, kind: str = "PNG", **changed: Any) -> Observation:
    detector = load_detector(plugin_folder(folder, **changed))
    path = folder / "picture"
    path.write_bytes(encode(np.full((side, side, 3), shade, np.uint8), kind))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        (observed,) = ask_detector(
            descriptor, detector, media_type=f"image/{kind.lower()}", width=side, height=side
        )
    finally:
        os.close(descriptor)
    return observed


def test_a_calibrated_answer_weighs_as_its_record_says_and_no_more(tmp_path: Path) -> None:
    bright, dark, middle = (ask(tmp_path / "p", shade) for shade in (255, 0, 160))
    assert (bright.state, bright.bound) == ("machine", pytest.approx(10.0))  # held within the record's cap
    assert dark.state == "camera"
    assert middle.state == "machine"
    assert middle.bound == pytest.approx(10 ** (2 * (160 / 255 - 0.5) / 0.5), rel=1e-3)
    assert "Cllr 0.40" in bright.detail


def test_without_a_calibration_record_or_outside_it_there_is_no_weight(tmp_path: Path) -> None:
    uncalibrated = ask(tmp_path / "p", 255, calibration=None)
    assert uncalibrated.state == "uncalibrated"
    assert "uncalibrated, no weight" in uncalibrated.detail
    assert "outside the conditions" in ask(tmp_path / "p", 255, kind="WEBP").detail
    assert "smaller than the model's crops" in ask(tmp_path / "p", 255, side=40).detail


def test_the_same_picture_gets_the_same_answer(tmp_path: Path) -> None:
    assert ask(tmp_path / "p", 77) == ask(tmp_path / "p", 77)


@pytest.mark.parametrize(
    "changed",
    [
        {"sha256": "0" * 64},
        {"extra": 1},
        {"output": {"name": "score", "polarity": "machine_low"}},
        {"calibration": {**CALIBRATION, "table": [[0.5, 0.0], [0.0, 1.0]]}},
        {"calibration": {**CALIBRATION, "real_pictures": 3}},
        {"calibration": {**CALIBRATION, "most_log10_lr": 9}},
    ],
)
def test_a_record_that_does_not_fit_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="DETECTOR-001"):
        load_detector(plugin_folder(tmp_path / "p", **changed))


def test_a_model_that_is_none_gives_no_answer_and_costs_nothing_else(tmp_path: Path) -> None:
    folder = plugin_folder(tmp_path / "p")
    garbage = b"this is no model"
    (folder / "model.onnx").write_bytes(garbage)
    (folder / "plugin.json").write_text(json.dumps(record(garbage)))
    path = folder / "picture"
    path.write_bytes(encode(np.zeros((80, 80, 3), np.uint8), "PNG"))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        (observed,) = ask_detector(
            descriptor, load_detector(folder), media_type="image/png", width=80, height=80
        )
    finally:
        os.close(descriptor)
    assert observed.state == "uncalibrated"
    assert "no answer" in observed.detail


def test_a_crashed_worker_is_no_answer() -> None:
    plugin = Plugin.model_validate(record(b"x"))
    reply = SandboxReply(outcome=Outcome.CRASHED, detail="SIGSEGV")
    observed = read_detector_reply(reply, plugin, media_type="image/png", width=80, height=80)
    assert observed.state == "uncalibrated"
