"""Text that generators hide in the lowest bits of the pixels ("stealth pnginfo"), in its four variants.

The bits run down the columns, the leftmost first: one bit a pixel from alpha, or three from red, green and
blue. 15 ASCII bytes name the variant, 32 bits give the length of the text in bits, big-endian. Source: the
stealth-pnginfo extension of the Stable Diffusion web UI, and NovelAI's published reader.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairlead.media.metadata.item import MOST_INFLATED_BYTES, Item, gunzip, text

_ALPHA = {b"stealth_pnginfo": False, b"stealth_pngcomp": True}
_COLOUR = {b"stealth_rgbinfo": False, b"stealth_rgbcomp": True}
_MAGIC_BITS = 120
_LENGTH_BITS = 32
_MOST_PIXELS = 40_000_000
_MOST_KEYS = 40
_RGB, _RGBA = 2, 6
_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4
_FIRST_BYTE = ord("s")
_PIECE = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class PngPixels:
    """Where the pixels of a PNG lie: the header's fields and the spans of IDAT bodies."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool
    spans: Sequence[tuple[int, int]]


def read_stealth_png(data: bytes, pixels: PngPixels) -> Iterator[Item]:
    """Items of namespace ``stealth`` of a PNG of 8 bits and three or four channels.

    The first column alone is unpacked to look for the mark: whatever the filter of a row, the first pixel
    depends only on the first pixel of the row above.
    """
    if not pixels.spans or pixels.depth != 8 or pixels.colour not in {_RGB, _RGBA}:
        return
    if pixels.width * pixels.height > _MOST_PIXELS or not pixels.width or not pixels.height:
        return
    if pixels.interlaced or pixels.height < _MAGIC_BITS or _first_column_speaks(data, pixels):
        start, end = pixels.spans[0][0], pixels.spans[-1][1]
        yield from read_stealth_pixels(data, start, end - start)


def read_stealth_pixels(data: bytes, offset: int, length: int) -> Iterator[Item]:
    """Items of namespace ``stealth`` of a picture that is decoded whole."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > _MOST_PIXELS or picture.mode not in {"RGB", "RGBA"}:
                return
            decoded = np.asarray(picture)
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, RuntimeError, TypeError):
        return
    for kinds, bits in _layers(decoded):
        head = np.packbits(bits[:_MAGIC_BITS]).tobytes()
        if head in kinds:
            payload = _payload(bits)
            mode = head.decode()
            yield Item(namespace="stealth", key="mode", value=mode, offset=offset, length=length)
            yield from _items(gunzip(payload) if kinds[head] else payload, offset, length)
            return


def _layers(decoded: npt.NDArray[np.uint8]) -> Iterator[tuple[dict[bytes, bool], npt.NDArray[np.uint8]]]:
    if decoded.shape[2] == 4:
        yield _ALPHA, decoded[:, :, 3].T.reshape(-1) & np.uint8(1)
    yield _COLOUR, decoded[:, :, :3].transpose(1, 0, 2).reshape(-1) & np.uint8(1)


def _payload(bits: npt.NDArray[np.uint8]) -> bytes:
    start = _MAGIC_BITS + _LENGTH_BITS
    length = int.from_bytes(np.packbits(bits[_MAGIC_BITS:start]).tobytes(), "big")
    return np.packbits(bits[start : start + min(length, 8 * MOST_INFLATED_BYTES)]).tobytes()


def _items(payload: bytes, offset: int, length: int) -> Iterator[Item]:
    """NovelAI hides an object of text keys; the web UI hides its one text."""
    said = payload.decode("utf-8", "replace")
    try:
        keys = json.loads(said)
    except (ValueError, RecursionError):
        keys = None
    if not isinstance(keys, dict) or not all(isinstance(value, str) for value in keys.values()):
        keys = {"parameters": said}
    for key, value in list(keys.items())[:_MOST_KEYS]:
        yield Item(namespace="stealth", key=text(key)[:79], value=text(value), offset=offset, length=length)


def _first_column_speaks(data: bytes, pixels: PngPixels) -> bool:
    channels = 4 if pixels.colour == _RGBA else 3
    stride = 1 + pixels.width * channels
    source = _Rows(data, pixels.spans, stride)
    above = [0] * channels
    alpha: list[int] = []
    colour: list[int] = []
    for row in range(min(pixels.height, _MAGIC_BITS)):
        line = source.next()
        if line is None:
            return False
        above = _first_pixel(line, above)
        if channels == 4:
            alpha.append(above[3] & 1)
        if len(colour) < _MAGIC_BITS:
            colour += [value & 1 for value in above[:3]]
        if row == 7 and not (_starts(alpha) or _starts(colour)):
            return False
    heads = {np.packbits(np.array(bits[:_MAGIC_BITS], np.uint8)).tobytes() for bits in (alpha, colour)}
    return bool(heads & {*_ALPHA, *_COLOUR})


def _starts(bits: list[int]) -> bool:
    return len(bits) >= 8 and int("".join(map(str, bits[:8])), 2) == _FIRST_BYTE


def _first_pixel(line: bytes, above: list[int]) -> list[int]:
    """Undo a row's filter for its first pixel, whose left and upper left neighbours are zero (PNG, section 9)."""
    kind = line[0]
    values = line[1 : 1 + len(above)]
    if kind in {_UP, _PAETH}:
        return [(value + up) & 255 for value, up in zip(values, above, strict=True)]
    if kind == _AVERAGE:
        return [(value + up // 2) & 255 for value, up in zip(values, above, strict=True)]
    return list(values)


class _Rows:
    """Unpacks rows one by one from the spans that hold them."""

    def __init__(self, data: bytes, spans: Sequence[tuple[int, int]], stride: int) -> None:
        pieces = ((at, min(at + _PIECE, end)) for start, end in spans for at in range(start, end, _PIECE))
        self._data, self._pieces, self._stride = data, pieces, stride
        self._unpacker = zlib.decompressobj()
        self._packed = b""

    def next(self) -> bytes | None:
        row = b""
        while len(row) < self._stride:
            if not self._packed:
                piece = next(self._pieces, None)
                if piece is None:
                    return None
                self._packed = self._data[piece[0] : piece[1]]
                continue
            try:
                row += self._unpacker.decompress(self._packed, self._stride - len(row))
            except zlib.error:
                return None
            self._packed = self._unpacker.unconsumed_tail
            if self._unpacker.eof and len(row) < self._stride:
                return None
        return row
