"""Decodes pictures to luminance, as PDQ wants it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
import simplejpeg
from PIL import Image, ImageFile, UnidentifiedImageError

from fairlead.media.jpegxl import register_jpegxl
from fairlead.terms.errors import ItemError

MOST_PIXELS = 80_000_000
_SCALED_SIDE = 256
_JPEG = b"\xff\xd8\xff"
_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as the PDQ reference
_WIDE_GREY = {"I", "I;16", "I;16L", "I;16B", "I;16N"}

Image.MAX_IMAGE_PIXELS = None  # the declared size is compared with the limit before anything is decoded
pillow_heif.register_heif_opener()
register_jpegxl()


class PictureTooLargeError(ItemError):
    """The picture declares more pixels than a decoder may take on."""

    code = "MEDIA-002"


class PictureRefusedError(ItemError):
    """The decoder refuses the picture."""

    code = "MEDIA-001"


class PictureUnsupportedError(ItemError):
    """No decoder knows the format."""

    code = "MEDIA-003"


@dataclass(frozen=True, slots=True, kw_only=True)
class Luma:
    """A decoded picture. ``pixels`` is height by width (luminance) or height by width by 3 (RGB), 8 bits.

    ``height`` and ``width`` are the picture's own; a JPEG decoder may have scaled ``pixels`` down by n/8.
    ``pipeline`` names decoder and scaling. ``partial``: the file is cut or damaged, and what is missing is even grey
    or black.
    """

    pixels: npt.NDArray[np.uint8]
    height: int
    width: int
    pipeline: str
    partial: bool = False

    def strip(self, start: int, end: int) -> npt.NDArray[np.uint8 | np.float32]:
        """Luminance of some rows, 0 to 255: as decoded, or computed from RGB in single precision."""
        rows = self.pixels[start:end]
        return rows if rows.ndim == 2 else rows @ _WEIGHTS


def read_luma(data: bytes, most_pixels: int = MOST_PIXELS) -> Luma:
    """Decode a picture; a JPEG is decoded to its Y plane, scaled down to no less than 256 pixels a side.

    Of a file that is cut or damaged, what can be decoded is, and it says so. Raises PictureTooLargeError before
    decoding, PictureUnsupportedError, PictureRefusedError.
    """
    jpeg = data.startswith(_JPEG)
    whole = _read_jpeg(data, most_pixels) if jpeg else None
    if whole is not None:
        return whole
    try:
        return _read_other(data, most_pixels)
    except PictureRefusedError:
        part = _read_jpeg(data, most_pixels, partial=True) if jpeg else None
        part = part if part is not None else _read_other(data, most_pixels, partial=True)
        if part.pixels.min() == part.pixels.max():
            raise  # nothing but the even ground that stands for what is missing
        return part


def _read_jpeg(data: bytes, most_pixels: int, *, partial: bool = False) -> Luma | None:
    """The fast path; None for the kinds of JPEG it does not take."""
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
        check_size(width, height, most_pixels)
        pixels = simplejpeg.decode_jpeg(
            data,
            "GRAY",
            min_height=min(height, _SCALED_SIDE),
            min_width=min(width, _SCALED_SIDE),
            strict=not partial,
        )
    except ValueError:
        return None
    return Luma(
        pixels=pixels[:, :, 0],
        height=height,
        width=width,
        pipeline=f"simplejpeg-{_SCALED_SIDE}",
        partial=partial,
    )


def _read_other(data: bytes, most_pixels: int, *, partial: bool = False) -> Luma:
    ImageFile.LOAD_TRUNCATED_IMAGES = partial
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
            check_size(width, height, most_pixels)
            pixels = _pixels(picture)
            kind = (picture.format or "").lower()
    except Image.DecompressionBombError as problem:  # where another room set Pillow's own limit
        raise PictureTooLargeError(
            f"the picture declares more than {most_pixels} pixels",
            "Open it with a viewer made for such pictures, on an isolated computer.",
        ) from problem
    except UnidentifiedImageError as problem:
        raise PictureUnsupportedError(
            "no decoder knows this picture", "Look at the file type; another tool may open it."
        ) from problem
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        KeyError,
        IndexError,
        RuntimeError,
        TypeError,
    ) as problem:
        raise PictureRefusedError(
            f"the decoder refuses the picture ({type(problem).__name__})", "Treat the file as damaged."
        ) from problem
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    return Luma(pixels=pixels, height=height, width=width, pipeline=f"pillow-{kind}", partial=partial)


def check_size(width: int, height: int, most_pixels: int) -> None:
    """Refuse a picture by its declared size. Raises PictureTooLargeError."""
    if width * height > most_pixels:
        raise PictureTooLargeError(
            f"the picture declares {width} x {height} pixels, more than {most_pixels}",
            "Open it with a viewer made for such pictures, on an isolated computer.",
        )


def _pixels(picture: Image.Image) -> npt.NDArray[np.uint8]:
    image: Any = picture
    if picture.mode in _WIDE_GREY:
        wide = np.asarray(image)
        shift = 8 if wide.max(initial=0) > 255 else 0
        return (wide.astype(np.int64) >> shift).clip(0, 255).astype(np.uint8)
    if picture.mode != "L":
        image = picture.convert("RGB")
    return np.asarray(image)
