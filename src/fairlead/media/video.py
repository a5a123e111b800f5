"""Samples frames of a video and hashes them without the static border that letterboxing adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import av
import numpy as np
import numpy.typing as npt

from fairlead.media.border import find_border
from fairlead.media.limits import MediaLimits
from fairlead.media.luma import Luma, check_size
from fairlead.media.pdq import PdqHash, hash_luma
from fairlead.terms.matching import PdqMode

_MOST_WIDTH = 1280
_DECODED_PER_SAMPLE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledFrame:
    """A sampled frame's time in seconds, its hash without border, that of the whole frame if another, and how made."""

    time_s: float
    pdq: PdqHash
    whole: PdqHash | None
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
    return Video(width=width, height=height, duration_s=duration, frames=hash_frames(sampled))


def hash_frames(sampled: list[tuple[float, npt.NDArray[np.uint8], str]]) -> tuple[SampledFrame, ...]:
    """Hash sampled planes of one size, given with time and pipeline: without the border that never changes, and whole."""
    if not sampled:
        return ()
    inner = top, bottom, left, right = find_border([plane for _, plane, _ in sampled])
    bordered = inner != (0, sampled[0][1].shape[0], 0, sampled[0][1].shape[1])
    return tuple(
        SampledFrame(
            time_s=time,
            pdq=_hash(plane[top:bottom, left:right]),
            whole=_hash(plane) if bordered else None,
            pipeline=pipeline,
        )
        for time, plane, pipeline in sampled
    )


def _hash(plane: npt.NDArray[np.uint8]) -> PdqHash:
    height, width = plane.shape
    return hash_luma(Luma(pixels=plane, height=height, width=width, pipeline="frame"), PdqMode.FULL)


def _sample(
    container: Any, stream: Any, duration: float | None, limits: MediaLimits
) -> Iterator[tuple[float, npt.NDArray[np.uint8], str]]:
    """Time, luminance plane and pipeline of the frames to hash.

    A video that would give more frames than allowed is sampled at key frames over its whole length instead.
    """
    step, pipeline = limits.frame_step_s, "pyav"
    if duration is not None and duration > limits.frames * limits.frame_step_s:
        step, pipeline = duration / limits.frames, "pyav-key"
    if limits.key_frames or pipeline == "pyav-key":
        stream.codec_context.skip_frame = "NONKEY"
        pipeline = "pyav-key"
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
