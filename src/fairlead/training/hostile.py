"""Files made to break tools: bombs, truncated and mislabelled files, names that are not UTF-8. All are benign."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from fairlead.training.pictures import as_jpeg, draw_scene

_BOMB_SIDE = 60_000


def picture_bomb() -> bytes:
    """A PNG of a few hundred bytes that declares 60,000 × 60,000 pixels."""
    header = struct.pack(">IIBBBBB", _BOMB_SIDE, _BOMB_SIDE, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(b"\0" * 999))
        + _chunk(b"IEND", b"")
    )


def zip_bomb(size_bytes: int = 300 << 20) -> bytes:
    """A zip archive whose one member inflates to 300 MiB of zeros."""
    buffer = io.BytesIO()
    info = zipfile.ZipInfo("zeros.bin", (2025, 9, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(buffer, "w") as archive, archive.open(info, "w") as member:
        block = bytes(1 << 20)
        for _ in range(size_bytes >> 20):
            member.write(block)
    return buffer.getvalue()


def hostile_files(seed: int) -> dict[bytes, bytes]:
    """Raw path → data, for the folder exhibit."""
    whole = as_jpeg(draw_scene(seed, 700_000))
    return {
        b"upload/bomb.png": picture_bomb(),
        b"upload/zeros.zip": zip_bomb(),
        b"upload/cut.jpg": whole[: len(whole) // 3],
        b"upload/empty.jpg": b"",
        b"upload/really-a-text.jpg": b"This is a text file with the wrong ending.\n" * 20,
        b"upload/n\xe4me-in-latin1.txt": b"The name of this file is not UTF-8.\n",
        b"upload/new\nline.txt": b"The name of this file holds a line break.\n",
        b"upload/noise.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    }


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
