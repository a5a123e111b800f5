"""The sandbox handler of the reveal ladder: a content's bytes in, one small PNG of the asked level out."""

from __future__ import annotations

import io
import os
from typing import TypedDict

import av
from PIL import Image, ImageDraw, ImageFile, ImageFilter, ImageFont, ImageOps

from fairlead.media.identify import IDENTIFY_BYTES
from fairlead.media.raw import read_raw
from fairlead.media.raw_types import raw_type
from fairlead.terms.review import RevealLevel

_PICTURE_BYTES = 256 << 20
_PIXELS = 120_000_000
_SIZE = {
    RevealLevel.LINES: 160,
    RevealLevel.SOFT: 320,
    RevealLevel.GREY: 900,
    RevealLevel.COLOUR: 1400,
}
_SHEET = 3
_FRAMES_READ = 20_000


class DeriveJob(TypedDict):
    """What is to be made of a content: at which level, of which family, with which text across."""

    level: int
    family: str | None
    mark: str


class Derived(TypedDict):
    """A derivative as PNG in hex, and its size in pixels."""

    png: str
    width: int
    height: int


def warm() -> None:
    """Load every decoder and the font, while files can still be opened."""
    Image.preinit()
    Image.init()
    Image.MAX_IMAGE_PIXELS = _PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # a cut picture is shown as far as it goes
    square = Image.new("RGB", (64, 64), "white")
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "HEIF", "JXL"):
        held = io.BytesIO()
        square.save(held, kind)
        Image.open(io.BytesIO(held.getvalue())).load()
    for level in RevealLevel:
        if level:
            _derive(square, level, "warm")


def handle(header: DeriveJob, descriptors: list[int]) -> Derived:
    """One derivative as PNG in hex. ``header``: level, family, mark (text drawn across from level 3 on)."""
    level = RevealLevel(header["level"])
    size = os.fstat(descriptors[0]).st_size
    if size > _PICTURE_BYTES:
        raise ValueError("too large")
    data = _read(descriptors[0], size)
    picture = _storyboard(data) if header["family"] == "video" else _open(data)
    shown = _derive(picture, level, str(header["mark"]))
    held = io.BytesIO()
    shown.save(held, "PNG")
    return {"png": held.getvalue().hex(), "width": shown.width, "height": shown.height}


def _read(descriptor: int, size: int) -> bytes:
    data = b""
    while len(data) < size and (chunk := os.pread(descriptor, size - len(data), len(data))):
        data += chunk
    return data


def _open(data: bytes) -> Image.Image:
    if raw_type(data[:IDENTIFY_BYTES]) is not None:
        return Image.fromarray(read_raw(data, _PIXELS).pixels)
    picture = Image.open(io.BytesIO(data))
    picture.draft("RGB", (2800, 2800))
    turned: Image.Image = ImageOps.exif_transpose(picture) or picture
    flat = Image.new("RGB", turned.size, "#808080")
    rgba = turned.convert("RGBA")
    flat.paste(rgba, mask=rgba.getchannel("A"))
    return flat


def _storyboard(data: bytes) -> Image.Image:
    """Nine frames of a video in one picture, without sound."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        frames = []
        step = max(1, (stream.frames or 90) // (_SHEET * _SHEET))
        for number, frame in enumerate(container.decode(stream)):
            if number % step == 0:
                frames.append(Image.fromarray(frame.to_ndarray(format="rgb24")))
            if len(frames) == _SHEET * _SHEET or number > _FRAMES_READ:
                break
    side = 360
    sheet = Image.new("RGB", (side * _SHEET, side * _SHEET), "#202020")
    for number, still in enumerate(frames):
        still.thumbnail((side - 8, side - 8))
        sheet.paste(still, (side * (number % _SHEET) + 4, side * (number // _SHEET) + 4))
    return sheet


def _derive(picture: Image.Image, level: RevealLevel, mark: str) -> Image.Image:
    shown = picture.copy()
    shown.thumbnail((_SIZE[level], _SIZE[level]))
    match level:
        case RevealLevel.LINES:
            # Drawn at three times the size and then made small, so that thin outlines survive.
            large = picture.convert("L")
            large.thumbnail((3 * _SIZE[level], 3 * _SIZE[level]))
            edges = large.filter(ImageFilter.GaussianBlur(1.6)).filter(ImageFilter.FIND_EDGES)
            inner = ImageOps.autocontrast(ImageOps.expand(ImageOps.crop(edges, 3), 3), cutoff=(0, 3))
            lines = ImageOps.invert(inner).point(lambda v: max(30, min(255, int(1.6 * v - 120))))
            lines.thumbnail((_SIZE[level], _SIZE[level]))
            return lines
        case RevealLevel.SOFT:
            return shown.convert("L").filter(ImageFilter.GaussianBlur(max(3, max(shown.size) // 45)))
        case RevealLevel.GREY:
            return _marked(shown.convert("L").convert("RGB"), mark)
        case RevealLevel.COLOUR | RevealLevel.NEUTRAL:
            return _marked(shown, mark)


def _marked(picture: Image.Image, mark: str) -> Image.Image:
    """The picture with who looked and when drawn along its lower edge."""
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default()
    height = 16
    pen.rectangle((0, picture.height - height, picture.width, picture.height), fill="#000000")
    pen.text((4, picture.height - height + 2), mark, fill="#ffffff", font=font)
    return picture
