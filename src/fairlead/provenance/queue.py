"""In which order people look: where a real child may be, first. Nothing is ever taken out."""

from __future__ import annotations

from fairlead.provenance.weigh import Weighed
from fairlead.terms.provenance import Conclusion

_RANKS = {
    Conclusion.CONFLICT: (1, "its signals contradict each other: a real picture may be behind it"),
    Conclusion.DERIVED_FROM_PICTURE: (1, "made from another picture: a real child may be behind it"),
    Conclusion.CAPTURED: (2, "traces of a camera"),
    Conclusion.CAPTURED_THEN_EDITED: (2, "traces of a camera, changed afterwards"),
    Conclusion.NOTHING_FOUND: (3, "nothing found, which says nothing"),
    Conclusion.GENERATED: (4, "made by a machine, as far as the signals go: looked at last"),
}


def place_in_queue(weighed: Weighed) -> tuple[int, str]:
    """Rank, 1 first to 4 last, and the reason for it; a picture as input always comes first."""
    if weighed.derived_from_picture:
        return _RANKS[Conclusion.DERIVED_FROM_PICTURE]
    return _RANKS[weighed.conclusion]
