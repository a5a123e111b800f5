"""The sandbox handler for watermarks that crops and changes of size have moved: the second tier, on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairlead.provenance import trace_reading
from fairlead.provenance.pixels import watermark
from fairlead.provenance.wire import LockTold

# Sizes in which the programs that stamp these messages make pictures (width, height).
_CANONICAL = (
    (512, 512), (768, 768), (1024, 1024), (512, 768), (768, 512), (832, 1216), (1216, 832), (896, 1152), (1152, 896),
    (768, 1344), (1344, 768), (640, 1536), (1536, 640), (1360, 768), (768, 1360), (1024, 768), (768, 1024),
)  # fmt: skip
_SAME_SHAPE = 0.01
_MOST_SIDE = 1280


def warm() -> None:
    """Load the decoders and compile the loops, while files may be opened."""
    trace_reading.warm()


def handle(header: Mapping[str, object], descriptors: list[int]) -> LockTold:  # noqa: ARG001 - the shape of a handler
    """The best lock after searching: z, message, variant and how it was found; empty when the picture is too small."""
    data = trace_reading.read_whole(descriptors[0])
    picture, _ = trace_reading.decode(data)
    locks = list(search(trace_reading.without_smoothing(data, picture)))
    if not locks:
        return {}
    lock, way = max(locks, key=lambda found: (found[0].clear, found[0].z))
    return {"z": lock.z if lock.clear else 0.0, "message": lock.message, "variant": lock.variant, "way": way}


def search(picture: npt.NDArray[np.uint8]) -> Iterator[tuple[watermark.Lock, str]]:
    """Every lock of the second tier, and the way it was found."""
    height, width = picture.shape[:2]
    top, left = max(0, (height - _MOST_SIDE) // 2), max(0, (width - _MOST_SIDE) // 2)
    part = np.ascontiguousarray(picture[top : top + _MOST_SIDE, left : left + _MOST_SIDE])
    cropped = watermark.search_watermark(part)
    if cropped is not None:
        yield cropped, "all alignments of a crop"
    for wide, high in _CANONICAL:
        if (wide, high) != (width, height) and abs(wide / high / (width / height) - 1) <= _SAME_SHAPE:
            scaled = np.array(Image.fromarray(picture).resize((wide, high), Image.Resampling.LANCZOS))
            found = watermark.find_watermark(scaled)
            if found is not None:
                yield found, f"scaled to {wide} x {high}"
