"""What happens to a picture on its way through the world, and still leaves it the same picture to the eye."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance

from fairlead.training.pictures import as_jpeg, as_png, as_webp

Alteration = Callable[[Image.Image], bytes]


def _saved_again(picture: Image.Image) -> bytes:
    return as_jpeg(picture, quality=55)


def _smaller(picture: Image.Image) -> bytes:
    size = (int(picture.width * 0.6), int(picture.height * 0.6))
    return as_jpeg(picture.resize(size, Image.Resampling.LANCZOS), quality=80)


def _brighter(picture: Image.Image) -> bytes:
    return as_jpeg(ImageEnhance.Brightness(picture).enhance(1.12), quality=85)


def _grey(picture: Image.Image) -> bytes:
    return as_png(picture.convert("L").convert("RGB"))


def _stamped(picture: Image.Image) -> bytes:
    copy = picture.copy()
    ImageDraw.Draw(copy).text((6, 6), "lantern", fill=(255, 255, 255))
    return as_jpeg(copy, quality=80)


def _other_format(picture: Image.Image) -> bytes:
    return as_webp(picture)


ALTERATIONS: dict[str, Alteration] = {
    "saved_again": _saved_again,
    "smaller": _smaller,
    "brighter": _brighter,
    "grey": _grey,
    "stamped": _stamped,
    "other_format": _other_format,
}
