"""The working copy that lies at a place, whatever kind of place it is."""

from __future__ import annotations

from fairlead.engine.places import ObjectPlace, Place
from fairlead.evidence.object_copy import ObjectCopy
from fairlead.evidence.working_copy import FolderCopy, WorkingCopy


def copy_at(place: Place) -> WorkingCopy:
    """The working copy at a place."""
    if isinstance(place, ObjectPlace):
        return ObjectCopy(place)
    return FolderCopy(place)
