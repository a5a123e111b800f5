"""Samples frames of a video and hashes them without the static border that letterboxing adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import av
import numpy as np
import numpy.typing as npt

from fairlead.media.limits import MediaLimits
from fairlead.media.luma import Luma, check_size
from fairlead.media.pdq import PdqHash, hash_luma
from fairlead.terms.matching import PdqMode

_MOST_WIDTH = 1280
_EVEN = 6  # luminance steps that compression leaves in an even border
_SMALLEST_PART = 0.25  # a picture smaller than this part of the frame is not taken for one
_DECODED_PER_SAMPLE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledFrame:
    """A sampled frame's time in seconds, its hash, and how it was made."""

    time_s: float
    pdq: PdqHash
    pipeline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """Size, length in seconds where the container tells it, and sampled frames."""

    width: int
    height: int
    duration_s: float | None
    frames: tuple[SampledFrame, ...]


def read_video(file: BinaryIO, limits: MediaLimits) -> Video | None:
    """Sample a video; None when there is no moving picture in it.

    Raises PictureTooLargeError, and av.FFmpegError for what FFmpeg refuses.
    """
    with av.open(file, mode="r", metadata_errors="replace") as container:
        stream: Any = next((s for s in container.streams if s.type == "video"), None)
        if stream is None:
            return None
        check_size(stream.width, stream.height, limits.pixels)
        stream.thread_type = "NONE"
        duration = container.duration / av.time_base if container.duration else None
        sampled = list(_sample(container, stream, duration, limits))
        width, height = stream.width, stream.height
    if not sampled:
        return Video(width=width, height=height, duration_s=duration, frames=())
    top, bottom, left, right = find_border([plane for _, plane, _ in sampled])
    frames = tuple(
        SampledFrame(time_s=time, pdq=_hash(plane[top:bottom, left:right]), pipeline=pipeline)
        for time, plane, pipeline in sampled
    )
    return Video(width=width, height=height, duration_s=duration, frames=frames)


def find_border(planes: list[npt.NDArray[np.uint8]]) -> tuple[int, int, int, int]:
    """Rows from top to bottom, and columns from left to right, without an even border that never changes."""
    lowest = np.minimum.reduce(planes)
    highest = np.maximum.reduce(planes)
    height, width = lowest.shape
    rows = highest.max(axis=1).astype(int) - lowest.min(axis=1) > _EVEN
    columns = highest.max(axis=0).astype(int) - lowest.min(axis=0) > _EVEN
    if rows.sum() < height * _SMALLEST_PART or columns.sum() < width * _SMALLEST_PART:
        return 0, height, 0, width
    top, bottom = int(rows.argmax()), height - int(rows[::-1].argmax())
    left, right = int(columns.argmax()), width - int(columns[::-1].argmax())
    return top, bottom, left, right


def _hash(plane: npt.NDArray[np.uint8]) -> PdqHash:
    height, width = plane.shape
    return hash_luma(Luma(pixels=plane, height=height, width=width, pipeline="frame"), PdqMode.FULL)


def _sample(
    container: Any, stream: Any, duration: float | None, limits: MediaLimits
) -> Iterator[tuple[float, npt.NDArray[np.uint8], str]]:
    """Time, luminance plane and pipeline of the frames to hash.

    A video that would give more frames than allowed is sampled at key frames over its whole length instead.
    """
    if duration is not None and duration > limits.frames * limits.frame_step_s:
        stream.codec_context.skip_frame = "NONKEY"
        step, pipeline = duration / limits.frames, "pyav-key"
    else:
        step, pipeline = limits.frame_step_s, "pyav"
    due, taken = 0.0, 0
    for count, frame in enumerate(container.decode(stream)):
        if taken == limits.frames or count > limits.frames * _DECODED_PER_SAMPLE:
            return
        time = frame.time if frame.time is not None else count * limits.frame_step_s
        if time + 1e-6 < due:
            continue
        yield round(time, 6), _plane(frame), f"{PdqMode.FULL.value}/{pipeline}"
        due = max(due + step, time - step)
        taken += 1


def _plane(frame: Any) -> npt.NDArray[np.uint8]:
    width, height = frame.width, frame.height
    if width > _MOST_WIDTH:
        width, height = _MOST_WIDTH, max(1, round(frame.height * _MOST_WIDTH / frame.width))
    grey: npt.NDArray[np.uint8] = frame.reformat(
        width=width, height=height, format="gray", interpolation="AREA"
    ).to_ndarray()
    return grey
