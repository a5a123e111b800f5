"""The sandbox handler for plug-in detectors: one picture and one model in, one score out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from fairlead.provenance import trace_reading
from fairlead.provenance.wire import DetectorInput, DetectorJob, ScoreTold

# The runtime is imported where it is needed, and has no types.
_SESSIONS: dict[str, Any] = {}
# The runtime reports its use to its maker and starts a thread for that when it is loaded. The sandbox lets nothing
# out; with this switch the thread is not even started.
_QUIET = "ORT_DISABLE_TELEMETRY"


def warm() -> None:
    """Load the runtime and the decoders while files may be opened."""
    _runtime()
    trace_reading.warm()


def _runtime() -> Any:
    os.environ[_QUIET] = "1"
    import onnxruntime

    return onnxruntime


def handle(header: DetectorJob, descriptors: list[int]) -> ScoreTold:
    """The mean score over crops at the picture's own size; empty when it is smaller than a crop.

    ``header``: model (its digest), input and output of the plug-in. The second descriptor holds the model.
    """
    picture, _ = trace_reading.decode(trace_reading.read_whole(descriptors[0]))
    given, wanted = header["input"], header["output"]
    crops = list(_crops(picture, int(given["size"]), ten=given["crops"] == "ten"))
    if not crops:
        return {}
    session = _session(header["model"], descriptors[1])
    scores = []
    for crop in crops:
        answered = session.run([wanted["name"]], {given["name"]: _numbers(crop, given)})[0]
        scores.append(float(np.asarray(answered).reshape(-1)[wanted["index"]]))
    return {"score": float(np.mean(scores))}


def _session(digest: str, descriptor: int) -> Any:
    if digest not in _SESSIONS:
        onnxruntime = _runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.use_deterministic_compute = True
        size = os.fstat(descriptor).st_size
        model = b"".join(os.pread(descriptor, 64 << 20, at) for at in range(0, size, 64 << 20))
        _SESSIONS.clear()
        _SESSIONS[digest] = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return _SESSIONS[digest]


def _crops(picture: npt.NDArray[np.uint8], size: int, *, ten: bool) -> Iterator[npt.NDArray[np.uint8]]:
    """The middle; or the middle and four corners, each as it is and mirrored."""
    height, width = picture.shape[:2]
    if min(height, width) < size:
        return
    down, across = height - size, width - size
    places = [(down // 2, across // 2)]
    if ten:
        places += [(0, 0), (0, across), (down, 0), (down, across)]
    for top, left in places:
        crop = picture[top : top + size, left : left + size]
        yield crop
        if ten:
            yield crop[:, ::-1]


def _numbers(crop: npt.NDArray[np.uint8], given: DetectorInput) -> npt.NDArray[np.float32]:
    values = (crop.astype(np.float32) * given["scale"] - np.array(given["mean"])) / np.array(
        given["deviation"]
    )
    turned = values.transpose(2, 0, 1) if given["layout"] == "NCHW" else values
    return np.ascontiguousarray(turned[None], np.float32)
