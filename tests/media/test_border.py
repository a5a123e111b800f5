"""Even borders: found where they are, not where they are not, and the picture inside hashes as without them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from fairlead.media.border import without_border
from fairlead.media.luma import read_luma
from fairlead.media.pdq import hash_luma
from fairlead.terms.matching import PDQ_MATCH_RADIUS, PdqMode
from fairlead.training.pictures import as_jpeg, draw_scene


def distance(left: bytes, right: bytes) -> int:
    return int(np.bitwise_count(np.frombuffer(left, np.uint8) ^ np.frombuffer(right, np.uint8)).sum())


def as_png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("written", [as_jpeg, as_png], ids=["jpeg", "png"])
@pytest.mark.parametrize("border", [(12, 12, 12, 12), (0, 80, 0, 80), (60, 0, 60, 0), (4, 4, 4, 90)])
@pytest.mark.parametrize("colour", ["black", "white", "navy"])
def test_a_bordered_picture_is_near_the_picture_inside(written, border, colour):
    scene = draw_scene(3, 5)
    framed = read_luma(written(ImageOps.expand(scene, border, colour)))
    inside = without_border(framed)
    assert inside is not None
    plain = hash_luma(read_luma(written(scene)), PdqMode.FULL)
    assert distance(hash_luma(inside, PdqMode.FULL).bits, plain.bits) <= PDQ_MATCH_RADIUS


def test_a_picture_without_a_border_has_nothing_inside():
    assert without_border(read_luma(as_jpeg(draw_scene(3, 6)))) is None


def test_a_picture_of_one_colour_and_a_dot_on_paper_are_not_taken_for_frames():
    blank = Image.new("L", (300, 200), 90)
    assert without_border(read_luma(as_png(blank))) is None
    blank.paste(0, (140, 90, 160, 110))
    assert without_border(read_luma(as_png(blank))) is None
