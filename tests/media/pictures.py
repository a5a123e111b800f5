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

from fairlead.media.jpegxl import register_jpegxl

pillow_heif.register_heif_opener()
register_jpegxl()


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


def dng(levels: npt.NDArray[np.uint16], *, orientation: int = 1) -> bytes:
    """A minimal DNG 1.4: one uncompressed plane of 16 bits behind a red-green-green-blue filter."""
    height, width = levels.shape
    data = levels.astype("<u2").tobytes()

    def short(*values: int) -> tuple[int, int, bytes]:
        return 3, len(values), struct.pack(f"<{len(values)}H", *values)

    def long(value: int) -> tuple[int, int, bytes]:
        return 4, 1, struct.pack("<I", value)

    def text(value: bytes) -> tuple[int, int, bytes]:
        return 2, len(value) + 1, value + b"\0"

    identity = [10000, 0, 0, 0, 10000, 0, 0, 0, 10000]
    tags = {
        254: long(0), 256: long(width), 257: long(height), 258: short(16), 259: short(1), 262: short(32803),
        271: text(b"Made up"), 272: text(b"Test"), 273: long(0), 274: short(orientation), 277: short(1),
        278: long(height), 279: long(len(data)), 33421: short(2, 2), 33422: (1, 4, bytes([0, 1, 1, 2])),
        50706: (1, 4, bytes([1, 4, 0, 0])), 50708: text(b"Test"), 50714: short(0), 50717: short(65535),
        50721: (10, 9, b"".join(struct.pack("<ii", value, 10000) for value in identity)),
        50728: (5, 3, struct.pack("<6I", 1, 1, 1, 1, 1, 1)), 50778: short(21),
    }  # fmt: skip
    far = 8 + 2 + 12 * len(tags) + 4
    tags[273] = long(far + sum(len(v) + len(v) % 2 for _, _, v in tags.values() if len(v) > 4))
    directory, beside = b"", b""
    for tag, (kind, count, value) in tags.items():
        if len(value) > 4:
            directory += struct.pack("<HHII", tag, kind, count, far + len(beside))
            beside += value + bytes(len(value) % 2)
        else:
            directory += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + directory + bytes(4) + beside + data


def iim(*sets: tuple[int, int, bytes]) -> bytes:
    """IPTC data sets as (record, number, value)."""
    return b"".join(struct.pack(">BBBH", 0x1C, record, number, len(v)) + v for record, number, v in sets)


def resources(*blocks: tuple[int, bytes]) -> bytes:
    """Photoshop's resource blocks as a JPEG carries them, each with an empty name."""
    return b"Photoshop 3.0\0" + b"".join(
        b"8BIM"
        + struct.pack(">H", number)
        + b"\0\0"
        + struct.pack(">I", len(body))
        + body
        + b"\0" * (len(body) % 2)
        for number, body in blocks
    )


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """A JPEG with one more segment at its beginning."""
    return jpeg[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + jpeg[2:]
