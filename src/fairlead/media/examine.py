"""The stage that has every distinct content examined in the sandbox."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Required, TypedDict, cast

import pyarrow as pa

from fairlead.engine.sandbox import STRICT, Outcome, SandboxLimits, SandboxPolicy, SandboxPool, SandboxReply
from fairlead.engine.stage import Cut, Opener, cut_by_cost
from fairlead.media.identify import Family
from fairlead.media.limits import MediaLimits
from fairlead.media.wire import ExamineJob
from fairlead.tables import Table
from fairlead.tables.media import EXAMINED, WORKLIST
from fairlead.tables.rows import ExaminedFrame, ExaminedMetadata, WorklistRow
from fairlead.terms.errors import ItemError
from fairlead.terms.verdicts import ContentVerdict

_CODE_VERSION = "7"
_REPLY_BYTES = 64 << 20
_RECYCLE_AFTER = 5000
_PICTURES = frozenset({"jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "heic", "avif", "jxl"})
_VIDEOS = frozenset({"mp4", "mov", "avi", "mkv", "webm", "m4v", "3gp", "mpg", "wmv"})
_OTHER_S, _PICTURE_S_A_BYTE, _VIDEO_S, _VIDEO_S_A_BYTE = 1e-3, 3e-8, 0.3, 5e-9
_HASHES = ("pdq", "pdq_alternate", "pdq_inner", "pdq_whole")
_KEPT = ("sha256", "md5", "sha1", "size_bytes", "exhibit", "locator")
_ANSWERED = {column.name for column in EXAMINED.columns} - set(_KEPT)
_VERDICTS = {
    Outcome.FAILED: ContentVerdict.DAMAGED,
    Outcome.CRASHED: ContentVerdict.CRASHED,
    Outcome.TIMEOUT: ContentVerdict.TIMEOUT,
    Outcome.MEMORY: ContentVerdict.MEMORY,
}


_OUT_OF_BOUNDS: dict[str, object] = {
    "verdict": ContentVerdict.CRASHED.value,
    "error_code": "SANDBOX-CRASHED",
    "detail": "answer out of bounds",
}
_MISFITS = (ValueError, KeyError, TypeError, AttributeError, OverflowError, pa.ArrowException)


class Examined(TypedDict, total=False):
    """What the sandbox says of one content: columns of the table examined without keys and digests."""

    media_type: str
    family: str
    extension_mismatch: bool
    width: int
    height: int
    orientation: int | None
    duration_s: float | None
    pdq: bytes
    pdq_quality: int
    pdq_pipeline: str
    pdq_alternate: bytes
    pdq_inner: bytes | None
    pdq_inner_quality: int | None
    verdict: Required[str]
    error_code: str
    detail: str
    metadata: list[ExaminedMetadata]
    frames: list[ExaminedFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamineStage:
    """WORKLIST to EXAMINED: one sandboxed job per distinct content."""

    opener: Opener
    limits: MediaLimits = field(default_factory=MediaLimits)
    workers: int = 1
    sandbox: SandboxPolicy = STRICT
    name: str = "examine"
    reads: Table = WORKLIST
    writes: Table = EXAMINED
    rows_per_task: int = 5000
    cut_by: tuple[str, ...] = ("exhibit", "locator", "size_bytes", "extension")

    @property
    def version(self) -> str:
        """Code and limits."""
        return f"{_CODE_VERSION}-{self.limits.version}"

    def cut(self, rows: pa.Table) -> Iterator[Cut]:
        """Contents that cost about the same, by their size and what their name says they are."""
        listed = rows.to_pylist()
        return cut_by_cost(
            [_estimate(row["size_bytes"], row["extension"] or "") for row in listed],
            [self.opener.stream_of(row["exhibit"], row["locator"]) for row in listed],
            most_rows=self.rows_per_task,
        )

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of EXAMINED, one for each row of WORKLIST."""
        pool = shared_pool(self.limits, self.workers, self.sandbox)
        for batch in batches:
            yield _batch_of(self._examine(batch.to_pylist(), pool))

    def _examine(self, rows: list[WorklistRow], pool: SandboxPool) -> list[dict[str, object]]:
        answers: dict[str, Mapping[str, object]] = {}
        asked: list[str] = []
        limits = self.limits.for_worker()

        def jobs() -> Iterator[tuple[ExamineJob, list[int]]]:
            for row in rows:
                if row["size_bytes"] == 0:
                    answers[row["sha256"]] = _empty()
                    continue
                try:
                    with self.opener(row["exhibit"], row["locator"]) as descriptor:
                        asked.append(row["sha256"])
                        yield {"extension": row["extension"] or "", "limits": limits}, [descriptor]
                except ItemError as problem:
                    answers[row["sha256"]] = {
                        "verdict": ContentVerdict.UNREADABLE.value,
                        "error_code": problem.code,
                        "detail": problem.fact,
                    }

        for done, reply in enumerate(pool.map(jobs())):
            answers[asked[done]] = _columns_of(reply)
        return [{**_kept(row), **answers[row["sha256"]]} for row in rows]


def _estimate(size: int, extension: str) -> float:
    """Processor seconds that a content may cost; only to share work out by."""
    if extension in _PICTURES:
        return 2e-3 + size * _PICTURE_S_A_BYTE
    if extension in _VIDEOS:
        return _VIDEO_S + size * _VIDEO_S_A_BYTE
    return _OTHER_S


def _kept(row: WorklistRow) -> dict[str, object]:
    return {name: value for name, value in row.items() if name in _KEPT}


def columns_of(reply: SandboxReply) -> Examined:
    """A worker's reply as columns; an answer that is not one counts as a crash."""
    columns = _columns_of(reply)
    # What Arrow takes as columns of EXAMINED has their types.
    return cast("Examined", columns if _fits(columns) else _OUT_OF_BOUNDS)


def _batch_of(rows: list[dict[str, object]]) -> pa.RecordBatch:
    """Rows of EXAMINED; where a value fits no column, its content alone counts as a crash."""
    try:
        return EXAMINED.batch(rows)
    except _MISFITS:
        kept = [
            row if _fits(row) else {**{name: row[name] for name in _KEPT}, **_OUT_OF_BOUNDS} for row in rows
        ]
        return EXAMINED.batch(kept)


def _fits(columns: Mapping[str, object]) -> bool:
    try:
        EXAMINED.batch([{**{name: "" for name in _KEPT if name != "size_bytes"}, **columns}])
    except _MISFITS:
        return False
    return True


def _columns_of(reply: SandboxReply) -> dict[str, object]:
    """The reply's columns by name, hashes as bytes; whether their values fit is still to be seen."""
    if reply.outcome is not Outcome.OK:
        verdict = _VERDICTS[reply.outcome]
        code = f"SANDBOX-{reply.outcome.value.upper()}"
        return {"verdict": verdict.value, "error_code": code, "detail": reply.detail}
    try:
        columns = _with_bytes({name: value for name, value in reply.body.items() if name in _ANSWERED})
        ContentVerdict(str(columns["verdict"]))
        frames = columns.get("frames", [])
        if not isinstance(frames, list):
            return dict(_OUT_OF_BOUNDS)
        if frames:
            columns["frames"] = [_with_bytes(frame) for frame in frames]
    except (ValueError, KeyError, TypeError, AttributeError):
        return dict(_OUT_OF_BOUNDS)
    return columns


def _with_bytes(untrusted: Mapping[str, object]) -> dict[str, object]:
    """The same with hashes as bytes; ValueError, TypeError or AttributeError for what is none."""
    hashes = {name: value for name in _HASHES if (value := untrusted.get(name)) is not None}
    if not all(isinstance(value, str) for value in hashes.values()):
        raise TypeError("a hash that is no text")
    return {**untrusted, **{name: bytes.fromhex(str(value)) for name, value in hashes.items()}}


def _empty() -> Examined:
    return {
        "media_type": "inode/x-empty",
        "family": Family.OTHER.value,
        "extension_mismatch": False,
        "verdict": ContentVerdict.EMPTY.value,
    }


_POOLS: dict[tuple[MediaLimits, int, SandboxPolicy], SandboxPool] = {}


def shared_pool(limits: MediaLimits, workers: int, policy: SandboxPolicy = STRICT) -> SandboxPool:
    """This process's pool of decoders for these limits; ended when the process ends."""
    key = (limits, workers, policy)
    if key not in _POOLS:
        _POOLS[key] = pool = SandboxPool(
            handler="fairlead.media.decode:handle",
            workers=workers,
            limits=SandboxLimits(
                memory_bytes=limits.memory_bytes,
                deadline_s=limits.deadline_s,
                reply_bytes=_REPLY_BYTES,
                threads=True,
                recycle_after=_RECYCLE_AFTER,
            ),
            policy=policy,
        )
        atexit.register(pool.close)
    return _POOLS[key]


def examine_file(path: Path, limits: MediaLimits | None = None) -> Examined:
    """What the sandbox answers for one loose file: columns of the table examined without keys and digests.

    Raises ItemError when the file cannot be opened.
    """
    limits = limits or MediaLimits()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as problem:
        raise ItemError(
            f"the file cannot be opened ({problem.strerror})",
            "Check the path and the rights on it.",
            code="MEDIA-005",
        ) from problem
    try:
        if os.fstat(descriptor).st_size == 0:
            return _empty()
        pool = shared_pool(limits, 1)
        header: ExamineJob = {
            "extension": path.suffix.lower().removeprefix("."),
            "limits": limits.for_worker(),
        }
        return columns_of(pool.call(header, [descriptor]))
    finally:
        os.close(descriptor)
