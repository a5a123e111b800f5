"""What the reveal ladder shows of a content, whatever its form: one small PNG of the asked level."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from PIL import Image

from fairlead.case.looking.derive import handle, warm
from fairlead.terms.review import RevealLevel
from tests.media.pictures import dng, encode, scene, video

PICTURE = scene(300, 400)
FORMS = {
    "jpeg": encode(PICTURE, "JPEG"),
    "cut jpeg": encode(PICTURE, "JPEG")[:12_000],
    "jpeg xl": encode(PICTURE, "JXL"),
    "heif": encode(PICTURE, "HEIF"),
    "jpeg 2000": encode(PICTURE, "JPEG2000"),
    "raw": dng(PICTURE[:, :, 1].repeat(2, axis=0).repeat(2, axis=1).astype(np.uint16) * 200),
}


def derived(data: bytes, level: RevealLevel, family: str = "picture") -> Image.Image:
    held = os.memfd_create("content")
    os.write(held, data)
    try:
        answer = handle({"level": level, "family": family, "mark": "m"}, [held])
    finally:
        os.close(held)
    return Image.open(io.BytesIO(bytes.fromhex(answer["png"])))


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm()


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_picture_of_every_form_can_be_climbed_to(form: str) -> None:
    lines, grey = (derived(FORMS[form], level) for level in (RevealLevel.LINES, RevealLevel.GREY))
    assert max(lines.size) <= 160
    assert (lines.mode, grey.size) == ("L", (400, 300))


def test_a_video_is_shown_as_nine_stills() -> None:
    frames = [scene(90, 120, seed) for seed in range(12)]
    assert derived(video(frames), RevealLevel.SOFT, "video").width == 320
