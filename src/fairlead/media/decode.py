"""The sandbox handler of this room: identifies a content, decodes it, hashes it, reads its metadata."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import av
import numpy as np
import simplejpeg
from PIL import Image

from fairlead.media.animation import ANIMATED_TYPES, read_animation
from fairlead.media.border import without_border
from fairlead.media.identify import IDENTIFY_BYTES, Family, identify, warm_identify
from fairlead.media.limits import MediaLimits
from fairlead.media.luma import (
    MOST_PIXELS,
    PictureRefusedError,
    PictureTooLargeError,
    PictureUnsupportedError,
    read_luma,
)
from fairlead.media.metadata.read import read_metadata
from fairlead.media.metadata.window import Bytes, Window
from fairlead.media.pdq import differ, hash_luma
from fairlead.media.raw import read_raw
from fairlead.media.raw_types import RAW_TYPES
from fairlead.media.video import SampledFrame, read_video
from fairlead.media.wire import ContentTold, ExamineJob, FrameTold, MetadataTold
from fairlead.terms.errors import ItemError
from fairlead.terms.matching import PdqMode
from fairlead.terms.verdicts import ContentVerdict

_NOT_DECODED = {"image/svg+xml", "image/vnd.adobe.photoshop"}
# Of these, a decoder knows every form: one that it does not know is damaged. TIFF may hold anything.
_KNOWN_WHOLE = {
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/x-ms-bmp", "image/jp2", "image/heic",
    "image/avif", "image/jxl",
}  # fmt: skip
_ORIENTATIONS = {str(number) for number in range(1, 9)}
_METADATA_BYTES = 64 << 20
_CODECS = ("utf-8", "utf-16", "utf-16-be", "utf-16-le", "latin-1", "ascii", "cp437", "idna")


def warm() -> None:
    """Load every decoder once, while files can still be opened."""
    warm_identify()
    square = np.zeros((64, 64, 3), np.uint8)
    Image.preinit()
    Image.init()
    for kind in ("PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "JPEG2000", "HEIF", "JXL"):
        encoded = io.BytesIO()
        Image.fromarray(square).save(encoded, kind)
        read_luma(encoded.getvalue())
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        encoded = io.BytesIO()
        Image.fromarray(square).save(
            encoded, kind, save_all=True, append_images=[Image.fromarray(square + 99)]
        )
        read_animation(encoded.getvalue(), MediaLimits())
    with suppress(PictureUnsupportedError, PictureRefusedError):
        read_raw(b"II*\0" + bytes(64), MOST_PIXELS)
    luma = read_luma(simplejpeg.encode_jpeg(square))
    for mode in PdqMode:
        hash_luma(luma, mode)
    for codec in _CODECS:
        codecs.lookup(codec)  # Python loads them from files
    _warm_video(square)


def handle(header: ExamineJob, descriptors: list[int]) -> ContentTold:
    """Examine the content behind one descriptor. The answer holds the columns of the table contents."""
    limits = MediaLimits(**header["limits"])
    descriptor = descriptors[0]
    size = os.fstat(descriptor).st_size
    head = os.pread(descriptor, IDENTIFY_BYTES, 0)
    identity = identify(head, header["extension"])
    answer: ContentTold = {
        "media_type": identity.media_type,
        "family": identity.family.value,
        "extension_mismatch": identity.extension_mismatch,
        "verdict": ContentVerdict.IDENTIFIED.value,
    }
    if identity.family is Family.PICTURE:
        data = head if size <= len(head) else _read(descriptor, max(_METADATA_BYTES, limits.picture_bytes))
        _describe(answer, data)
        answer |= _picture(data, size, identity.media_type, limits)
    elif identity.family is Family.VIDEO:
        _describe(answer, _read(descriptor, size) if size <= _METADATA_BYTES else Window(descriptor))
        answer |= _video(descriptor, limits)
    return answer


def _describe(answer: ContentTold, content: Bytes) -> None:
    """Add what a content says of itself, and how it is to be turned."""
    answer["metadata"] = [item.for_wire() for item in read_metadata(content)]
    answer["orientation"] = _orientation(answer["metadata"])


def _picture(data: bytes, size: int, media_type: str, limits: MediaLimits) -> ContentTold:
    if media_type in _NOT_DECODED:
        return _verdict(ContentVerdict.UNSUPPORTED, "MEDIA-003", "no decoder for this type")
    if size > limits.picture_bytes:
        return _verdict(ContentVerdict.LIMIT, "MEDIA-002", f"more than {limits.picture_bytes} bytes")
    read = read_raw if media_type in RAW_TYPES else read_luma
    try:
        luma = read(data, limits.pixels)
    except (PictureTooLargeError, PictureUnsupportedError, PictureRefusedError) as problem:
        return _refusal(problem, media_type)
    full = hash_luma(luma, PdqMode.FULL)
    alternate = hash_luma(luma, PdqMode.META512) if differ(luma) else full
    inside = without_border(luma)
    inner = hash_luma(inside, PdqMode.FULL) if inside is not None else None
    verdict: ContentTold = (
        _verdict(ContentVerdict.PARTIAL, "MEDIA-006", "cut or damaged: decoded as far as it goes")
        if luma.partial
        else {"verdict": ContentVerdict.DECODED.value}
    )
    return verdict | {
        "width": luma.width,
        "height": luma.height,
        "pdq": full.bits.hex(),
        "pdq_quality": full.quality,
        "pdq_pipeline": f"{full.mode.value}/{luma.pipeline}",
        "pdq_alternate": alternate.bits.hex(),
        "pdq_inner": inner.bits.hex() if inner else None,
        "pdq_inner_quality": inner.quality if inner else None,
        "frames": _frames(read_animation(data, limits) if media_type in ANIMATED_TYPES else ()),
    }


def _refusal(problem: ItemError, media_type: str) -> ContentTold:
    match problem:
        case PictureTooLargeError():
            return _verdict(ContentVerdict.LIMIT, problem.code, problem.fact)
        case PictureUnsupportedError() if media_type in _KNOWN_WHOLE:
            return _verdict(
                ContentVerdict.DAMAGED, "MEDIA-001", "the decoder cannot read the picture's header"
            )
        case PictureUnsupportedError():
            return _verdict(ContentVerdict.UNSUPPORTED, problem.code, problem.fact)
        case _:
            return _verdict(ContentVerdict.DAMAGED, problem.code, problem.fact)


def _orientation(items: Sequence[MetadataTold]) -> int | None:
    """What EXIF says of how the picture is to be turned, 1 to 8; the first item that says so."""
    said = (i["value"] for i in items if i["namespace"] == "exif" and i["key"].endswith("Orientation"))
    return next((int(value) for value in said if value in _ORIENTATIONS), None)


def _video(descriptor: int, limits: MediaLimits) -> ContentTold:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        try:
            video = read_video(file, limits)
        except PictureTooLargeError as problem:
            return _verdict(ContentVerdict.LIMIT, problem.code, problem.fact)
        except (av.FFmpegError, ValueError, OSError) as problem:
            fact = f"the decoder refuses the video ({type(problem).__name__})"
            return _verdict(ContentVerdict.DAMAGED, "MEDIA-001", fact)
    if video is None:
        return {}
    frames = _frames(video.frames)
    described: ContentTold = {
        "width": video.width,
        "height": video.height,
        "duration_s": video.duration_s,
        "frames": frames,
    }
    if not frames:
        return described | _verdict(ContentVerdict.DAMAGED, "MEDIA-004", "no frame could be decoded")
    return described | {"verdict": ContentVerdict.DECODED.value}


def _frames(sampled: tuple[SampledFrame, ...]) -> list[FrameTold]:
    return [
        {
            "index": index,
            "time_s": frame.time_s,
            "pdq": frame.pdq.bits.hex(),
            "pdq_quality": frame.pdq.quality,
            "pdq_whole": frame.whole.bits.hex() if frame.whole else None,
            "pdq_pipeline": frame.pipeline,
        }
        for index, frame in enumerate(sampled)
    ]


def _verdict(verdict: ContentVerdict, code: str, detail: str) -> ContentTold:
    return {"verdict": verdict.value, "error_code": code, "detail": detail}


def _read(descriptor: int, most: int) -> bytes:
    parts: list[bytes] = []
    at = 0
    while at < most and (part := os.pread(descriptor, min(1 << 20, most - at), at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _warm_video(square: np.ndarray[Any, Any]) -> None:
    encoded = io.BytesIO()
    with av.open(encoded, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for packet in (*stream.encode(av.VideoFrame.from_ndarray(square, format="rgb24")), *stream.encode()):
            container.mux(packet)
    encoded.seek(0)
    read_video(encoded, MediaLimits())
