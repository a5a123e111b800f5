"""Findings on unmarked files, and what the measurements give there: the null distribution behind the thresholds.

`python -m benchmarks.provenance.unmarked --made 2000`
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from itertools import chain

import numpy as np
from PIL import Image

from benchmarks.provenance.corpus import made, of_system
from fairlead.media.metadata.read import read_metadata
from fairlead.provenance import trace_reading
from fairlead.provenance.carried import trace_of
from fairlead.provenance.pixels import thresholds
from fairlead.provenance.pixels.lattice import measure_lattice
from fairlead.provenance.pixels.watermark import find_watermark
from fairlead.provenance.signal import Item
from fairlead.provenance.stages import observe
from fairlead.provenance.weights import weights_of

_LEAST = 64


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--made", type=int, default=2000)
    arguments = parser.parse_args()
    trace_reading.warm()
    table = weights_of()
    findings: Counter[str] = Counter()
    named: list[str] = []
    scores: dict[str, list[float]] = {"watermark": [], "quincunx t": [], "period t": [], "double_jpeg": []}
    files = 0
    for name, data in chain(made(arguments.made), of_system()):
        files += 1
        items = [
            Item(namespace=i.namespace, key=i.key, value=i.value, offset=i.offset, length=i.length)
            for i in read_metadata(data)
        ]
        traces = _measured(data, scores)
        for signal in table.signals(observe(items, [trace_of(t) for t in traces])):
            if signal.finding in {"machine_made", "derived_from_picture", "contradiction"}:
                findings[f"{signal.kind}.{signal.state}"] += 1
                named.append(f"{name}: {signal.detail}")
    print(f"files {files}, machine findings or contradictions {sum(findings.values())} {dict(findings)}")
    print("\n".join(named[:20]))
    print(f"thresholds: z {thresholds.WATERMARK} and {thresholds.WATERMARK_CLEAR} times its rival")
    for kind, values in scores.items():
        listed = np.abs(np.array(values))
        marks = np.percentile(listed, [50, 99, 99.9, 100]).round(2).tolist() if len(listed) else []
        print(f"{kind}: tests {len(listed)}, median, 99 %, 99.9 %, max: {marks}")


def _measured(data: bytes, scores: dict[str, list[float]]) -> list[dict[str, object]]:
    try:
        picture, exact = trace_reading.decode(data)
    except Exception:  # noqa: BLE001 - what cannot be decoded is not measured, as in the stage
        return []
    if min(picture.shape[:2]) < _LEAST:
        return []
    for shown in (picture, *_altered(picture)):
        lock = find_watermark(shown)
        if lock is not None:
            scores["watermark"].append(lock.z if lock.clear else 0.0)
    if exact:
        found = measure_lattice(np.ascontiguousarray(picture[:, :, 1]))
        if found is not None:
            scores["quincunx t"].append(found.quincunx_t)
            scores["period t"].append(min(abs(found.rows_t), abs(found.columns_t)))
    traces = list(trace_reading.measure(data, "", (0, 0)))
    scores["double_jpeg"] += [float(t["value"]) for t in traces if t["name"] == "double_jpeg"]
    return traces


def _altered(picture: np.ndarray) -> list[np.ndarray]:
    """The picture saved as JPEG 85, and half as large again."""
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "JPEG", quality=85)
    jpeg = trace_reading.without_smoothing(held.getvalue(), picture)
    size = (picture.shape[1] * 3 // 2, picture.shape[0] * 3 // 2)
    return [jpeg, np.array(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))]


if __name__ == "__main__":
    main()
