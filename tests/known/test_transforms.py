"""Turning a hash is like hashing the turned picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fairlead.known.transforms import TRANSFORMS, transformed
from fairlead.media.pdq import hash_picture
from fairlead.terms.matching import PdqMode
from fairlead.training.pictures import as_png, draw_scene

OPERATIONS = {
    "rotate-90": Image.Transpose.ROTATE_270,  # Pillow counts against the clock
    "rotate-180": Image.Transpose.ROTATE_180,
    "rotate-270": Image.Transpose.ROTATE_90,
    "mirror-left-right": Image.Transpose.FLIP_LEFT_RIGHT,
    "mirror-top-bottom": Image.Transpose.FLIP_TOP_BOTTOM,
    "transpose": Image.Transpose.TRANSPOSE,
    "anti-transpose": Image.Transpose.TRANSVERSE,
}


def bits_of(picture: Image.Image) -> np.ndarray:
    return np.frombuffer(hash_picture(as_png(picture), PdqMode.FULL).bits, np.uint8)


@pytest.mark.parametrize("transform", [t for t in TRANSFORMS if t != "identity"])
def test_the_turned_hash_is_near_the_hash_of_the_turned_picture(transform: str) -> None:
    for number in range(6):
        picture = draw_scene(5, number)
        turned = bits_of(picture.transpose(OPERATIONS[transform]))
        expected = transformed(bits_of(picture)[None, :], transform)[0]
        assert np.bitwise_count(turned ^ expected).sum() <= 16  # half the radius of 31


def test_identity_changes_nothing() -> None:
    hashes = np.arange(64, dtype=np.uint8).reshape(2, 32)
    assert (transformed(hashes, "identity") == hashes).all()
