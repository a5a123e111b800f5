"""How many altered copies of known videos are found, and how many strangers: encoded, decoded and matched as in a case.

python -m benchmarks.known.video_recall --videos 12 --unrelated 60
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.known.videos import find_videos
from fairlead.media.limits import MediaLimits
from fairlead.media.video import read_video
from fairlead.tables.known import KNOWN
from fairlead.tables.media import CONTENTS, FRAMES
from fairlead.terms.matching import VIDEO_SHARE_PERCENT
from fairlead.training.pictures import draw_scene

Frame = np.ndarray
SECONDS, RATE = 12, 5
HEIGHT, WIDTH = 360, 640


def film(seed: int, number: int) -> list[Frame]:
    """Four shots of three seconds, each a slow pan over a drawn scene."""
    frames = []
    for shot in range(4):
        scene = np.asarray(
            draw_scene(seed, number * 4 + shot).convert("RGB").resize((WIDTH + 120, HEIGHT + 40))
        )
        for step in range(SECONDS * RATE // 4):
            x, y = step * 120 // 15, step * 40 // 15
            frames.append(scene[y : y + HEIGHT, x : x + WIDTH])
    return frames


def encode(frames: list[Frame], *, bit_rate: int = 1_500_000, height: int = HEIGHT) -> bytes:
    out = io.BytesIO()
    width = round(frames[0].shape[1] * height / frames[0].shape[0] / 2) * 2
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", bit_rate
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            for packet in stream.encode(picture.reformat(width=width, height=height, format="yuv420p")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()


def boxed(rows: int, columns: int) -> Callable[[list[Frame]], list[Frame]]:
    return lambda frames: [np.pad(f, ((rows, rows), (columns, columns), (0, 0))) for f in frames]


def logo(size: int, *, opaque: float) -> Callable[[list[Frame]], list[Frame]]:
    def alter(frames: list[Frame]) -> list[Frame]:
        marked = [f.copy() for f in frames]
        for frame in marked:
            place = frame[12 : 12 + size, -12 - 2 * size : -12]
            mark = np.full(place.shape, 240, np.float32)
            mark[size // 3 : 2 * size // 3, size // 3 : -(size // 3)] = (20, 40, 120)
            place[:] = (place * (1 - opaque) + mark * opaque).astype(np.uint8)
        return marked

    return alter


def inside(frames: list[Frame]) -> list[Frame]:
    """The whole video in the middle of a compilation six times as long."""
    return [*film(77, 1), *film(77, 2), *frames, *film(77, 3), *film(77, 4), *film(77, 5)]


ALTERATIONS: dict[str, tuple[Callable[[list[Frame]], list[Frame]], dict[str, int]]] = {
    "recompressed at 200 kbit/s": (lambda f: f, {"bit_rate": 200_000}),
    "480 lines, recompressed": (lambda f: f, {"height": 480, "bit_rate": 600_000}),
    "180 lines": (lambda f: f, {"height": 180, "bit_rate": 300_000}),
    "letterboxed": (boxed(60, 0), {"height": HEIGHT + 120}),
    "pillarboxed": (boxed(0, 90), {}),
    "boxed on all sides": (boxed(40, 64), {"height": HEIGHT + 80}),
    "logo, 1.3 % of the picture, 40 % opaque": (logo(38, opaque=0.4), {}),
    "logo, 1.3 % of the picture, opaque": (logo(38, opaque=1.0), {}),
    "logo, 5 % of the picture, opaque": (logo(76, opaque=1.0), {}),
    "mirrored": (lambda frames: [f[:, ::-1] for f in frames], {}),
    "clip inside a compilation": (inside, {}),
    "first half only": (lambda frames: frames[: len(frames) // 2], {}),
}


def frames_of(name: str, data: bytes) -> list[dict[str, object]]:
    read = read_video(io.BytesIO(data), MediaLimits())
    assert read is not None
    return [
        {"sha256": name, "index": n, "time_s": f.time_s, "pdq": f.pdq.bits, "pdq_quality": f.pdq.quality,
         "pdq_whole": f.whole.bits if f.whole else None, "pdq_pipeline": f.pipeline}
        for n, f in enumerate(read.frames)
    ]  # fmt: skip


def matched(known: list[dict[str, object]], frames: list[dict[str, object]]) -> set[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        store = PartStore(Path(folder))
        store.write(KNOWN, "part-1.parquet", [pa.RecordBatch.from_pylist(known, schema=KNOWN.schema)])
        store.write(FRAMES, "part-1.parquet", [pa.RecordBatch.from_pylist(frames, schema=FRAMES.schema)])
        store.write(CONTENTS, "part-1.parquet", [])
        settings = {"set": "s", "minimum_quality": 50, "radius": 31, "video_rule": "known"}
        rows = find_videos(Catalogue(store), settings, VIDEO_SHARE_PERCENT)
        return {(row["sha256"], row["video"]) for row in rows if row["matched"]}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--videos", type=int, default=12)
    options.add_argument("--unrelated", type=int, default=60)
    asked = options.parse_args()
    films = [film(1, n) for n in range(asked.videos)]
    known = [
        {"set": "s", "entry": f"vpdq:{n}#{f['index']}", "algorithm": "vpdq", "value": f["pdq"].hex(), "video": str(n),
         "frame": f["index"], "time_s": f["time_s"], "quality": f["pdq_quality"], "meaning": "of-interest"}
        for n, frames in enumerate(films) for f in frames_of("", encode(frames))
    ]  # fmt: skip
    false = 0
    for name, (alter, written) in ALTERATIONS.items():
        copies = [
            f for n, frames in enumerate(films) for f in frames_of(str(n), encode(alter(frames), **written))
        ]
        pairs = matched(known, copies)
        right = {pair for pair in pairs if pair[0] == pair[1]}
        false += len(pairs - right)
        print(f"{name:36} {len(right)} of {len(films)}", flush=True)
    strangers = [f for n in range(asked.unrelated) for f in frames_of(f"x{n}", encode(film(2, n)))]
    false += len(matched(known, strangers))
    print(f"matches of a video with another one, {asked.unrelated} unrelated videos included: {false}")


if __name__ == "__main__":
    main()
