"""The eight rotations and mirrors of a picture, carried out on its PDQ hash.

Turning or mirroring a picture changes signs and places of its DCT coefficients (PDQ reference, dihedral
hashes): a mirrored axis flips the sign of every odd coefficient on that axis, a transposition exchanges
the axes. Since a bit says whether a coefficient lies above the median, a changed sign flips the bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TRANSFORMS = (
    "identity",
    "rotate-90",
    "rotate-180",
    "rotate-270",
    "mirror-left-right",
    "mirror-top-bottom",
    "transpose",
    "anti-transpose",
)

_SIDE = 16
# PDQ keeps coefficients 1 to 16 of each axis: places 0, 2, 4 … hold the odd ones, which a mirror negates.
_ODD = (np.arange(_SIDE) % 2 == 0).astype(np.uint8)
_LEFT_RIGHT = np.broadcast_to(_ODD[None, :], (_SIDE, _SIDE))
_TOP_BOTTOM = np.broadcast_to(_ODD[:, None], (_SIDE, _SIDE))
# transform: (transpose first, mirror left-right, mirror top-bottom)
_STEPS = {
    "identity": (False, False, False),
    "rotate-90": (True, True, False),
    "rotate-180": (False, True, True),
    "rotate-270": (True, False, True),
    "mirror-left-right": (False, True, False),
    "mirror-top-bottom": (False, False, True),
    "transpose": (True, False, False),
    "anti-transpose": (True, True, True),
}


def transformed(hashes: NDArray[np.uint8], transform: str) -> NDArray[np.uint8]:
    """Hashes (n, 32) of the pictures after the transform, from the hashes before it.

    Equal to hashing the turned picture up to the few coefficients that lie next to the median.
    """
    transpose, left_right, top_bottom = _STEPS[transform]
    if transform == "identity":
        return hashes
    # Bit 255 of the hash is coefficient (0, 0): the reference stores the last coefficient first.
    bits = np.unpackbits(hashes, axis=1)[:, ::-1].reshape(-1, _SIDE, _SIDE)
    if transpose:
        bits = bits.transpose(0, 2, 1)
    if left_right:
        bits = bits ^ _LEFT_RIGHT
    if top_bottom:
        bits = bits ^ _TOP_BOTTOM
    return np.packbits(bits.reshape(len(bits), -1)[:, ::-1], axis=1)
