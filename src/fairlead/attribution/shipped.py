"""The lists, weights and hints that come with Fairlead, as part of what stages are versioned by."""

from __future__ import annotations

import hashlib
from importlib import resources

FOLDER = resources.files("fairlead.attribution") / "data"


def digest_of_shipped(*names: str) -> str:
    """Changes with any of these files, 16 hex digits."""
    sink = hashlib.blake2b(digest_size=8)
    for name in names:
        sink.update((FOLDER / name).read_bytes())
    return sink.hexdigest()
