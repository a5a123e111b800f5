"""Lets Pillow read and write JPEG XL (ISO/IEC 18181) through imagecodecs; the size is read before anything is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

_CODESTREAM = b"\xff\x0a"
_CONTAINER = b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a"
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
_HEAD_BYTES = 32
_DAMAGED = (imagecodecs.JpegxlError, ValueError, MemoryError)


class _Bits:
    """Bits of a codestream, the least significant of each byte first (ISO/IEC 18181-1)."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise SyntaxError("the header of the JPEG XL picture is cut")
        taken = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return taken


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height of a JPEG XL picture as it is shown; SyntaxError when its header cannot be read.

    ISO/IEC 18181-1, SizeHeader and the orientation in ImageMetadata: a picture that lies on its side is shown upright.
    """
    bits = _Bits(_head(data)[len(_CODESTREAM) :])
    small = bits.take(1)
    height = _side(bits, small)
    ratio = bits.take(3)
    width = height * _RATIOS[ratio][0] // _RATIOS[ratio][1] if ratio else _side(bits, small)
    turned = (
        not bits.take(1) and bits.take(1) and bits.take(3) >= 4
    )  # all_default, extra_fields, orientation - 1
    return (height, width) if turned else (width, height)


def _side(bits: _Bits, small: int) -> int:
    if small:
        return 8 * (bits.take(5) + 1)
    return 1 + bits.take((9, 13, 18, 30)[bits.take(2)])


def _head(data: bytes) -> bytes:
    """The first bytes of the codestream, wherever it lies in the file (ISO/IEC 18181-2)."""
    if data.startswith(_CODESTREAM):
        return data[:_HEAD_BYTES]
    for kind, start, end in _boxes(data):
        if kind == b"jxlc":
            head = data[start : min(end, start + _HEAD_BYTES)]
        elif kind == b"jxlp":  # the part's number comes first
            head = data[start + 4 : min(end, start + 4 + _HEAD_BYTES)]
        else:
            continue
        if head.startswith(_CODESTREAM):
            return head
    raise SyntaxError("the file holds no JPEG XL codestream")


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = 0
    while at + 8 <= len(data):
        size, kind, body = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        end = at + size if size else len(data)
        if end < body:
            return
        yield kind, body, end
        at = end


class JpegXlFile(ImageFile.ImageFile):
    """A JPEG XL picture: its first frame, 8 bits a channel, or 16 bits where it is grey."""

    format = "JXL"
    format_description = "JPEG XL"

    def _open(self) -> None:
        self._encoded: bytes | None = self.fp.read() if self.fp else b""
        self._size = picture_size(self._encoded)
        self._mode = "RGB"  # until it is decoded
        self.tile = []

    def load(self) -> Any:
        """Decode the picture; OSError when it is damaged."""
        if self._encoded is not None:
            try:
                pixels = imagecodecs.jpegxl_decode(self._encoded, index=0, numthreads=1)
                decoded = Image.fromarray(_eight_bits(pixels))
            except _DAMAGED as problem:
                raise OSError("the JPEG XL picture is damaged") from problem
            self.im, self._mode, self._size = decoded.im, decoded.mode, decoded.size
            self._encoded = None
        return super().load()


def _eight_bits(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Pixels in a form that Pillow has: floats and 16 bits of colour become 8 bits."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.dtype.kind == "f":
        grey: npt.NDArray[Any] = (np.nan_to_num(pixels).clip(0, 1) * 255).round().astype(np.uint8)
        return grey
    if pixels.dtype == np.uint16 and pixels.ndim == 3:
        return (pixels >> 8).astype(np.uint8)
    return pixels


def _save(image: Image.Image, file: IO[bytes], _name: str | bytes) -> None:
    pixels: Any = image
    given = {key: value for key, value in image.encoderinfo.items() if key in ("lossless", "effort")}
    file.write(imagecodecs.jpegxl_encode(np.asarray(pixels), numthreads=1, **given))


def register_jpegxl() -> None:
    """Make Pillow read and write JPEG XL; doing it again changes nothing."""
    Image.register_open("JXL", JpegXlFile, lambda head: head.startswith((_CODESTREAM, _CONTAINER)))
    Image.register_save("JXL", _save)
    Image.register_extension("JXL", ".jxl")
    Image.register_mime("JXL", "image/jxl")
