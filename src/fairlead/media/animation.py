"""Samples frames of animated pictures (GIF, WebP, PNG, AVIF) and hashes them like those of a video."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairlead.media.limits import MediaLimits
from fairlead.media.luma import check_size
from fairlead.media.video import SampledFrame, hash_frames
from fairlead.terms.matching import PdqMode

ANIMATED_TYPES = {"image/gif", "image/webp", "image/png", "image/apng", "image/avif"}
_LONGEST_SIDE = 1280
_FEWEST = 8  # an animation of a second may show as many pictures
_DECODED_PER_SAMPLE = 400
_DAMAGES = (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, RuntimeError, TypeError)


def read_animation(data: bytes, limits: MediaLimits) -> tuple[SampledFrame, ...]:
    """Frames at even steps: one a second, at least 8 (or all), at most ``limits.frames``; none of a still picture.

    What can be decoded of a damaged animation is taken. Raises PictureTooLargeError.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            check_size(*picture.size, limits.pixels)
            if getattr(picture, "n_frames", 1) < 2:
                return ()
            return hash_frames(list(_sample(picture, limits)))
    except _DAMAGES:
        return ()


def _sample(picture: Any, limits: MediaLimits) -> Iterator[tuple[float, npt.NDArray[np.uint8], str]]:
    picture.load()  # some formats tell how long a frame is shown when it is decoded
    frames = min(picture.n_frames, limits.frames * _DECODED_PER_SAMPLE)
    length = frames * _milliseconds(picture) / 1000
    wanted = min(frames, limits.frames, max(_FEWEST, math.ceil(length / limits.frame_step_s)))
    chosen = set(np.linspace(0, frames - 1, wanted).round().astype(int).tolist())
    pipeline = f"{PdqMode.FULL.value}/pillow-{picture.format.lower()}-frames"
    time = 0.0
    for number in range(frames):
        try:
            picture.seek(number)
            picture.load()
            if number in chosen:
                yield round(time / 1000, 6), _plane(picture), pipeline
        except _DAMAGES:
            return
        time += _milliseconds(picture)


def _milliseconds(picture: Any) -> float:
    shown = picture.info.get("duration", 0)
    return float(shown) if isinstance(shown, int | float) and shown > 0 else 100.0


def _plane(picture: Any) -> npt.NDArray[np.uint8]:
    grey = picture.convert("RGB").convert("L")
    if max(grey.size) > _LONGEST_SIDE:
        scale = _LONGEST_SIDE / max(grey.size)
        size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
        grey = grey.resize(size, Image.Resampling.BOX)
    return np.asarray(grey)
