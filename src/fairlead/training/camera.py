"""A made-up camera: sensor noise of its own, a colour filter array, and files laid out as cameras lay them out."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

_TABLES = ([2 + (k * 7) // 13 for k in range(64)], [3 + (k * 6) // 11 for k in range(64)])
_NOISE_SHARE = 0.01
WIDTH, HEIGHT = 640, 480

Floats = NDArray[np.float32]


def photograph(scene: Image.Image, *, device: int, shot: int, comment: str = "") -> bytes:
    """The scene as the camera ``device`` takes it: 640 x 480 pixels, JPEG with EXIF first and own tables."""
    light = np.asarray(scene.resize((WIDTH, HEIGHT)).convert("RGB"), np.float32)
    rng = np.random.default_rng([device, shot, 0xCA])
    taken = light * (1 + _NOISE_SHARE * _pattern(device)[:, :, None])
    mosaic = _mosaic(taken) + rng.normal(0, 1.2, light.shape[:2]).astype(np.float32)
    picture = Image.fromarray(np.clip(np.rint(_interpolate(mosaic)), 0, 255).astype(np.uint8))
    held = io.BytesIO()
    picture.save(held, "JPEG", qtables=_TABLES, subsampling=1)
    return _laid_out(held.getvalue(), _exif(device, shot, comment))


def _pattern(device: int) -> Floats:
    """What each sensor element of a device adds to the light it sees: the same in every picture it takes."""
    return np.random.default_rng([device, 0x5E]).normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)


def _mosaic(light: Floats) -> Floats:
    """One colour for each element: red and green in one row, green and blue in the next."""
    out: Floats = light[:, :, 1].copy()
    out[0::2, 0::2] = light[0::2, 0::2, 0]
    out[1::2, 1::2] = light[1::2, 1::2, 2]
    return out


def _interpolate(mosaic: Floats) -> Floats:
    """Every missing colour as the mean of its nearest neighbours."""
    height, width = mosaic.shape
    rows, columns = np.mgrid[0:height, 0:width]
    places = (
        (rows % 2 == 0) & (columns % 2 == 0),
        rows % 2 != columns % 2,
        (rows % 2 == 1) & (columns % 2 == 1),
    )
    return np.stack([_filled(np.where(here, mosaic, 0), here) for here in places], axis=-1)


def _filled(known: Floats, here: NDArray[np.bool_]) -> Floats:
    weight = np.pad(here.astype(np.float32), 1)
    value = np.pad(known.astype(np.float32), 1)
    kernel = ((1, 2, 1), (2, 4, 2), (1, 2, 1))
    height, width = known.shape
    total = np.zeros((height, width), np.float32)
    share = np.zeros((height, width), np.float32)
    for dy in range(3):
        for dx in range(3):
            total += kernel[dy][dx] * value[dy : dy + height, dx : dx + width]
            share += kernel[dy][dx] * weight[dy : dy + height, dx : dx + width]
    filled: Floats = np.where(here, known, total / share).astype(np.float32)
    return filled


def _exif(device: int, shot: int, comment: str) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Example Optics"
    exif[0x0110] = f"EX-{device}"
    exif[0x0132] = "2024:08:01 12:00:00"
    details = exif.get_ifd(0x8769)
    details[0x829A] = IFDRational(1, 100 + shot % 400)
    details[0x829D] = IFDRational(28, 10)
    details[0x8827] = 200
    details[0x9003] = "2024:08:01 12:00:00"
    details[0x920A] = IFDRational(35, 1)
    details[0xA002], details[0xA003] = WIDTH, HEIGHT
    if comment:
        details[0x9286] = b"UNICODE\x00" + comment.encode("utf-16-be")
    return exif.tobytes()


def _laid_out(jpeg: bytes, exif: bytes) -> bytes:
    """EXIF takes the place of the JFIF segment that the library writes first."""
    rest = jpeg[4 + int.from_bytes(jpeg[4:6], "big") :]
    body = exif if exif.startswith(b"Exif\0\0") else b"Exif\0\0" + exif
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + rest
