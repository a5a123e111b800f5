"""The sandbox handler for sensor noise: a picture in, its noise out, or its agreement with a fingerprint."""

from __future__ import annotations

import io
import os

import numpy as np
import numpy.typing as npt
import pillow_heif
import simplejpeg
from PIL import Image

from fairlead.provenance.pixels import noise
from fairlead.provenance.trace_reading import read_whole
from fairlead.provenance.wire import NoiseJob, NoiseTold

Image.MAX_IMAGE_PIXELS = None  # only pictures whose size media has bounded are asked for


def warm() -> None:
    """Load the decoders and compile the loops, while files may be opened."""
    pillow_heif.register_heif_opener()
    Image.preinit()
    Image.init()
    simplejpeg.decode_jpeg(simplejpeg.encode_jpeg(np.zeros((64, 64, 3), np.uint8)), "GRAY")
    noise.warm()


def handle(header: NoiseJob, descriptors: list[int]) -> NoiseTold:
    """``do`` is extract or compare.

    *extract*: writes the noise (float16) and after it the plane (8 bits) into the second descriptor, row by row,
    cut to ``crop`` x ``crop`` around the middle when that is given; answers their size. *compare*: reads a
    fingerprint (float32, ``height`` x ``width``) from the second descriptor; answers the agreement.
    """
    plane = noise.usable(_plane(read_whole(descriptors[0])))
    if header["do"] == "extract":
        extracted, shown = _cut(noise.extract_noise(plane), plane, int(header.get("crop") or 0))
        _write(descriptors[1], extracted.astype(np.float16).tobytes() + shown.tobytes())
        return {"height": shown.shape[0], "width": shown.shape[1]}
    fingerprint = np.frombuffer(_read(descriptors[1]), np.float32).reshape(header["height"], header["width"])
    if plane.shape != fingerprint.shape:
        raise ValueError("the picture has not the size of the fingerprint")
    agreement = noise.compare_noise(noise.extract_noise(plane), plane, fingerprint)
    return {"pce": agreement.pce, "rows": agreement.rows, "columns": agreement.columns}


def _cut(
    extracted: npt.NDArray[np.float32], plane: npt.NDArray[np.uint8], crop: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    height, width = plane.shape
    if not crop:
        return extracted, plane
    top, left = max(0, (height - crop) // 2), max(0, (width - crop) // 2)
    return extracted[top : top + crop, left : left + crop], plane[top : top + crop, left : left + crop]


def _plane(data: bytes) -> npt.NDArray[np.uint8]:
    """Luminance as it is stored: turning by EXIF is left alone, because the sensor is not turned."""
    if data.startswith(b"\xff\xd8\xff"):
        try:
            return np.ascontiguousarray(simplejpeg.decode_jpeg(data, "GRAY")[:, :, 0])
        except ValueError:
            pass
    with Image.open(io.BytesIO(data)) as opened:
        return np.array(opened.convert("L"))


def _read(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    parts: list[bytes] = []
    at = 0
    while at < size and (part := os.pread(descriptor, size - at, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    at = 0
    while at < len(view):
        at += os.pwrite(descriptor, view[at:], at)
