"""Benign pictures from numbers alone: seaside, hills, plots and shapes, each different from every other."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Rgb = NDArray[np.uint8]


def draw_scene(seed: int, number: int) -> Image.Image:
    """A picture of 320 to 640 pixels a side; the same numbers give the same picture."""
    rng = np.random.default_rng([seed, number, 0x5CE7E])
    width, height = (int(v) * 16 for v in rng.integers(20, 41, 2))
    picture = Image.fromarray(_landscape(rng, width, height))
    draw = ImageDraw.Draw(picture, "RGBA")
    for shape in (_sail, _disc, _plot, _blocks):
        for _ in range(int(rng.integers(1, 4))):
            shape(rng, draw, width, height)
    return picture


def _landscape(rng: np.random.Generator, width: int, height: int) -> Rgb:
    """Sky over sea over ground, with noise of several sizes so that the picture has detail everywhere."""
    noise = np.zeros((height, width), np.float32)
    for octave in (2, 4, 8, 16, 32):
        grid = rng.random((octave + 1, octave + 1)).astype(np.float32)
        layer = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        noise += np.asarray(layer) / octave**0.6
    noise -= noise.min()
    noise /= noise.max()
    top, middle, low = (rng.integers(30, 226, 3).astype(np.float32) for _ in range(3))
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    horizon = float(rng.uniform(0.3, 0.7))
    base = np.where(rows < horizon, top + (middle - top) * rows / horizon, low + (middle - low) * (1 - rows))
    shaded = base * (0.45 + 0.9 * noise[:, :, None]) + rng.normal(0, 2.0, (height, width, 1))
    clipped: Rgb = np.clip(shaded, 0, 255).astype(np.uint8)
    return clipped


def _colour(rng: np.random.Generator) -> tuple[int, int, int, int]:
    red, green, blue = (int(v) for v in rng.integers(0, 256, 3))
    return red, green, blue, int(rng.integers(150, 256))


def _sail(rng: np.random.Generator, draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    x, y = rng.uniform(0.1, 0.9) * width, rng.uniform(0.3, 0.9) * height
    size = rng.uniform(0.1, 0.3) * min(width, height)
    draw.polygon([(x, y), (x, y - size), (x + size * 0.6, y)], fill=_colour(rng))
    draw.polygon(
        [(x - size * 0.4, y), (x + size * 0.7, y), (x + size * 0.4, y + size * 0.2)], fill=_colour(rng)
    )


def _disc(rng: np.random.Generator, draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    x, y = rng.uniform(0, 1) * width, rng.uniform(0, 1) * height
    radius = rng.uniform(0.04, 0.18) * min(width, height)
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=_colour(rng))


def _plot(rng: np.random.Generator, draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    count = int(rng.integers(5, 12))
    xs = np.linspace(0.05, 0.95, count) * width
    ys = rng.uniform(0.1, 0.9, count) * height
    draw.line(
        list(zip(xs.tolist(), ys.tolist(), strict=True)), fill=_colour(rng), width=int(rng.integers(2, 7))
    )


def _blocks(rng: np.random.Generator, draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    x, y = rng.uniform(0, 0.8) * width, rng.uniform(0, 0.8) * height
    w, h = rng.uniform(0.05, 0.3) * width, rng.uniform(0.05, 0.3) * height
    draw.rectangle([x, y, x + w, y + h], fill=_colour(rng))


def as_jpeg(picture: Image.Image, *, quality: int = 88, exif: bytes = b"") -> bytes:
    """JPEG bytes."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=quality, exif=exif)
    return buffer.getvalue()


def as_png(picture: Image.Image, *, texts: dict[str, str] | None = None) -> bytes:
    """PNG bytes, with text chunks where given."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for key, value in (texts or {}).items():
        info.add_text(key, value)
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "PNG", pnginfo=info, compress_level=1)
    return buffer.getvalue()


def as_webp(picture: Image.Image, *, quality: int = 80) -> bytes:
    """WebP bytes."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "WEBP", quality=quality)
    return buffer.getvalue()
