"""PDQ against its definition, written out literally."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from fairlead.media.luma import (
    Luma,
    PictureRefusedError,
    PictureTooLargeError,
    PictureUnsupportedError,
    read_luma,
)
from fairlead.media.pdq import PdqHash, hash_luma, hash_picture
from fairlead.terms.matching import PdqMode
from tests.media.pictures import encode, png, scene

SIZES = [(5, 5), (5, 700), (7, 9), (63, 64), (64, 64), (65, 129), (128, 127), (129, 300), (333, 200), (512, 512),
         (511, 513), (600, 640), (1023, 130)]  # fmt: skip


def box(values: list[float], window: int) -> list[float]:
    """One pass of the reference's box filter: a window cut off, and averaged over fewer, at both ends."""
    half = (window + 2) // 2
    out = []
    for place in range(len(values)):
        part = values[max(0, place + half - window) : min(len(values), place + half)]
        out.append(math.fsum(part) / len(part))
    return out


def definition(luma: npt.NDArray[np.float64], mode: PdqMode) -> PdqHash:
    """PDQ step by step: shrink (Meta's tool only), filter twice, decimate, transform, compare."""
    height, width = luma.shape
    if mode is PdqMode.META512 and max(height, width) > 512:
        luma = luma[np.arange(512) * height // 512][:, np.arange(512) * width // 512]
        height, width = 512, 512
    rows = [list(row) for row in luma]
    for _ in range(2):
        rows = [box(row, (width + 127) // 128) for row in rows]
        rows = [
            list(row)
            for row in zip(
                *(box(list(c), (height + 127) // 128) for c in zip(*rows, strict=True)), strict=True
            )
        ]
    small = np.array(
        [
            [rows[int((i + 0.5) * height / 64)][int((j + 0.5) * width / 64)] for j in range(64)]
            for i in range(64)
        ]
    )
    gradient = 0
    for i in range(64):
        for j in range(64):
            if i < 63:
                gradient += abs(int((small[i, j] - small[i + 1, j]) * 100 / 255))
            if j < 63:
                gradient += abs(int((small[i, j] - small[i, j + 1]) * 100 / 255))
    cosines = [
        [math.sqrt(2 / 64) * math.cos(math.pi / 2 / 64 * (i + 1) * (2 * j + 1)) for j in range(64)]
        for i in range(16)
    ]
    spectrum = (np.array(cosines) @ small @ np.array(cosines).T).reshape(-1)
    median = sorted(spectrum)[127]
    number = sum(1 << place for place in range(256) if spectrum[place] > median)
    return PdqHash(bits=number.to_bytes(32, "big"), quality=min(100, gradient // 90), mode=mode)


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("mode", list(PdqMode))
def test_the_linear_form_equals_the_definition_bit_by_bit(height: int, width: int, mode: PdqMode) -> None:
    picture = scene(height, width, seed=height)
    luma = picture @ np.array([0.299, 0.587, 0.114], np.float32)
    assert hash_picture(encode(picture, "PNG"), mode) == definition(luma.astype(np.float64), mode)


def test_a_picture_below_five_pixels_has_the_reference_s_empty_hash() -> None:
    for height, width in ((1, 1), (4, 900), (900, 4)):
        assert hash_picture(encode(scene(height, width), "PNG")).bits == bytes(32)


def test_the_two_references_differ_on_large_pictures_only() -> None:
    small, large = encode(scene(400, 500), "PNG"), encode(scene(900, 1300), "PNG")
    assert hash_picture(small, "pdq-full").bits == hash_picture(small, "pdq-meta512").bits
    assert hash_picture(large, "pdq-full").bits != hash_picture(large, "pdq-meta512").bits


@pytest.mark.parametrize(("height", "width"), [(700, 900), (1100, 640), (2400, 3200)])
@pytest.mark.parametrize("mode", list(PdqMode))
def test_a_scaled_jpeg_decode_stays_close_to_the_full_one(height: int, width: int, mode: PdqMode) -> None:
    data = encode(scene(height, width), "JPEG", quality=90)
    fast = read_luma(data)
    assert fast.pixels.shape[0] < height
    import simplejpeg

    whole = Luma(
        pixels=simplejpeg.decode_jpeg(data, "GRAY")[:, :, 0], height=height, width=width, pipeline="whole"
    )
    assert distance(hash_luma(fast, mode), hash_luma(whole, mode)) <= 10


def test_the_format_of_a_lossless_picture_does_not_matter() -> None:
    picture = scene(300, 400)
    hashes = {hash_picture(encode(picture, kind)).bits for kind in ("PNG", "BMP", "TIFF")}
    assert len(hashes) == 1


def test_a_recompressed_picture_is_near_and_another_one_is_far() -> None:
    one, other = scene(480, 640, 1), scene(480, 640, 2)
    reference = hash_picture(encode(one, "PNG"))
    assert distance(reference, hash_picture(encode(one, "JPEG", quality=60))) <= 31
    assert distance(reference, hash_picture(encode(other, "PNG"))) > 80


def test_pictures_that_cannot_be_decoded_are_told_apart() -> None:
    with pytest.raises(PictureTooLargeError):
        read_luma(png(width=60_000, height=60_000))
    with pytest.raises(PictureUnsupportedError):
        read_luma(b"not a picture")
    with pytest.raises(PictureRefusedError):
        read_luma(encode(scene(300, 300), "PNG")[:60])
    with pytest.raises(PictureRefusedError):
        read_luma(encode(scene(300, 300), "WEBP")[:5_000])
    assert read_luma(encode(scene(300, 300), "JPEG")[:5_000]).partial
    assert read_luma(encode(scene(300, 300), "PNG")[:20_000]).partial


def distance(one: PdqHash, other: PdqHash) -> int:
    return (int.from_bytes(one.bits, "big") ^ int.from_bytes(other.bits, "big")).bit_count()
