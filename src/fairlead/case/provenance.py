"""Weighs one loose file: what media finds in it, and what provenance makes of that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairlead.media.examine import examine_file
from fairlead.provenance.file import weigh_file


def weigh_loose_file(path: Path, *, anchors: str = "") -> dict[str, Any]:
    """Conclusion and signals of a file that is in no workspace; needs the sandbox, changes nothing."""
    examined = examine_file(path)
    return {
        "file": path.name,
        "media_type": examined["media_type"],
        **weigh_file(path, examined, anchors=anchors),
    }
