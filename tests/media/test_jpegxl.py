"""JPEG XL: its size is known before it is decoded, and its pixels are those of the reference program."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fairlead.media.jpegxl import picture_size
from fairlead.media.luma import PictureRefusedError, PictureTooLargeError, PictureUnsupportedError, read_luma
from tests.media.pictures import encode, scene

SIZES = [
    (1, 1),
    (8, 8),
    (64, 48),
    (640, 360),
    (160, 120),
    (333, 257),
    (1025, 511),
    (40, 20),
    (256, 8),
    (2100, 30),
]


def boxed(codestream: bytes, *, parts: int = 1) -> bytes:
    """A codestream in boxes, whole or in parts (ISO/IEC 18181-2)."""

    def box(kind: bytes, body: bytes) -> bytes:
        return (len(body) + 8).to_bytes(4, "big") + kind + body

    head = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    if parts == 1:
        return head + box(b"Exif", bytes(40)) + box(b"jxlc", codestream)
    half = len(codestream) // 2
    last = (1 | 1 << 31).to_bytes(4, "big")
    return head + box(b"jxlp", bytes(4) + codestream[:half]) + box(b"jxlp", last + codestream[half:])


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_size_is_read_from_the_header_in_and_out_of_boxes(width: int, height: int) -> None:
    data = encode(scene(height, width), "JXL")
    for form in (data, boxed(data), boxed(data, parts=2)):
        assert picture_size(form) == (width, height)
        with Image.open(io.BytesIO(form)) as picture:
            assert (picture.format, picture.size) == ("JXL", (width, height))
            picture.load()
            assert picture.size == (width, height)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_picture_kept_without_loss_comes_back_pixel_by_pixel(mode: str) -> None:
    picture = Image.fromarray(scene(90, 120)).convert(mode)
    kept = io.BytesIO()
    picture.save(kept, "JXL", lossless=True)
    with Image.open(kept) as back:
        assert back.size == picture.size
        back.load()
        assert (back.mode, back.tobytes()) == (mode, picture.tobytes())


@pytest.mark.skipif(shutil.which("djxl") is None, reason="djxl of the package libjxl-tools is not installed")
@pytest.mark.parametrize("lossless", [True, False])
def test_the_reference_program_reads_the_same_pixels(tmp_path: Path, *, lossless: bool) -> None:
    data = encode(scene(211, 307), "JXL", lossless=lossless)
    (tmp_path / "a.jxl").write_bytes(data)
    subprocess.run(["djxl", tmp_path / "a.jxl", tmp_path / "a.png"], check=True, capture_output=True)
    with Image.open(io.BytesIO(data)) as ours, Image.open(tmp_path / "a.png") as theirs:
        ours.load()
        apart = np.abs(np.asarray(ours).astype(int) - np.asarray(theirs.convert(ours.mode)).astype(int))
        assert apart.max() <= (0 if lossless else 1)


def test_a_picture_that_declares_too_much_is_not_decoded() -> None:
    # ff 0a, then: not in eights, height of 30 bits, no ratio, width of 30 bits.
    bits, at = 0, 0
    for value, count in ((0, 1), (3, 2), (29_999, 30), (0, 3), (3, 2), (29_999, 30), (1, 1)):
        bits |= value << at
        at += count
    bomb = b"\xff\x0a" + bits.to_bytes((at + 7) // 8, "little") + bytes(40)
    assert picture_size(bomb) == (30_000, 30_000)
    with pytest.raises(PictureTooLargeError):
        read_luma(bomb)


@given(st.binary(max_size=200), st.sampled_from([b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n"]))
def test_what_is_damaged_is_refused(rest: bytes, start: bytes) -> None:
    with pytest.raises((PictureRefusedError, PictureTooLargeError, PictureUnsupportedError)):
        read_luma(start + rest)
