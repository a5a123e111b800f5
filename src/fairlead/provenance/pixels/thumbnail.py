"""Whether the small picture in the EXIF is a picture of the large one: correlation after bars are cut off."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

_SHIFT = 4
_LEAST = 40
_BAR_SPREAD = 6.0
_FLAT = 4.0

Floats = npt.NDArray[np.float32]


def compare_thumbnail(picture: Image.Image, thumbnail: Image.Image) -> float | None:
    """The largest correlation within four pixels, from -1 to 1; None when either has too little to compare."""
    small = _without_bars(np.asarray(thumbnail.convert("L"), np.float32))
    if min(small.shape) < _LEAST:
        return None
    height, width = small.shape
    large = np.asarray(
        picture.convert("L").resize((width, height), Image.Resampling.BOX, reducing_gap=2.0), np.float32
    )
    inner = small[_SHIFT : height - _SHIFT, _SHIFT : width - _SHIFT]
    if inner.std() < _FLAT or large.std() < _FLAT:
        return None
    return max(
        _correlation(inner, large[dy : dy + inner.shape[0], dx : dx + inner.shape[1]])
        for dy in range(2 * _SHIFT + 1)
        for dx in range(2 * _SHIFT + 1)
    )


def _without_bars(small: Floats) -> Floats:
    """Cut off rows and columns of one dark shade at the edges, as cameras pad thumbnails to 4:3."""
    rows = np.flatnonzero((small.std(axis=1) > _BAR_SPREAD) | (small.mean(axis=1) > 16))
    columns = np.flatnonzero((small.std(axis=0) > _BAR_SPREAD) | (small.mean(axis=0) > 16))
    if not len(rows) or not len(columns):
        return small
    return small[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _correlation(one: Floats, other: Floats) -> float:
    first, second = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / scale if scale > 0 else 0.0
