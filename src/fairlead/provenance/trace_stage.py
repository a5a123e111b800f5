"""The stage that measures pixels: every picture once, in the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TypedDict

import pyarrow as pa

from fairlead.engine.sandbox import STRICT, Outcome, SandboxPolicy, SandboxReply
from fairlead.engine.stage import Cut, Opener, cut_by_cost
from fairlead.provenance.sandboxed import TRACES, shared_pool
from fairlead.provenance.wire import TraceJob
from fairlead.tables import Table
from fairlead.tables.media import EXAMINED
from fairlead.tables.provenance import TRACED
from fairlead.tables.rows import ExaminedMetadata, ExaminedRow, TracedRow, TracedTrace
from fairlead.terms.errors import ItemError

_CODE_VERSION = "2"
_KEPT = ("sha256", "exhibit", "locator", "media_type", "width", "height", "metadata")
_LEAST_SIDE, _MOST_PIXELS = 64, 80_000_000
_MOST_COMMENT = 200_000
_NOTING_S, _PIXEL_S = 1e-4, 3e-8  # estimates, to share work out by


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceStage:
    """EXAMINED to TRACED: pictures and videos with their metadata, and what their pixels carry."""

    opener: Opener
    sandbox: SandboxPolicy = STRICT
    name: str = "traces"
    reads: Table = EXAMINED
    writes: Table = TRACED
    rows_per_task: int = 5000
    cut_by: tuple[str, ...] = ("exhibit", "locator", "family", "verdict", "width", "height")

    @property
    def version(self) -> str:
        """Code, and the messages of watermarks."""
        messages = (resources.files("fairlead.provenance") / "data" / "watermarks.toml").read_bytes()
        return f"{_CODE_VERSION}-{hashlib.sha256(messages).hexdigest()[:12]}"

    def cut(self, rows: pa.Table) -> Iterator[Cut]:
        """Contents that cost about the same, by their pixels."""
        listed = rows.to_pylist()
        return cut_by_cost(
            [
                _NOTING_S + _PIXEL_S * (row["width"] or 0) * (row["height"] or 0)
                if _measurable(row)
                else _NOTING_S
                for row in listed
            ],
            [self.opener.stream_of(row["exhibit"], row["locator"]) for row in listed],
            most_rows=self.rows_per_task,
        )

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """A row of TRACED for each picture and video."""
        for batch in batches:
            rows = batch.select([*_KEPT, "family", "verdict"]).to_pylist()
            seen = [row for row in rows if row["family"] in {"picture", "video"}]
            yield TRACED.batch(self._measure(seen))

    def _measure(self, rows: list[ExaminedRow]) -> list[TracedRow]:
        answers: dict[str, Traces] = {}
        asked: list[str] = []

        def jobs() -> Iterator[tuple[TraceJob, list[int]]]:
            for row in filter(_measurable, rows):
                try:
                    with self.opener(row["exhibit"], row["locator"]) as descriptor:
                        asked.append(row["sha256"])
                        yield job_of(row["metadata"] or ()), [descriptor]
                except ItemError as problem:
                    answers[row["sha256"]] = {"traces": [], "verdict": problem.code}

        if any(map(_measurable, rows)):
            pool = shared_pool(TRACES, self.sandbox)
            for done, reply in enumerate(pool.map(jobs())):
                answers[asked[done]] = columns_of(reply)
        nothing: Traces = {"traces": [], "verdict": "not measured"}
        return [_traced(row, answers.get(row["sha256"], nothing)) for row in rows]


class Traces(TypedDict):
    """What was measured, and why nothing was, if so: columns of the table traced."""

    traces: list[TracedTrace]
    verdict: str


def _traced(row: ExaminedRow, measured: Traces) -> TracedRow:
    return {
        "sha256": row["sha256"],
        "exhibit": row["exhibit"],
        "locator": row["locator"],
        "media_type": row["media_type"],
        "width": row["width"],
        "height": row["height"],
        "metadata": row["metadata"],  # the same structs in both tables
        **measured,
    }


def job_of(items: Sequence[ExaminedMetadata]) -> TraceJob:
    """What the worker needs to know of a picture: the text that may hold a signature, the thumbnail's place."""
    comment = next((i["value"] for i in items if '"signed_hash"' in (i["value"] or "")), "")
    small = next((i for i in items if i["namespace"] == "exif" and i["key"] == "Thumbnail"), None)
    return {
        "comment": comment[:_MOST_COMMENT],
        "thumbnail": (small["offset"], small["length"]) if small else None,
    }


def columns_of(reply: SandboxReply) -> Traces:
    """A worker's reply as columns; an answer that is not one counts as a crash."""
    if reply.outcome is not Outcome.OK:
        return {"traces": [], "verdict": reply.outcome.value}
    try:
        untrusted = reply.body["traces"]
        if not isinstance(untrusted, list):
            raise TypeError("traces are no list")
        traces: list[TracedTrace] = [
            {"name": str(t["name"])[:40], "value": float(t["value"]), "detail": str(t["detail"])[:200]}
            for t in untrusted[:50]
        ]
    except (KeyError, TypeError, ValueError):
        return {"traces": [], "verdict": Outcome.CRASHED.value}
    return {"traces": traces, "verdict": "measured"}


def _measurable(row: ExaminedRow) -> bool:
    width, height = row["width"] or 0, row["height"] or 0
    return (
        row["family"] == "picture"
        and row["verdict"] == "decoded"
        and min(width, height) >= _LEAST_SIDE
        and width * height <= _MOST_PIXELS
    )
