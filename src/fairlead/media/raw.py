"""Raw pictures of cameras, developed by LibRaw with the camera's white balance, at half their size."""

from __future__ import annotations

import io

import numpy as np
import rawpy

from fairlead.media.luma import Luma, PictureRefusedError, PictureUnsupportedError, check_size


def read_raw(data: bytes, most_pixels: int) -> Luma:
    """Develop a raw picture, not turned, at half its size.

    Raises PictureTooLargeError before developing, PictureUnsupportedError, PictureRefusedError.
    """
    try:
        with rawpy.imread(io.BytesIO(data)) as opened:
            sizes = opened.sizes
            check_size(sizes.width, sizes.height, most_pixels)
            pixels = opened.postprocess(
                half_size=True, use_camera_wb=True, no_auto_bright=True, output_bps=8, user_flip=0
            )
    except rawpy.LibRawFileUnsupportedError as problem:
        raise PictureUnsupportedError(
            "no decoder knows this camera's raw pictures", "Open it with the maker's software."
        ) from problem
    except (rawpy.LibRawError, ValueError, MemoryError) as problem:
        raise PictureRefusedError(
            f"the decoder refuses the picture ({type(problem).__name__})", "Treat the file as damaged."
        ) from problem
    shown = np.ascontiguousarray(pixels, dtype=np.uint8)
    return Luma(pixels=shown, height=shown.shape[0], width=shown.shape[1], pipeline="libraw-half")
