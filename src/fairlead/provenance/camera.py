"""What a file carries of a camera: EXIF of maker, model and exposure that fit together."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.provenance.declared import generator_rules
from fairlead.provenance.signal import Item, Signal
from fairlead.terms.provenance import Finding, SignalKind, Strength

_EXPOSURE = {"ExposureTime", "FNumber", "ISO", "FocalLength", "LensModel", "MakerNote", "DateTimeOriginal"}
_ENOUGH = 3
_MOST_NAME = 60


def find_camera_signals(items: list[Item]) -> Iterator[Signal]:
    """One weak signal when maker, model and at least three facts of an exposure are there."""
    exif: dict[str, Item] = {}
    for item in items:
        if item.namespace == "exif":
            exif.setdefault(item.key, item)
    make, model = exif.get("Make"), exif.get("Model")
    if make is None or model is None or not make.value.strip():
        return
    if any(rule.matches(item) for rule in generator_rules() for item in (make, model)):
        return
    found = sorted(_EXPOSURE & exif.keys())
    if len(found) < _ENOUGH:
        return
    name = f"{make.value.strip()} {model.value.strip()}"
    yield Signal(
        kind=SignalKind.CAMERA_METADATA,
        finding=Finding.CAMERA_MADE,
        strength=Strength.WEAK,
        tool="".join(character for character in name if character.isprintable())[:_MOST_NAME],
        detail=f"EXIF names a camera and {', '.join(found)}",
        caveat="Unsigned: EXIF of a real photograph can be copied onto any picture.",
        offset=make.offset,
        length=make.length,
    )
