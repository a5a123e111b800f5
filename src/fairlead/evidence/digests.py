"""Reads an item once and takes its three digests."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

_CHUNK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """MD5, SHA-1 and SHA-256 of the bytes read, hex; ``problem`` is why reading ended early."""

    size_bytes: int
    md5: str
    sha1: str
    sha256: str
    problem: str = ""


def digest_descriptor(descriptor: int) -> Digests:
    """Digest everything behind a descriptor, from its first byte, without moving its position."""
    md5, sha1 = hashlib.md5(usedforsecurity=False), hashlib.sha1(usedforsecurity=False)
    sha256 = hashlib.sha256()
    size, problem = 0, ""
    while True:
        try:
            chunk = os.pread(descriptor, _CHUNK_BYTES, size)
        except OSError as error:
            problem = f"the medium gave an error after {size} bytes: {error.strerror}"
            break
        if not chunk:
            break
        md5.update(chunk)
        sha1.update(chunk)
        sha256.update(chunk)
        size += len(chunk)
    return Digests(
        size_bytes=size,
        md5=md5.hexdigest(),
        sha1=sha1.hexdigest(),
        sha256=sha256.hexdigest(),
        problem=problem,
    )
