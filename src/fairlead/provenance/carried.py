"""What measurements on pixels amount to: thresholds, each with the null distribution it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fairlead.provenance.pixels import thresholds
from fairlead.provenance.signal import Item, Observation
from fairlead.tables.rows import TracedTrace
from fairlead.terms.provenance import SignalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One measurement on a picture; see the table traced."""

    name: str
    value: float
    detail: str


def trace_of(columns: TracedTrace) -> Trace:
    """A measurement from its columns."""
    return Trace(name=columns["name"], value=float(columns["value"]), detail=columns["detail"] or "")


def find_carried_signals(traces: Sequence[Trace], items: Sequence[Item]) -> Iterator[Observation]:
    """One for each measurement beyond its threshold; ``items`` say where a thumbnail or a signature lies."""
    for trace in traces:
        match trace.name:
            case "watermark" if trace.value >= thresholds.WATERMARK:
                message, _, variant = trace.detail.partition("; ")
                yield Observation(
                    kind=SignalKind.WATERMARK,
                    state="found",
                    tool=message,
                    detail=f"watermark of {message}, z = {trace.value:.1f} (limit {thresholds.WATERMARK:g}), {variant}",
                )
            case "upsampling" if trace.value > 0:
                yield Observation(
                    kind=SignalKind.UPSAMPLING,
                    state="found",
                    detail=f"period of two pixels along both axes ({trace.detail})",
                )
            case "quincunx" if trace.value:
                yield Observation(
                    kind=SignalKind.CFA,
                    state="quincunx",
                    detail=f"chessboard of a colour filter array ({trace.detail})",
                )
            case "double_jpeg" if trace.value >= thresholds.DOUBLE_JPEG:
                yield Observation(
                    kind=SignalKind.DOUBLE_JPEG,
                    state="found",
                    detail=f"quantised twice, score {trace.value:.1f} (limit {thresholds.DOUBLE_JPEG:g})",
                )
            case "thumbnail":
                yield from _thumbnail(trace, items)
            case "signature":
                yield _signature(trace, items)
            case _:
                pass


def _thumbnail(trace: Trace, items: Sequence[Item]) -> Iterator[Observation]:
    place = next((item for item in items if item.namespace == "exif" and item.key == "Thumbnail"), None)
    if trace.value > thresholds.THUMBNAIL_AGREES:
        state, words = "agrees", "shows the same picture"
    elif trace.value < thresholds.THUMBNAIL_CONTRADICTS:
        state, words = "contradicts", "shows another picture"
    else:
        return
    yield Observation(
        kind=SignalKind.THUMBNAIL,
        state=state,
        detail=f"the EXIF thumbnail {words}, correlation {trace.value:.2f}",
        offset=place.offset if place else None,
        length=place.length if place else None,
    )


def _signature(trace: Trace, items: Sequence[Item]) -> Observation:
    place = next((item for item in items if "signed_hash" in item.value), None)
    verified = trace.value == 1.0
    words = (
        "holds over every pixel and setting" if verified else "does not hold over these pixels and settings"
    )
    return Observation(
        kind=SignalKind.GENERATOR_SIGNATURE,
        state="verified" if verified else "broken",
        signed=verified,
        tool=trace.detail,
        detail=f"the signature of {trace.detail} {words}",
        offset=place.offset if place else None,
        length=place.length if place else None,
    )
