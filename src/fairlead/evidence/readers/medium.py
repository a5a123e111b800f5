"""Digests the medium behind an image step by step, and reads what the image states of it."""

from __future__ import annotations

import hashlib
import time

from fairlead.evidence.readers.image import BlockImage, HandleImage
from fairlead.evidence.readers.wire import Answer

_CHUNK_BYTES = 1 << 22


class MediumReader:
    """The sectors of an image from the first to the last; keeps its place between steps."""

    def __init__(self, image: BlockImage) -> None:
        self._image = image
        self._at = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def step(self, seconds: float) -> Answer:
        """Read on for so long; answers ``end`` with the digests once the last sector is read."""
        ends_at, size = time.monotonic() + seconds, self._image.get_size()
        while self._at < size:
            try:
                chunk = self._image.read(self._at, min(_CHUNK_BYTES, size - self._at))
            except OSError:
                chunk = b""
            if not chunk:
                return {"verdict": "damaged", "detail": f"breaks off after {self._at} of {size} bytes"}
            self._md5.update(chunk)
            self._sha1.update(chunk)
            self._at += len(chunk)
            if time.monotonic() > ends_at:
                return {"end": False}
        return {
            "end": True,
            "size": size,
            "found_md5": self._md5.hexdigest(),
            "found_sha1": self._sha1.hexdigest(),
            **_statements(self._image),
        }


def _statements(image: BlockImage) -> Answer:
    if not isinstance(image, HandleImage):
        return {}
    handle = image.handle
    digests = {str(name).upper(): str(value) for name, value in dict(handle.get_hash_values()).items()}
    return {
        "stored_md5": digests.get("MD5", ""),
        "stored_sha1": digests.get("SHA1", ""),
        "header": {str(name): str(value) for name, value in dict(handle.get_header_values()).items()},
    }
