"""What crosses the sandbox of this room: the job, and what the worker answers; hashes are hex on the wire."""

from __future__ import annotations

from typing import TypedDict


class LimitsTold(TypedDict):
    """``MediaLimits``."""

    pixels: int
    picture_bytes: int
    frames: int
    frame_step_s: float
    key_frames: bool
    deadline_s: float
    memory_bytes: int


class ExamineJob(TypedDict):
    """The extension of the file's name, which may help to tell its type, and the bounds."""

    extension: str
    limits: LimitsTold


class MetadataTold(TypedDict):
    """One metadata item."""

    namespace: str
    key: str
    value: str
    offset: int
    length: int


class FrameTold(TypedDict):
    """One sampled frame."""

    index: int
    time_s: float | None
    pdq: str
    pdq_quality: int
    pdq_whole: str | None
    pdq_pipeline: str


class ContentTold(TypedDict, total=False):
    """The columns of the table contents that a worker fills in, with metadata items and frames."""

    media_type: str
    family: str
    extension_mismatch: bool
    width: int
    height: int
    orientation: int | None
    duration_s: float | None
    pdq: str
    pdq_quality: int
    pdq_pipeline: str
    pdq_alternate: str
    pdq_inner: str | None
    pdq_inner_quality: int | None
    verdict: str
    error_code: str
    detail: str
    metadata: list[MetadataTold]
    frames: list[FrameTold]
