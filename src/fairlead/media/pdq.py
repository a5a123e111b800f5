"""PDQ, the perceptual hash of pictures, in its linear formulation.

Definition: Facebook, *The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm* (2019) and
the reference code in ThreatExchange: two passes of a box filter, decimation to 64 by 64, a 16 by 64 cosine
transform, and the sign against the median. Everything before the sign is linear, and separable into a matrix
for rows and one for columns, each depending on one dimension of the picture only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairlead.media.luma import Luma, read_luma
from fairlead.media.pdq_taps import TAPS, column_blocks, row_parts
from fairlead.terms.matching import PDQ_BITS, PdqMode

_COEFFICIENTS = 16
_LOWER_MEDIAN = 127
_GRADIENT_UNIT = 90
_META_SIDE = 512
_SMALLEST_SIDE = 5

_row = np.arange(_COEFFICIENTS)[:, None]
_column = np.arange(TAPS)[None, :]
_COSINES = np.sqrt(2 / TAPS) * np.cos(np.pi / 2 / TAPS * (_row + 1) * (2 * _column + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class PdqHash:
    """256 bits, most significant first as the reference prints them, and a quality from 0 to 100.

    Below quality 50 the picture is too even for the hash to say much.
    """

    bits: bytes
    quality: int
    mode: PdqMode

    def __str__(self) -> str:
        return self.bits.hex()


def hash_picture(data: bytes, mode: PdqMode | str = PdqMode.FULL) -> PdqHash:
    """The PDQ hash of an encoded picture.

    Decodes in this process: for pictures you trust, and inside the sandbox. Orientation tags are ignored, as
    the reference does. Raises ItemError when the picture cannot be decoded or is too large.
    """
    return hash_luma(read_luma(data), PdqMode(mode))


def hash_luma(luma: Luma, mode: PdqMode) -> PdqHash:
    """The PDQ hash of decoded luminance, full size or scaled down by the decoder.

    As in the reference, a picture with a side below 5 pixels has an all-zero hash and quality 0.
    """
    if min(luma.height, luma.width) < _SMALLEST_SIDE:
        return PdqHash(bits=bytes(PDQ_BITS // 8), quality=0, mode=mode)
    thumbnail = shrink(luma, mode)
    return PdqHash(bits=_sign(thumbnail), quality=_quality(thumbnail), mode=mode)


def differ(luma: Luma) -> bool:
    """Whether the two modes can give different hashes: Meta's tool shrinks only what is larger than 512 pixels."""
    return max(luma.height, luma.width) > _META_SIDE


def shrink(luma: Luma, mode: PdqMode) -> npt.NDArray[np.float64]:
    """The 64 by 64 picture the hash is taken from: both filters and the decimation as two matrix products."""
    from fairlead.media.pdq_kernels import add_colour_rows, add_grey_rows

    nearest = mode is PdqMode.META512 and differ(luma)
    pixels = np.ascontiguousarray(luma.pixels)
    height, width = pixels.shape[:2]
    # Single precision here, as in the reference: sums of few whole luminance steps.
    summed = np.zeros((TAPS, width), np.float32)
    add_rows = add_grey_rows if pixels.ndim == 2 else add_colour_rows
    add_rows(pixels, *row_parts(luma.height, height, nearest=nearest), summed)
    rows = summed.astype(np.float64)
    thumbnail = np.empty((TAPS, TAPS))
    for some_taps, columns, weights in column_blocks(luma.width, width, nearest=nearest):
        np.matmul(rows[:, columns], weights, out=thumbnail[:, some_taps])
    return thumbnail


def _sign(thumbnail: npt.NDArray[np.float64]) -> bytes:
    spectrum = (_COSINES @ thumbnail @ _COSINES.T).reshape(-1)
    median = np.partition(spectrum, _LOWER_MEDIAN)[_LOWER_MEDIAN]
    return np.packbits(spectrum[::-1] > median).tobytes()


def _quality(thumbnail: npt.NDArray[np.float64]) -> int:
    from fairlead.media.pdq_kernels import gradient

    return min(100, int(gradient(thumbnail.astype(np.float32))) // _GRADIENT_UNIT)
