"""How much of one exhibit is read before a limit is recorded instead."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLimits:
    """Bounds for members of archives and disk images; reaching one is the verdict ``limit``.

    ``ratio`` is declared size over stored size, asked only of members above ``ratio_from_bytes``.
    ``depth`` counts containers inside containers; the exhibit itself is 0.
    """

    member_bytes: int = 16 << 30
    archive_bytes: int = 256 << 30
    ratio: int = 200
    ratio_from_bytes: int = 8 << 20
    members: int = 2_000_000
    depth: int = 4
    deadline_s: float = 120.0
    reader_memory_bytes: int = 2 << 30
    spool_in_memory_bytes: int = 64 << 20

    @property
    def version(self) -> str:
        """A short digest of the settings, part of the version of every stage that obeys them."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:12]
