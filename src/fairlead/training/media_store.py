"""The made-up platform's pictures and videos: which lists know them, and what they say of their origin."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from fairlead.training.alterations import ALTERATIONS
from fairlead.training.pictures import as_jpeg, as_png, draw_scene

_EACH = {
    "listed": 60, "altered": 60, "benign": 80, "machine": 60, "camera": 30, "conflict": 6, "plain": 104,
}  # fmt: skip
_SUBJECTS = ("a lighthouse at dusk", "sailing boats in fog", "a red barn in snow", "a harbour, aerial view")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file of the media store, and the truth about it."""

    path: str  # below the media root, e.g. ab/abcdef012345.jpg
    data: bytes
    group: str  # key of the plan above, or video, letterboxed
    original: bytes | None = None  # what the list holds, where the file is an altered copy
    alteration: str = ""
    derived: bool = False

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, hex."""
        return hashlib.sha256(self.data).hexdigest()


def make_store(seed: int, scale: float) -> Iterator[StoredFile]:
    """The files of the media store, in a fixed order."""
    number = 0
    for group, count in _EACH.items():
        for index in range(max(2, round(count * scale))):
            yield _make_file(seed, number, index, group)
            number += 1
    yield from _make_videos(seed)


def _make_file(seed: int, number: int, index: int, group: str) -> StoredFile:
    picture = draw_scene(seed, number)
    rng = random.Random(f"{seed}/media/{number}")
    original: bytes | None = None
    alteration, derived, suffix = "", False, "jpg"
    match group:
        case "altered":
            original = as_jpeg(picture, quality=90)
            alteration = sorted(ALTERATIONS)[index % len(ALTERATIONS)]
            data = ALTERATIONS[alteration](Image.open(io.BytesIO(original)).convert("RGB"))
            suffix = {"grey": "png", "other_format": "webp"}.get(alteration, "jpg")
        case "machine":
            texts, derived = _generator_texts(rng, index)
            data, suffix = as_png(picture, texts=texts), "png"
        case "camera":
            data = as_jpeg(picture, exif=_camera_exif())
        case "conflict":
            data = as_jpeg(picture, exif=_camera_exif(comment=_parameters(rng, derived=False)))
        case _:
            data = as_jpeg(picture)
    return StoredFile(
        path=_path(data, suffix),
        data=data,
        group=group,
        original=original,
        alteration=alteration,
        derived=derived,
    )


def _path(data: bytes, suffix: str) -> str:
    name = hashlib.sha256(b"name" + data).hexdigest()[:12]
    return f"{name[:2]}/{name}.{suffix}"


def _parameters(rng: random.Random, *, derived: bool) -> str:
    """A text chunk as A1111 and Forge write it, about a benign subject."""
    extra = ", Denoising strength: 0.55, Mask blur: 4" if derived else ""
    return (
        f"{rng.choice(_SUBJECTS)}\nNegative prompt: blurry\n"
        f"Steps: {rng.randrange(15, 40)}, Sampler: Euler a, CFG scale: 7, Seed: {rng.randrange(2**32)}, "
        f"Size: 512x512, Model hash: {rng.randrange(16**10):010x}, Model: landscapes_v2{extra}, Version: v1.10.1"
    )


def _generator_texts(rng: random.Random, index: int) -> tuple[dict[str, str], bool]:
    derived = index % 5 == 0
    if index % 2 == 0:
        return {"parameters": _parameters(rng, derived=derived)}, derived
    graph: dict[str, object] = {
        "3": {"class_type": "KSampler", "inputs": {"seed": rng.randrange(2**32), "steps": 20}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "landscapes_v2.safetensors"}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": rng.choice(_SUBJECTS)}},
    }
    if derived:
        graph["9"] = {"class_type": "LoadImage", "inputs": {"image": "IMG_0001.jpg"}}
    return {"prompt": json.dumps(graph), "workflow": json.dumps({"nodes": [], "version": 0.4})}, derived


def _camera_exif(comment: str = "") -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Example Optics"
    exif[0x0110] = "EX-100"
    exif[0x0132] = "2024:08:01 12:00:00"
    details = exif.get_ifd(0x8769)
    details[0x829A] = IFDRational(1, 250)
    details[0x829D] = IFDRational(28, 10)
    details[0x8827] = 200
    details[0x9003] = "2024:08:01 12:00:00"
    details[0x920A] = IFDRational(35, 1)
    if comment:
        details[0x9286] = b"UNICODE\x00" + comment.encode("utf-16-be")
    return exif.tobytes()


def _make_videos(seed: int) -> Iterator[StoredFile]:
    """A short drive past a landscape, and the same with a black bar above and below."""
    frames = _drive(seed)
    plain = _encode(frames)
    barred = _encode([np.pad(f, ((40, 40), (0, 0), (0, 0))) for f in frames])
    yield StoredFile(path=_path(plain, "mp4"), data=plain, group="video")
    yield StoredFile(path=_path(barred, "mp4"), data=barred, group="letterboxed", original=plain)


def _drive(seed: int) -> list[np.ndarray]:
    wide = np.asarray(draw_scene(seed, 900_001).resize((1280, 240)).convert("RGB"))
    return [np.ascontiguousarray(wide[:, 12 * step : 12 * step + 320]) for step in range(60)]


def _encode(frames: list[np.ndarray]) -> bytes:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 1_500_000
        stream.codec_context.thread_count = 1
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return buffer.getvalue()
