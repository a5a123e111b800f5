"""What a file carries of a camera: EXIF of maker, model and exposure, and whether the container fits it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.provenance.generators import generator_rules
from fairlead.provenance.signal import Item, Observation, printable
from fairlead.terms.provenance import SignalKind

_EXPOSURE = {"ExposureTime", "FNumber", "ISO", "FocalLength", "LensModel", "MakerNote", "DateTimeOriginal"}
_ENOUGH = 3
_MOST_NAME = 60
_SAME_SHAPE = 0.02


def find_camera_signals(items: Sequence[Item]) -> Iterator[Observation]:
    """One when maker, model and at least three facts of an exposure are there; more where the container differs."""
    exif: dict[str, Item] = {}
    for item in items:
        if item.namespace == "exif":
            exif.setdefault(item.key, item)
    make, model = exif.get("Make"), exif.get("Model")
    if make is None or model is None or not make.value.strip():
        return
    if any(rule.matches(item, items) for rule in generator_rules() for item in (make, model)):
        return
    found = sorted(_EXPOSURE & exif.keys())
    if len(found) < _ENOUGH:
        return
    yield Observation(
        kind=SignalKind.CAMERA_METADATA,
        state="consistent",
        tool=printable(f"{make.value.strip()} {model.value.strip()}", _MOST_NAME),
        detail=f"EXIF names a camera and {', '.join(found)}",
        offset=make.offset,
        length=make.length,
    )
    container = {item.key: item.value for item in items if item.namespace == "container"}
    yield from _compare(exif, container)


def _compare(exif: Mapping[str, Item], container: Mapping[str, str]) -> Iterator[Observation]:
    """Whether size, shape and writer of the file are those of the camera that EXIF names."""
    writer = _writer(container)
    stated = _stated_size(exif)
    actual = _numbers(container.get("jpeg-size", ""))
    place = exif.get("PixelXDimension")
    if writer:
        yield Observation(
            kind=SignalKind.STRUCTURE,
            state="resaved",
            detail=f"written by a program, not by the camera: {writer}",
        )
    if not stated or not actual or sorted(stated) == sorted(actual):
        return
    sizes = f"EXIF states {stated[0]} x {stated[1]} pixels, the file has {actual[0]} x {actual[1]}"
    yield Observation(
        kind=SignalKind.STRUCTURE,
        state="size_differs",
        detail=sizes,
        offset=place.offset if place else None,
        length=place.length if place else None,
    )
    if writer and not _same_shape(stated, actual):
        yield Observation(
            kind=SignalKind.STRUCTURE,
            state="exif_foreign",
            detail=f"size, shape and writer do not fit the camera that EXIF names: {sizes}",
            offset=place.offset if place else None,
            length=place.length if place else None,
        )


def _writer(container: Mapping[str, str]) -> str:
    """What tells a software library: JFIF before EXIF, and tables scaled from the standard's example."""
    first = container.get("jpeg-markers", "").partition(" ")[0]
    quality = container.get("jpeg-ijg-quality", "")
    return (
        f"JFIF comes first, quantisation of the free library at {quality}"
        if first == "APP0" and quality
        else ""
    )


def _stated_size(exif: Mapping[str, Item]) -> tuple[int, int] | None:
    width, height = exif.get("PixelXDimension"), exif.get("PixelYDimension")
    if width is None or height is None or not width.value.isdigit() or not height.value.isdigit():
        return None
    return (int(width.value), int(height.value)) if int(width.value) and int(height.value) else None


def _numbers(size: str) -> tuple[int, int] | None:
    width, _, height = size.partition("x")
    return (int(width), int(height)) if width.isdigit() and height.isdigit() and int(height) else None


def _same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether long side to short side is the same, within two parts of a hundred."""
    first, second = max(one) / min(one), max(other) / max(1, min(other))
    return abs(first - second) <= _SAME_SHAPE * first
