"""Benign pictures and files, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib

import av
import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()


def scene(height: int, width: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Coloured clouds with some grain."""
    random = np.random.default_rng(seed)
    small = (random.random((height // 37 + 2, width // 41 + 2, 3)) * 255).astype(np.uint8)
    clouds = np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)).astype(int)
    return (clouds + random.integers(-12, 12, clouds.shape)).clip(0, 255).astype(np.uint8)


def encode(pixels: npt.NDArray[np.uint8], kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, **options)
    return target.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*chunks: bytes, width: int = 8, height: int = 8, after: bytes = b"") -> bytes:
    """A PNG of one grey with extra chunks before the picture data."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = min(height, 64) * (b"\0" + bytes(min(width, 64)))
    end = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + end + after


def text_chunk(key: str, value: str) -> bytes:
    return chunk(b"tEXt", key.encode("latin-1") + b"\0" + value.encode("latin-1"))


def exif(
    tags: dict[int, str], *, user_comment: bytes = b"", exposure: dict[int, object] | None = None
) -> bytes:
    """An EXIF block as Pillow writes it."""
    block = Image.Exif()
    for tag, value in tags.items():
        block[tag] = value
    inner = block.get_ifd(0x8769)
    if user_comment:
        inner[0x9286] = user_comment
    inner.update(exposure or {})
    return block.tobytes()


def video(frames: list[npt.NDArray[np.uint8]], *, rate: int = 5) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        for frame in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return target.getvalue()
