"""What a decoder may take on."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import cast

from fairlead.media.wire import LimitsTold


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """Bounds of one content; above them it gets the verdict ``limit`` without being decoded.

    Frames of a video are sampled every ``frame_step_s`` seconds, at most ``frames``; ``key_frames`` decodes only those
    that need no other, which is many times faster and samples less evenly.
    """

    pixels: int = 80_000_000
    picture_bytes: int = 256 << 20
    frames: int = 120
    frame_step_s: float = 1.0
    key_frames: bool = False
    deadline_s: float = 60.0
    memory_bytes: int = 3 << 30

    @property
    def version(self) -> str:
        """A short digest of the settings, part of the version of every stage that obeys them."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:12]

    def for_worker(self) -> LimitsTold:
        """The bounds as they are sent to a worker."""
        return cast("LimitsTold", asdict(self))  # the fields of the two are the same
