"""The sandbox handler of this room for pixels: decodes one picture and measures what it carries."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pillow_heif
import simplejpeg
from PIL import Image

from fairlead.provenance.pixels import lattice, watermark
from fairlead.provenance.pixels.generator_signature import check_signature, settings_of
from fairlead.provenance.pixels.jpeg_history import quantisation_of, score_double_jpeg
from fairlead.provenance.pixels.thumbnail import compare_thumbnail
from fairlead.provenance.wire import TraceJob, TracesTold, TraceTold

_MOST_BYTES = 256 << 20
_JPEG = b"\xff\xd8\xff"
_KEPT_WHOLE = {"RGB", "RGBA"}
_MOST_THUMBNAIL = 4_000_000

Image.MAX_IMAGE_PIXELS = None  # the stage asks only for pictures whose size media has bounded


def warm() -> None:
    """Load the decoders and compile the loops, while files may be opened."""
    pillow_heif.register_heif_opener()
    Image.preinit()
    Image.init()
    square = np.zeros((160, 160, 3), np.uint8)
    square[::2] = 200
    for kind in ("PNG", "WEBP", "TIFF", "AVIF", "HEIF", "GIF", "BMP"):
        encoded = io.BytesIO()
        Image.fromarray(square).save(encoded, kind)
        Image.open(io.BytesIO(encoded.getvalue())).convert("RGB").load()
    encoded_jpeg = simplejpeg.encode_jpeg(square)
    simplejpeg.decode_jpeg(encoded_jpeg, "GRAY")
    watermark.warm()
    lattice.warm()
    measure(encoded_jpeg, "", (0, 0))


def handle(header: TraceJob, descriptors: list[int]) -> TracesTold:
    """Traces of one picture. ``header``: comment (a text that may hold a signature), thumbnail (offset, length)."""
    data = read_whole(descriptors[0])
    offset, length = header.get("thumbnail") or (0, 0)
    return {"traces": list(measure(data, str(header.get("comment") or ""), (int(offset), int(length))))}


def read_whole(descriptor: int) -> bytes:
    """A content's bytes, at most 256 MiB."""
    parts: list[bytes] = []
    at = 0
    while at < _MOST_BYTES and (part := os.pread(descriptor, 1 << 22, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def measure(data: bytes, comment: str, thumbnail: tuple[int, int]) -> Iterator[TraceTold]:
    """Everything measured on one picture, as name, value and detail.

    Of a JPEG, the picture as it is shown is decoded only for what needs it: a thumbnail to compare, a signature.
    """
    picture = _Shown(data)
    jpeg = data.startswith(_JPEG)
    flat = _without_smoothing(data) if jpeg else None
    lock = watermark.find_watermark(flat if flat is not None else picture.pixels)
    if lock is not None:
        yield _trace("watermark", lock.z if lock.clear else 0.0, f"{lock.message}; {lock.variant}")
    luminance = _luminance(data) if jpeg else None
    if picture.exact:
        plane = np.ascontiguousarray(picture.pixels[:, :, 1]) if luminance is None else luminance
        found = lattice.measure_lattice(plane)
        if found is not None:
            on = "luminance" if luminance is not None else "green"
            yield _trace(
                "quincunx", found.quincunx if found.has_quincunx else 0.0, f"{on}; t {found.quincunx_t:.1f}"
            )
            along = min(abs(found.rows), abs(found.columns))
            yield _trace(
                "upsampling",
                along if found.has_axis_period else 0.0,
                f"{on}; t {found.rows_t:.1f} and {found.columns_t:.1f}",
            )
    if luminance is not None:
        yield from _history(data, luminance)
        yield from _thumbnail(data, picture, thumbnail)
    settings = settings_of(comment) if comment else None
    if settings is not None:
        yield _trace("signature", float(check_signature(picture.pixels, settings)), "NovelAI")


class _Shown:
    """A picture as it is shown, decoded when it is first asked for; whether it has tones of its own, from its header."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        with Image.open(io.BytesIO(data)) as opened:
            self.exact = opened.mode in _KEPT_WHOLE

    @cached_property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """Height x width x 3 (RGB, writable)."""
        return decode(self._data)[0]


def decode(data: bytes) -> tuple[npt.NDArray[np.uint8], bool]:
    """The picture as height x width x 3 (RGB, writable), and whether it has continuous tones of its own."""
    with Image.open(io.BytesIO(data)) as opened:
        exact = opened.mode in _KEPT_WHOLE
        return np.array(opened.convert("RGB")), exact


def without_smoothing(data: bytes, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A JPEG decoded with each colour sample spread over its own square: smoothing would blur the watermark."""
    flat = _without_smoothing(data) if data.startswith(_JPEG) else None
    return flat if flat is not None else picture


def _without_smoothing(data: bytes) -> npt.NDArray[np.uint8] | None:
    try:
        pixels: npt.NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "RGB", fastupsample=True)
    except ValueError:
        return None
    return pixels


def _luminance(data: bytes) -> npt.NDArray[np.uint8] | None:
    try:
        return np.ascontiguousarray(simplejpeg.decode_jpeg(data, "GRAY")[:, :, 0])
    except ValueError:
        return None


def _history(data: bytes, luminance: npt.NDArray[np.uint8]) -> Iterator[TraceTold]:
    table = quantisation_of(data)
    score = score_double_jpeg(luminance, table) if table is not None else None
    if score is not None:
        yield _trace("double_jpeg", score, "")


def _thumbnail(data: bytes, picture: _Shown, place: tuple[int, int]) -> Iterator[TraceTold]:
    offset, length = place
    if not 0 < length <= _MOST_THUMBNAIL:
        return
    try:
        with Image.open(io.BytesIO(data[offset : offset + length])) as small:
            if small.width * small.height > _MOST_THUMBNAIL:
                return
            agreement = compare_thumbnail(Image.fromarray(picture.pixels), small)
    except (OSError, ValueError, SyntaxError):
        return
    if agreement is not None:
        yield _trace("thumbnail", agreement, "")


def _trace(name: str, value: float, detail: str) -> TraceTold:
    return {"name": name, "value": round(value, 4), "detail": detail}
