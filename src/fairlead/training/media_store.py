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

from fairlead.training.alterations import ALTERATIONS
from fairlead.training.camera import photograph
from fairlead.training.pictures import as_jpeg, as_png, draw_scene
from fairlead.training.tools import make_checkpoint, make_lora

_EACH = {
    "listed": 60, "altered": 60, "benign": 80, "machine": 60, "camera": 30, "conflict": 6, "plain": 104,
}  # fmt: skip
SOURCE_NAME = "IMG_0001.jpg"  # the picture that workflows load; it lies in the operator's folders
_DEVICE = 100
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
            texts, derived = _generator_texts(rng, index, seed)
            data, suffix = as_png(picture, texts=texts), "png"
        case "camera":
            data = photograph(picture, device=_DEVICE, shot=number)
        case "conflict":
            data = photograph(
                picture, device=_DEVICE, shot=number, comment=_parameters(rng, seed, derived=False)
            )
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


def _parameters(rng: random.Random, seed: int, *, derived: bool) -> str:
    """A text chunk as A1111 and Forge write it, about a benign subject."""
    extra = ", Denoising strength: 0.55, Mask blur: 4" if derived else ""
    checkpoint, lora = make_checkpoint(seed), make_lora(seed)
    return (
        f"{rng.choice(_SUBJECTS)}\nNegative prompt: blurry\n"
        f"Steps: {rng.randrange(15, 40)}, Sampler: Euler a, CFG scale: 7, Seed: {rng.randrange(2**32)}, "
        f"Size: 512x512, Model hash: {checkpoint.model_hash}, Model: landscapes_v2{extra}, "
        f'Lora hashes: "harbour_style: {lora.lora_hash}", Version: v1.10.1'
    )


def _generator_texts(rng: random.Random, index: int, seed: int) -> tuple[dict[str, str], bool]:
    derived = index % 5 == 0
    if index % 2 == 0:
        return {"parameters": _parameters(rng, seed, derived=derived)}, derived
    graph: dict[str, object] = {
        "3": {"class_type": "KSampler", "inputs": {"seed": rng.randrange(2**32), "steps": 20}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "landscapes_v2.safetensors"}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": rng.choice(_SUBJECTS)}},
        "8": {"class_type": "SaveImage", "inputs": {"filename_prefix": "harbour"}},
    }
    if derived:
        graph["9"] = {"class_type": "LoadImage", "inputs": {"image": SOURCE_NAME}}
    return {"prompt": json.dumps(graph), "workflow": json.dumps({"nodes": [], "version": 0.4})}, derived


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
