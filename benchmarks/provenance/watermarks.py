"""Recall of the watermark reader by message and treatment, beside the stock decoder, and speed of both.

`python -m benchmarks.provenance.watermarks --carriers 100 --peer PYTHON`, where PYTHON has numpy, PyWavelets, opencv
and the package invisible-watermark. The stock decoder is told which message to expect; it counts as found when at
least 92 of 100 bits agree.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image
from tests.provenance.embedder import stamp

from fairlead.provenance import trace_reading
from fairlead.provenance.pixels import thresholds, watermark
from fairlead.training.camera import photograph
from fairlead.training.pictures import draw_scene

_ROWS = tomllib.loads((resources.files("fairlead.provenance") / "data" / "watermarks.toml").read_text())[
    "message"
]
MESSAGES = {row["name"]: watermark.bits_of(row) for row in _ROWS}
# Message, order of colours and kind of numbers, as the programs stamp them.
PATHS = (
    ("Stable Diffusion 1", True, False), ("Stable Diffusion 2", True, False), ("Stable Diffusion XL", True, True),
    ("Stable Diffusion XL", False, True), ("FLUX", True, True), ("MindONE", True, True),
)  # fmt: skip
_AGREE = 0.92
_PEER = """
import importlib.util, json, sys, time, pathlib
import cv2, numpy as np
from PIL import Image
where = importlib.util.find_spec("imwatermark").submodule_search_locations[0]
spec = importlib.util.spec_from_file_location("maxDct", where + "/maxDct.py")
module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)
answers, spent, pixels = {}, 0.0, 0
for line in sys.stdin:
    job = json.loads(line)
    bgr = cv2.cvtColor(np.array(Image.open(job["path"]).convert("RGB")), cv2.COLOR_RGB2BGR)
    decoder = module.EmbedMaxDct([], wmLen=len(job["bits"]), scales=[0, 36, 36], block=4)
    start = time.process_time(); bits = decoder.decode(bgr); spent += time.process_time() - start
    pixels += bgr.shape[0] * bgr.shape[1]
    answers[job["path"]] = float(np.mean(np.array(bits).astype(bool) == np.array(job["bits"], bool)))
print(json.dumps({"answers": answers, "seconds_per_megapixel": spent / pixels * 1e6}))
"""


def treatments() -> dict[str, Callable[[Image.Image], bytes]]:
    def saved(kind: str, **options: object) -> Callable[[Image.Image], bytes]:
        def save(picture: Image.Image) -> bytes:
            held = io.BytesIO()
            picture.save(held, kind, **options)
            return held.getvalue()

        return save

    def scaled(factor: float) -> Callable[[Image.Image], bytes]:
        def scale(picture: Image.Image) -> bytes:
            size = (round(picture.width * factor), round(picture.height * factor))
            there = picture.resize(size, Image.Resampling.BICUBIC)
            return saved("PNG", compress_level=1)(there)

        return scale

    def cropped(picture: Image.Image) -> bytes:
        part = picture.crop((37, 21, 37 + picture.width * 7 // 10, 21 + picture.height * 7 // 10))
        return saved("PNG", compress_level=1)(part)

    jpeg = {
        f"JPEG {quality}, {name}": saved("JPEG", quality=quality, subsampling=sampling)
        for quality in (95, 90, 80)
        for name, sampling in (("4:4:4", 0), ("4:2:0", 2))
    }
    return {
        "clean": saved("PNG", compress_level=1), **jpeg, "WebP 90": saved("WEBP", quality=90),
        "WebP 80": saved("WEBP", quality=80), "0.5 x": scaled(0.5), "0.75 x": scaled(0.75), "1.5 x": scaled(1.5),
        "crop to 70 %": cropped,
    }  # fmt: skip


def carrier(number: int) -> np.ndarray:
    """A drawing, or a photograph by the made-up camera, at a size in which generators work."""
    scene = draw_scene(71, number)
    if number % 3 == 2:
        scene = Image.open(io.BytesIO(photograph(scene, device=9, shot=number)))
    side = 768 if number % 10 == 0 else 512
    return np.array(scene.resize((side, side), Image.Resampling.BICUBIC).convert("RGB"))


def first_tier(data: bytes) -> str:
    picture, _ = trace_reading.decode(data)
    lock = watermark.find_watermark(trace_reading.without_smoothing(data, picture))
    return lock.message if lock and lock.clear and lock.z >= thresholds.WATERMARK else ""


def second_tier(data: bytes) -> str:
    from fairlead.provenance.search_reading import search

    picture, _ = trace_reading.decode(data)
    locks = list(search(trace_reading.without_smoothing(data, picture)))
    lock, _ = max(locks, key=lambda found: (found[0].clear, found[0].z))
    return lock.message if lock.clear and lock.z >= thresholds.WATERMARK_BY_SEARCH else ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--carriers", type=int, default=100)
    parser.add_argument(
        "--searched", type=int, default=10, help="carriers that the slow second tier looks at"
    )
    parser.add_argument("--peer")
    arguments = parser.parse_args()
    trace_reading.warm()
    with tempfile.TemporaryDirectory() as scratch:
        _run(arguments, Path(scratch))


def _run(arguments: argparse.Namespace, scratch: Path) -> None:
    named = treatments()
    jobs, found, searched = [], {}, {}
    for name, blue, floats in PATHS:
        for number in range(arguments.carriers):
            marked = Image.fromarray(stamp(carrier(number), MESSAGES[name], blue_first=blue, floats=floats))
            for treatment, treat in named.items():
                key = (f"{name}{'' if blue else ', red first'}", treatment)
                data = treat(marked)
                found.setdefault(key, []).append(first_tier(data) == name)
                if number < arguments.searched and treatment in {"0.5 x", "0.75 x", "1.5 x", "crop to 70 %"}:
                    searched.setdefault(key, []).append(second_tier(data) == name)
                if arguments.peer and number < 20:
                    path = scratch / f"{len(jobs)}.img"
                    path.write_bytes(data)
                    jobs.append((key, {"path": str(path), "bits": MESSAGES[name].astype(int).tolist()}))
    peer, peer_speed = _ask_peer(arguments.peer, jobs) if arguments.peer else ({}, 0.0)
    print(
        f"found of {arguments.carriers} carriers (second tier of {arguments.searched}; stock decoder of 20)"
    )
    columns = sorted({key for key, _ in found})
    print("| treatment | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for treatment in named:
        cells = []
        for column in columns:
            key = (column, treatment)
            cell = f"{sum(found[key])}"
            cell += f" ({sum(searched[key])} of {len(searched[key])} searched)" if key in searched else ""
            cell += f"; stock {sum(peer[key])} of {len(peer[key])}" if key in peer else ""
            cells.append(cell)
        print(f"| {treatment} | " + " | ".join(cells) + " |")
    megapixel = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3)).astype(np.uint8)
    start = time.process_time()
    for _ in range(20):
        watermark.find_watermark(megapixel)
    own = (time.process_time() - start) / 20
    print(f"all messages and variants: {own * 1000:.1f} ms per megapixel")
    if peer_speed:
        print(
            f"stock decoder, one message: {peer_speed * 1000:.1f} ms per megapixel, {peer_speed / own:.0f} times as long"
        )


def _ask_peer(python: str, jobs: list) -> tuple[dict, float]:
    lines = "\n".join(json.dumps(job) for _, job in jobs)
    done = subprocess.run([python, "-c", _PEER], input=lines, capture_output=True, text=True, check=True)
    answered = json.loads(done.stdout)
    agreed: dict = {}
    for key, job in jobs:
        agreed.setdefault(key, []).append(answered["answers"][job["path"]] >= _AGREE)
    return agreed, answered["seconds_per_megapixel"]


if __name__ == "__main__":
    main()
