"""Even borders: what letterboxing and frames add, found so that the picture inside can be hashed as well."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairlead.media.luma import Luma

_EVEN = 6  # luminance steps that compression leaves in an even border
_SMALLEST_PART = 0.25  # a picture smaller than this part of the frame is not taken for one

Inner = tuple[int, int, int, int]


def find_border(planes: list[npt.NDArray[np.uint8]]) -> Inner:
    """Rows from top to bottom, and columns from left to right, without an even border that never changes."""
    lowest = np.minimum.reduce(planes)
    highest = np.maximum.reduce(planes)
    return _inside(highest.max(axis=1), lowest.min(axis=1), highest.max(axis=0), lowest.min(axis=0))


def without_border(luma: Luma) -> Luma | None:
    """The picture inside an even border of one colour a side; None where no side is even."""
    pixels = luma.pixels
    height, width = pixels.shape[:2]
    sides = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    if all(_uneven(side) for side in sides):
        return None
    grey = pixels if pixels.ndim == 2 else luma.strip(0, height).round().astype(np.uint8)
    top, bottom, left, right = find_border([grey])
    if (top, bottom, left, right) == (0, height, 0, width):
        return None
    return Luma(
        pixels=pixels[top:bottom, left:right],
        height=max(1, round(luma.height * (bottom - top) / height)),
        width=max(1, round(luma.width * (right - left) / width)),
        pipeline=f"{luma.pipeline}-inside-border",
    )


def _uneven(side: npt.NDArray[np.uint8]) -> bool:
    columns = side.reshape(len(side), -1)
    return bool(((columns.max(axis=0).astype(int) - columns.min(axis=0)) > _EVEN).any())


def _inside(
    row_high: npt.NDArray[np.uint8],
    row_low: npt.NDArray[np.uint8],
    column_high: npt.NDArray[np.uint8],
    column_low: npt.NDArray[np.uint8],
) -> Inner:
    rows = row_high.astype(int) - row_low > _EVEN
    columns = column_high.astype(int) - column_low > _EVEN
    height, width = len(rows), len(columns)
    if rows.sum() < height * _SMALLEST_PART or columns.sum() < width * _SMALLEST_PART:
        return 0, height, 0, width
    top, bottom = int(rows.argmax()), height - int(rows[::-1].argmax())
    left, right = int(columns.argmax()), width - int(columns[::-1].argmax())
    return top, bottom, left, right
